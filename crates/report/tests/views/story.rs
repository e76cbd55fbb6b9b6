//! The run that most snapshots show: three datacenters, a candidate that gave way, a lost parent, an inner parent,
//! failures, a hostile host, one that could not be reached and one that never ran.

use crate::fixture::{Scene, reason};
use mcom_model::{EndedBy, Exit, HostEvent, Outcome, OutputMode, ReasonKind, What};

const DC1: [&str; 5] = ["mail1-dc1", "mail2-dc1", "mail3-dc1", "mail4-dc1", "mail5-dc1"];
const DC2: [&str; 8] =
    ["mail1-dc2", "mail2-dc2", "mail3-dc2", "mail4-dc2", "mail5-dc2", "mail6-dc2", "mail7-dc2", "mail8-dc2"];
const DC3: [&str; 4] = ["mail1-dc3", "mail2-dc3", "mail3-dc3", "mail4-dc3"];

const NGINX: &[u8] = b"nginx: [emerg] bind() to 0.0.0.0:443 failed\n";
const DONE: &[u8] = b"reading configuration\nconfiguration is sane\nrestarting\nrestarted\n";
const DONE_WITH_WARNING: &[u8] = b"reading configuration\nconfiguration is old\nrestarting\nrestarted\n";

/// Tries to clear the screen, to move the cursor, to reverse the text and to look like a line of mcom's.
pub const HOSTILE: &[u8] =
    b"\x1b[2J\x1b[H\x1b]0;owned\x07all fine\xe2\x80\xae\n\xff\xfe\r\xe2\x94\x94\xe2\x94\x80 ok 300\n";

/// The whole run.
pub fn story() -> Scene {
    let mut scene = Scene::new(&[("dc1", &DC1), ("dc2", &DC2), ("dc3", &DC3)], OutputMode::AtEnd);
    scene.head(0, DC1[0], 4);
    gave_way(&mut scene);
    scene.head(10, DC3[0], 3);
    first_datacenter(&mut scene);
    second_datacenter(&mut scene);
    third_datacenter(&mut scene);
    scene.finish(58_149, EndedBy::Itself);
    scene
}

fn gave_way(scene: &mut Scene) {
    scene.say(0, DC2[0], HostEvent::Linking { by: None });
    let refused = reason(ReasonKind::ConnectionRefused, "connect to host mail1-dc2 port 22: Connection refused");
    scene.say(90, DC2[0], HostEvent::GaveWay { reason: refused });
    scene.head(100, DC2[1], 7);
}

/// All ok and silent.
fn first_datacenter(scene: &mut Scene) {
    scene.start(800, DC1[0]);
    for (host, at) in DC1[1..].iter().zip([1000, 1010, 1020, 1030]) {
        scene.link(at, host, Some(DC1[0]));
        scene.start(at + 310, host);
    }
    for (host, run) in DC1.iter().zip([3100, 2900, 3000, 9200, 3300]) {
        scene.exit_with(1340 + run, host, run, Exit::Code(0), (b"", b""), Some("changed"));
    }
}

/// Two fail alike, one ok host prints something else than the others, a parent below the parent, and the parent is
/// lost when most is done.
fn second_datacenter(scene: &mut Scene) {
    let head = DC2[1];
    scene.start(900, head);
    for (host, at) in DC2[2..5].iter().zip([1100, 1110, 1120]) {
        scene.link(at, host, Some(head));
        scene.start(at + 310, host);
    }
    scene.say(1500, DC2[4], HostEvent::Chosen { below: 3 });
    for (host, at) in DC2[5..].iter().zip([1600, 1610, 1620]) {
        scene.link(at, host, Some(DC2[4]));
        scene.start(at + 310, host);
    }
    scene.exit(2_000, DC2[2], 590, Exit::Code(1), (DONE, NGINX));
    scene.exit_with(4_000, DC2[3], 2500, Exit::Code(0), (DONE, b""), Some("unchanged"));
    scene.exit_with(4_100, DC2[4], 2600, Exit::Code(0), (DONE, b""), Some("changed"));
    scene.exit_with(4_200, DC2[5], 2700, Exit::Code(0), (DONE, b""), Some("changed"));
    scene.exit_with(4_300, DC2[6], 2800, Exit::Code(0), (DONE_WITH_WARNING, b""), Some("changed"));
    scene.exit(20_000, DC2[7], 18_000, Exit::Code(1), (DONE, NGINX));
    let reset = || reason(ReasonKind::LinkLost, "Connection reset by peer");
    scene.say(20_100, head, HostEvent::ParentLost { reason: reset() });
    let unknown = reason(ReasonKind::LostWhileRunning, "the link was lost while the payload ran");
    scene.end(20_100, head, Outcome::Unknown { reason: unknown }, None);
    let parent_lost = reason(ReasonKind::ParentLost, "the parent mail2-dc2 was lost");
    scene.end(20_101, DC2[0], Outcome::NotRun { reason: parent_lost }, None);
}

/// One hostile, one unreachable, and one whose body is lost.
fn third_datacenter(scene: &mut Scene) {
    scene.start(850, DC3[0]);
    for (host, at) in DC3[1..3].iter().zip([1200, 1210]) {
        scene.link(at, host, Some(DC3[0]));
        scene.start(at + 310, host);
    }
    let parent = scene.id(DC3[0]);
    scene.say(1220, DC3[3], HostEvent::Linking { by: Some(parent) });
    scene.exit(2_400, DC3[0], 1500, Exit::Code(0), (b"restarted\n", b""));
    scene.exit(2_500, DC3[1], 900, Exit::Code(0), (HOSTILE, b""));
    scene.exit(2_600, DC3[2], 900, Exit::Signal(15), (b"", b"caught\n"));
    let violation = reason(ReasonKind::ProtocolViolation, "a result for host 99\x1b[2J, which is not below it");
    scene.push(2_700, What::Violation { host: parent, reason: violation });
    let timeout = reason(ReasonKind::ConnectTimeout, "connect to host mail4-dc3 port 22: Connection timed out");
    scene.end(11_220, DC3[3], Outcome::Unreachable { reason: timeout }, None);
}
