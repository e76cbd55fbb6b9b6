//! Who goes by transit, and who asked for what it may not have.

use crate::fixture::{Scene, reason, text};
use crate::live::{play, show, terminal, visible};
use insta::assert_snapshot;
use mcom_model::{AskKind, EndedBy, Exit, HostEvent, OutputMode, ReasonKind, RunClock, Verdict, What};
use mcom_report::{LogOptions, LogOrder, RecapOptions, nested_log, results, summary};

const DC1: [&str; 7] = ["mail1-dc1", "mail2-dc1", "mail3-dc1", "mail4-dc1", "mail5-dc1", "mail6-dc1", "mail9-dc1"];
const OLD_SSHD: &str = "the host's sshd does not bind logins to its host key: it is older than OpenSSH 8.9";
const OLD_SSH: &str = "the ssh of its parent says that it is \"OpenSSH_8.4\x1b[2J\": relay needs OpenSSH 8.9 or later";

/// Three hosts that their parent cannot reach, two for one reason, and a parent that asks for more than it may.
pub fn logins() -> Scene {
    let mut scene = Scene::new(&[("dc1", &DC1), ("dc2", &["mail1-dc2"])], OutputMode::AtEnd);
    let head = scene.id(DC1[0]);
    scene.head(0, DC1[0], 6);
    scene.start(750, DC1[0]);
    for (host, why) in DC1[1..4].iter().zip([OLD_SSHD, OLD_SSHD, OLD_SSH]) {
        scene.say(800, host, HostEvent::Linking { by: Some(head) });
        let reason = reason(ReasonKind::RelayImpossible, why);
        if why == OLD_SSHD {
            scene.asked(900, host, DC1[0], Verdict::Refused { reason: reason.clone() });
        }
        scene.say(901, host, HostEvent::Transit { reason });
        scene.link(902, host, None);
        scene.start(1300, host);
    }
    for host in &DC1[4..] {
        scene.say(800, host, HostEvent::Linking { by: Some(head) });
        let (user, key, host_key) = ("ops".into(), "SHA256:key".into(), Some("SHA256:host".into()));
        scene.asked(900, host, DC1[0], Verdict::Granted { user, key, host_key });
        scene.say(1000, host, HostEvent::Linked { by: Some(head), node_shipped: false, ms: 200 });
        scene.start(1010, host);
    }
    let closed = || reason(ReasonKind::CredentialRefused, "the parent has no link to this host to make now");
    scene.asked(1_500, "mail9-dc1", DC1[0], Verdict::Refused { reason: closed() });
    for at in 0..20 {
        scene.asked(1_600 + at, DC1[4 + at as usize % 2], DC1[4], Verdict::Refused { reason: closed() });
    }
    scene.link(0, "mail1-dc2", None);
    scene.start(400, "mail1-dc2");
    for host in DC1.iter().chain(&["mail1-dc2"]) {
        scene.exit(2_000, host, 500, Exit::Code(0), (b"", b""));
    }
    scene.finish(2_100, EndedBy::Itself);
    scene
}

impl Scene {
    fn asked(&mut self, ms: u64, host: &str, by: &str, verdict: Verdict) {
        let (host, by) = (self.id(host), self.id(by));
        self.push(ms, What::Asked { host, by, ask: AskKind::Signature, verdict });
    }
}

fn log(options: &LogOptions) -> String {
    let scene = logins();
    let options = LogOptions { tty: true, ..options.clone() };
    text(|out| nested_log(&scene.view(), &scene.bodies, &options, out))
}

