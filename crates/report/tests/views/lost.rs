//! A tree of three levels in which parents are lost, at both levels.

use crate::fixture::{Scene, reason};
use mcom_model::{EndedBy, Exit, HostEvent, Outcome, OutputMode, ReasonKind, What};

const MAILS: [&str; 9] = [
    "mail1-dc2",
    "mail2-dc2",
    "mail3-dc2",
    "mail4-dc2",
    "mail5-dc2",
    "mail6-dc2",
    "mail7-dc2",
    "mail8-dc2",
    "mail9-dc2",
];

const OK: Exit = Exit::Code(0);

/// mail1 commands mail2 to mail5, and mail5 commands mail6 to mail8. mail1 is lost, then mail5 under its successor.
pub fn lost_parents() -> Scene {
    let dcs: [(&str, &[&str]); 3] = [("dc1", &["web1-dc1"]), ("dc2", &MAILS), ("dc3", &["db1-dc3"])];
    let mut scene = Scene::new(&dcs, OutputMode::AtEnd);
    first_parents(&mut scene);
    head_lost(&mut scene);
    inner_parent_lost(&mut scene);
    other_datacenters(&mut scene);
    scene.exit(45_000, "mail1-dc2", 30_000, OK, (b"", b""));
    for (host, at) in ["mail3-dc2", "mail4-dc2", "mail5-dc2", "mail7-dc2"].into_iter().zip(40_000..) {
        scene.exit(at, host, 30_000, OK, (b"", b""));
    }
    let gone = reason(ReasonKind::Rebooted, "the host rebooted after the claim");
    scene.end(46_000, "mail8-dc2", Outcome::Unknown { reason: gone }, None);
    scene.start(50_000, "mail9-dc2");
    scene.exit(52_000, "mail9-dc2", 2_000, OK, (b"", b""));
    scene.finish(58_000, EndedBy::Itself);
    scene
}

/// A host becomes a parent in 300 ms; a child of the coordinator gets the payload too.
pub fn parent(scene: &mut Scene, ms: u64, host: &str, by: Option<&str>, members: &[&str]) {
    scene.link(ms, host, by);
    scene.say(ms + 300, host, HostEvent::Chosen { below: members.len() as u64 });
    if by.is_none() {
        let via = scene.id(host);
        let hosts = members.iter().chain([&host]).map(|host| scene.id(host)).collect();
        scene.push(ms + 301, What::Intent { hosts, via });
        scene.push(ms + 700, What::Shipped { host: via, bytes: 5000 });
    }
}

fn first_parents(scene: &mut Scene) {
    parent(scene, 0, "mail1-dc2", None, &MAILS[1..]);
    scene.start(800, "mail1-dc2");
    for host in ["mail2-dc2", "mail3-dc2", "mail4-dc2"] {
        scene.link(1_000, host, Some("mail1-dc2"));
        scene.start(1_310, host);
    }
    parent(scene, 1_010, "mail5-dc2", Some("mail1-dc2"), &["mail6-dc2", "mail7-dc2", "mail8-dc2"]);
    for host in ["mail6-dc2", "mail7-dc2"] {
        scene.link(1_500, host, Some("mail5-dc2"));
        scene.start(1_810, host);
    }
    scene.start(1_820, "mail5-dc2");
    let id = scene.id("mail5-dc2");
    scene.say(1_900, "mail8-dc2", HostEvent::Linking { by: Some(id) });
    scene.exit(3_000, "mail2-dc2", 1_690, OK, (b"", b""));
    scene.exit(4_000, "mail6-dc2", 2_190, OK, (b"", b""));
}

fn attach(scene: &mut Scene, ms: u64, host: &str, by: Option<&str>) {
    scene.link(ms, host, by);
    scene.say(ms + 310, host, HostEvent::Attached { boot: "b00t".into() });
}

fn head_lost(scene: &mut Scene) {
    scene.say(
        20_100,
        "mail1-dc2",
        HostEvent::ParentLost { reason: reason(ReasonKind::LinkLost, "no answer for 15 s") },
    );
    let left = ["mail1-dc2", "mail4-dc2", "mail5-dc2", "mail7-dc2", "mail8-dc2", "mail9-dc2"];
    parent(scene, 23_000, "mail3-dc2", None, &left);
    scene.say(23_400, "mail3-dc2", HostEvent::Attached { boot: "b00t".into() });
    attach(scene, 23_800, "mail4-dc2", Some("mail3-dc2"));
    parent(scene, 23_810, "mail5-dc2", Some("mail3-dc2"), &["mail7-dc2", "mail8-dc2"]);
    scene.say(24_200, "mail5-dc2", HostEvent::Attached { boot: "b00t".into() });
    attach(scene, 24_300, "mail7-dc2", Some("mail5-dc2"));
    scene.link(24_310, "mail8-dc2", Some("mail5-dc2"));
    scene.start(24_700, "mail8-dc2");
    attach(scene, 24_800, "mail1-dc2", Some("mail3-dc2"));
}

fn inner_parent_lost(scene: &mut Scene) {
    let reset = reason(ReasonKind::LinkLost, "Connection reset by peer");
    scene.say(30_000, "mail5-dc2", HostEvent::ParentLost { reason: reset });
    parent(scene, 30_100, "mail7-dc2", Some("mail3-dc2"), &["mail8-dc2", "mail5-dc2"]);
    scene.say(30_500, "mail7-dc2", HostEvent::Attached { boot: "b00t".into() });
    attach(scene, 30_800, "mail8-dc2", Some("mail7-dc2"));
    attach(scene, 30_810, "mail5-dc2", Some("mail7-dc2"));
    scene.link(31_000, "mail9-dc2", Some("mail3-dc2"));
    let busy = reason(ReasonKind::Busy, "run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the host since 12 s");
    scene.say(31_400, "mail9-dc2", HostEvent::Held { reason: busy });
}

/// One that cannot be reached, and one that is a child of the coordinator and was lost twice.
fn other_datacenters(scene: &mut Scene) {
    scene.say(5, "web1-dc1", HostEvent::Linking { by: None });
    let timeout = reason(ReasonKind::ConnectTimeout, "connect to host web1-dc1 port 22: Connection timed out");
    scene.end(10_005, "web1-dc1", Outcome::Unreachable { reason: timeout }, None);
    scene.link(6, "db1-dc3", None);
    scene.start(400, "db1-dc3");
    for ms in [9_000, 12_000] {
        scene.say(ms, "db1-dc3", HostEvent::LinkLost { reason: reason(ReasonKind::LinkLost, "reset") });
        attach(scene, ms + 500, "db1-dc3", None);
    }
    scene.exit(14_000, "db1-dc3", 13_000, OK, (b"", b""));
    scene.events.sort_by_key(|event| event.at);
}