#[test]
fn the_log_names_them_below_their_datacenter() {
    assert_snapshot!(log(&LogOptions::default()), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  2.1s  "CHG123"
    ├─ dc1  7 ok  via mail1-dc1  ship 0.4s  run p50 0.5s p95 0.5s max 0.5s (mail9-dc1)
    │  ├─ by transit 2  mail[2-3]  the host's sshd does not bind logins to its host key: it is older than OpenSSH 8.9
    │  └─ by transit 1  mail4  the ssh of its parent says that it is "OpenSSH_8.4\x1b[2J": relay needs OpenSSH 8.9 or later
    ├─ dc2  1 ok  direct  run 0.5s
    ├─ mail1-dc1 asked to log in on mail9-dc1 and was REFUSED: the parent has no link to this host to make now
    └─ mail5-dc1 asked 20 times to log in on mail[5-6]-dc1 and was REFUSED: the parent has no link to this host to make now
    "#);
}

#[test]
fn by_parent_they_are_nobodys_children() {
    assert_snapshot!(log(&LogOptions { verbose: 1, ..LogOptions::default() }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  2.1s  "CHG123"
    ├─ dc1  7 ok  via mail1-dc1  ship 0.4s  run p50 0.5s p95 0.5s max 0.5s (mail9-dc1)
    │  ├─ mail1-dc1  parent of 6  4 ok  since +0.3s
    │  │  └─ ok 4  mail[1,5-6,9]  +2.0s  (no output)
    │  ├─ by transit 2  mail[2-3]  the host's sshd does not bind logins to its host key: it is older than OpenSSH 8.9
    │  │  └─ ok 2  mail[2-3]  +2.0s  (no output)
    │  └─ by transit 1  mail4  the ssh of its parent says that it is "OpenSSH_8.4\x1b[2J": relay needs OpenSSH 8.9 or later
    │     └─ ok 1  mail4  +2.0s  (no output)
    ├─ dc2  1 ok  direct  run 0.5s
    │  └─ ok 1  mail1  +2.0s  (no output)
    ├─ mail1-dc1 asked to log in on mail9-dc1 and was REFUSED: the parent has no link to this host to make now
    └─ mail5-dc1 asked 20 times to log in on mail[5-6]-dc1 and was REFUSED: the parent has no link to this host to make now
    "#);
}

#[test]
fn each_host_says_it() {
    let order = Some(LogOrder::Host);
    assert_snapshot!(log(&LogOptions { order, ..LogOptions::default() }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  2.1s  "CHG123"
    ├─ dc1  7 ok  via mail1-dc1  ship 0.4s  run p50 0.5s p95 0.5s max 0.5s (mail9-dc1)
    │  ├─ mail1-dc1  ok  +2.0s  run 0.5s
    │  ├─ mail2-dc1  ok  +2.0s  run 0.5s  by transit (the host's sshd does not bind logins to its host key: it is older than OpenSSH 8.9)
    │  ├─ mail3-dc1  ok  +2.0s  run 0.5s  by transit (the host's sshd does not bind logins to its host key: it is older than OpenSSH 8.9)
    │  ├─ mail4-dc1  ok  +2.0s  run 0.5s  by transit (the ssh of its parent says that it is "OpenSSH_8.4\x1b[2J": relay needs OpenSSH 8.9 or later)
    │  ├─ mail5-dc1  ok  +2.0s  run 0.5s
    │  ├─ mail6-dc1  ok  +2.0s  run 0.5s
    │  └─ mail9-dc1  ok  +2.0s  run 0.5s
    ├─ dc2  1 ok  direct  run 0.5s
    │  └─ mail1-dc2  ok  +2.0s  run 0.5s
    ├─ mail1-dc1 asked to log in on mail9-dc1 and was REFUSED: the parent has no link to this host to make now
    └─ mail5-dc1 asked 20 times to log in on mail[5-6]-dc1 and was REFUSED: the parent has no link to this host to make now
    "#);
}

#[test]
fn the_recap_counts_them() {
    let scene = logins();
    let view = scene.view();
    let options = RecapOptions { tty: true, ..RecapOptions::default() };
    let recap = text(|out| {
        results(&view, &scene.bodies, &options, out)?;
        summary(&view, &options, out)
    });
    assert_snapshot!(recap, @r#"
    8 hosts: 8 ok in 2.1s
    3 hosts by transit: mail[2-3]-dc1 (the host's sshd does not bind logins to its host key: it is older than OpenSSH 8.9), mail4-dc1 (the ssh of its parent says that it is "OpenSSH_8.4\x1b[2J": relay needs OpenSSH 8.9 or later)
    mail1-dc1 asked to log in on mail9-dc1 and was REFUSED: the parent has no link to this host to make now
    mail5-dc1 asked 20 times to log in on mail[5-6]-dc1 and was REFUSED: the parent has no link to this host to make now
    "#);
}

#[test]
fn a_run_that_is_carried_on_keeps_to_transit() {
    let mut scene = logins();
    assert_eq!(scene.view().dcs()[0].by_transit, 3);
    scene.events.pop();
    let hosts = [scene.id(DC1[1])].into_iter().collect();
    scene.push(3_000, What::Resumed { who: "bob@bastion".into(), ms: 0, hosts });
    assert_eq!(scene.view().dcs()[0].by_transit, 3);
}

#[test]
fn the_block_counts_them() {
    let scene = logins();
    let mut show = show(&scene, terminal());
    play(&mut show, &scene, 0, 1_400);
    show.err.take();
    show.report.tick(RunClock::from_millis(1_500), &scene.bodies);
    let frame = visible(&show.err.take());
    let dc1 = frame.lines().find(|line| line.starts_with("dc1")).unwrap();
    assert_eq!(dc1, "dc1  ················  0/7    7 running  3 by transit  via mail1-dc1");
}
