//! The nested log in all its variants.

use crate::fixture::{Scene, text};
use crate::story::story;
use insta::assert_snapshot;
use mcom_model::{HostEvent, OutputMode};
use mcom_report::{LogOptions, LogOrder, nested_log};

fn log(scene: &Scene, options: &LogOptions) -> String {
    text(|out| nested_log(&scene.view(), &scene.bodies, options, out))
}

fn tty() -> LogOptions {
    LogOptions { tty: true, ..LogOptions::default() }
}

#[test]
fn folded() {
    assert_snapshot!(log(&story(), &tty()), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.1s  "CHG123"
    ├─ dc1  5 ok                               via mail1-dc1  ship 0.4s  run p50 3.1s p95 9.2s max 9.2s (mail4-dc1)
    ├─ dc2  4 ok 2 FAILED 1 UNKNOWN 1 NOT RUN  via mail2-dc2 until +20.1s (lost); mail1-dc2 gave way (connection refused)  ship 0.4s  run p50 2.6s p95 18.0s max 18.0s (mail8-dc2)
    │  ├─ FAILED 2  mail[3,8]  exit 1  +2.0s..+20.0s
    │  │      | reading configuration
    │  │      | configuration is sane
    │  │      | restarting
    │  │      | restarted
    │  │     2| nginx: [emerg] bind() to 0.0.0.0:443 failed
    │  ├─ UNKNOWN 1  mail2  the link was lost while the payload ran  +20.1s
    │  │      → mcom resume asks the host again when it can be reached
    │  ├─ NOT RUN 1  mail1  the parent mail2-dc2 was lost
    │  │      → run it again on these hosts
    │  ├─ ok 3  mail[4-6]  +4.0s..+4.2s
    │  │      | reading configuration
    │  │      | configuration is sane
    │  │      | restarting
    │  │      | restarted
    │  └─ ok 1  mail7  +4.3s
    │         - configuration is sane
    │         + configuration is old
    ├─ dc3  2 ok 1 FAILED 1 UNREACHABLE        via mail1-dc3  ship 0.4s  run p50 0.9s p95 1.5s max 1.5s (mail1-dc3)
    │  ├─ FAILED 1  mail3  signal 15 (TERM)  +2.6s
    │  │     2| caught
    │  ├─ UNREACHABLE 1  mail4  connect to host mail4-dc3 port 22: Connection timed out  +11.2s
    │  │      → check that the host is up, or give more time with --connect-timeout
    │  ├─ ok 1  mail1  +2.4s
    │  │      | restarted
    │  └─ ok 1  mail2  +2.5s
    │         | \x1b[2J\x1b[H\x1b]0;owned\x07all fine\u{202e}
    │         | \xff\xfe\r└─ ok 300
    └─ VIOLATION by mail1-dc3 +2.7s  a result for host 99\x1b[2J, which is not below it
    "#);
}

#[test]
fn unfolded_by_parent() {
    assert_snapshot!(log(&story(), &LogOptions { verbose: 1, ..tty() }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.1s  "CHG123"
    ├─ dc1  5 ok                               via mail1-dc1  ship 0.4s  run p50 3.1s p95 9.2s max 9.2s (mail4-dc1)
    │  └─ mail1-dc1  parent of 4  5 ok  since +0.3s
    │     └─ ok 5  all 5  +4.2s..+10.5s  (no output)
    ├─ dc2  4 ok 2 FAILED 1 UNKNOWN 1 NOT RUN  via mail2-dc2 until +20.1s (lost); mail1-dc2 gave way (connection refused)  ship 0.4s  run p50 2.6s p95 18.0s max 18.0s (mail8-dc2)
    │  ├─ mail2-dc2  parent of 7  4 ok 2 FAILED 1 UNKNOWN  since +0.4s  LOST +20.1s: Connection reset by peer
    │  │  ├─ FAILED 1  mail3  exit 1  +2.0s
    │  │  │      | reading configuration
    │  │  │      | configuration is sane
    │  │  │      | restarting
    │  │  │      | restarted
    │  │  │     2| nginx: [emerg] bind() to 0.0.0.0:443 failed
    │  │  ├─ UNKNOWN 1  mail2  the link was lost while the payload ran  +20.1s
    │  │  │      → mcom resume asks the host again when it can be reached
    │  │  ├─ ok 1  mail4  +4.0s
    │  │  │      | reading configuration
    │  │  │      | configuration is sane
    │  │  │      | restarting
    │  │  │      | restarted
    │  │  ├─ asked again 1  mail2  link lost once
    │  │  └─ mail5-dc2  parent of 3  3 ok 1 FAILED  since +1.5s
    │  │     ├─ FAILED 1  mail8  exit 1  +20.0s
    │  │     │      | reading configuration
    │  │     │      | configuration is sane
    │  │     │      | restarting
    │  │     │      | restarted
    │  │     │     2| nginx: [emerg] bind() to 0.0.0.0:443 failed
    │  │     ├─ ok 2  mail[5-6]  +4.1s..+4.2s
    │  │     │      | reading configuration
    │  │     │      | configuration is sane
    │  │     │      | restarting
    │  │     │      | restarted
    │  │     └─ ok 1  mail7  +4.3s
    │  │            - configuration is sane
    │  │            + configuration is old
    │  └─ NOT RUN 1  mail1  the parent mail2-dc2 was lost
    │         → run it again on these hosts
    ├─ dc3  2 ok 1 FAILED 1 UNREACHABLE        via mail1-dc3  ship 0.4s  run p50 0.9s p95 1.5s max 1.5s (mail1-dc3)
    │  └─ mail1-dc3  parent of 3  2 ok 1 FAILED 1 UNREACHABLE  since +0.3s
    │     ├─ FAILED 1  mail3  signal 15 (TERM)  +2.6s
    │     │     2| caught
    │     ├─ UNREACHABLE 1  mail4  connect to host mail4-dc3 port 22: Connection timed out  +11.2s
    │     │      → check that the host is up, or give more time with --connect-timeout
    │     ├─ ok 1  mail1  +2.4s
    │     │      | restarted
    │     └─ ok 1  mail2  +2.5s
    │            | \x1b[2J\x1b[H\x1b]0;owned\x07all fine\u{202e}
    │            | \xff\xfe\r└─ ok 300
    └─ VIOLATION by mail1-dc3 +2.7s  a result for host 99\x1b[2J, which is not below it
    "#);
}

#[test]
fn unfolded_by_host() {
    assert_snapshot!(log(&story(), &LogOptions { verbose: 2, failed: true, ..tty() }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.1s  "CHG123"
    ├─ dc2  4 ok 2 FAILED 1 UNKNOWN 1 NOT RUN  via mail2-dc2 until +20.1s (lost); mail1-dc2 gave way (connection refused)  ship 0.4s  run p50 2.6s p95 18.0s max 18.0s (mail8-dc2)
    │  ├─ mail2-dc2  parent of 7  4 ok 2 FAILED 1 UNKNOWN  since +0.4s  LOST +20.1s: Connection reset by peer
    │  │  ├─ mail2-dc2  UNKNOWN  the link was lost while the payload ran  +20.1s  link lost once
    │  │  │      → mcom resume asks the host again when it can be reached
    │  │  ├─ mail3-dc2  FAILED  exit 1  +2.0s  run 0.5s
    │  │  │      | reading configuration
    │  │  │      | configuration is sane
    │  │  │      | restarting
    │  │  │      | restarted
    │  │  │     2| nginx: [emerg] bind() to 0.0.0.0:443 failed
    │  │  └─ mail5-dc2  parent of 3  3 ok 1 FAILED  since +1.5s
    │  │     └─ mail8-dc2  FAILED  exit 1  +20.0s  run 18.0s
    │  │            | reading configuration
    │  │            | configuration is sane
    │  │            | restarting
    │  │            | restarted
    │  │           2| nginx: [emerg] bind() to 0.0.0.0:443 failed
    │  └─ mail1-dc2  NOT RUN  the parent mail2-dc2 was lost  +20.1s  gave way as a parent (connect to host mail1-dc2 port 22: Connection refused)
    │         → run it again on these hosts
    ├─ dc3  2 ok 1 FAILED 1 UNREACHABLE        via mail1-dc3  ship 0.4s  run p50 0.9s p95 1.5s max 1.5s (mail1-dc3)
    │  └─ mail1-dc3  parent of 3  2 ok 1 FAILED 1 UNREACHABLE  since +0.3s
    │     ├─ mail3-dc3  FAILED  signal 15 (TERM)  +2.6s  run 0.9s
    │     │     2| caught
    │     └─ mail4-dc3  UNREACHABLE  connect to host mail4-dc3 port 22: Connection timed out  +11.2s
    │            → check that the host is up, or give more time with --connect-timeout
    └─ VIOLATION by mail1-dc3 +2.7s  a result for host 99\x1b[2J, which is not below it
    "#);
}

#[test]
fn only_what_failed() {
    assert_snapshot!(log(&story(), &LogOptions { failed: true, ..tty() }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.1s  "CHG123"
    ├─ dc2  4 ok 2 FAILED 1 UNKNOWN 1 NOT RUN  via mail2-dc2 until +20.1s (lost); mail1-dc2 gave way (connection refused)  ship 0.4s  run p50 2.6s p95 18.0s max 18.0s (mail8-dc2)
    │  ├─ FAILED 2  mail[3,8]  exit 1  +2.0s..+20.0s
    │  │      | reading configuration
    │  │      | configuration is sane
    │  │      | restarting
    │  │      | restarted
    │  │     2| nginx: [emerg] bind() to 0.0.0.0:443 failed
    │  ├─ UNKNOWN 1  mail2  the link was lost while the payload ran  +20.1s
    │  │      → mcom resume asks the host again when it can be reached
    │  └─ NOT RUN 1  mail1  the parent mail2-dc2 was lost
    │         → run it again on these hosts
    ├─ dc3  2 ok 1 FAILED 1 UNREACHABLE        via mail1-dc3  ship 0.4s  run p50 0.9s p95 1.5s max 1.5s (mail1-dc3)
    │  ├─ FAILED 1  mail3  signal 15 (TERM)  +2.6s
    │  │     2| caught
    │  └─ UNREACHABLE 1  mail4  connect to host mail4-dc3 port 22: Connection timed out  +11.2s
    │         → check that the host is up, or give more time with --connect-timeout
    └─ VIOLATION by mail1-dc3 +2.7s  a result for host 99\x1b[2J, which is not below it
    "#);
}

#[test]
fn only_what_matches() {
    let grep = Some(regex::bytes::Regex::new("emerg|is old").unwrap());
    assert_snapshot!(log(&story(), &LogOptions { grep, ..tty() }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.1s  "CHG123"
    ├─ dc2  4 ok 2 FAILED 1 UNKNOWN 1 NOT RUN  via mail2-dc2 until +20.1s (lost); mail1-dc2 gave way (connection refused)  ship 0.4s  run p50 2.6s p95 18.0s max 18.0s (mail8-dc2)
    │  ├─ FAILED 2  mail[3,8]  exit 1  +2.0s..+20.0s
    │  │     2| nginx: [emerg] bind() to 0.0.0.0:443 failed
    │  └─ ok 1  mail7  +4.3s
    │         | configuration is old
    └─ VIOLATION by mail1-dc3 +2.7s  a result for host 99\x1b[2J, which is not below it
    "#);
    let nothing = Some(regex::bytes::Regex::new("nowhere").unwrap());
    assert_snapshot!(log(&story(), &LogOptions { grep: nothing, ..tty() }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.1s  "CHG123"
    ├─ no host matches
    └─ VIOLATION by mail1-dc3 +2.7s  a result for host 99\x1b[2J, which is not below it
    "#);
}

#[test]
fn by_time_of_some_hosts() {
    let scene = story();
    let hosts = ["mail1-dc1", "mail4-dc1", "mail3-dc1", "mail4-dc3"].map(|host| scene.id(host));
    let options = LogOptions { order: Some(LogOrder::Time), hosts: Some(hosts.into_iter().collect()), ..tty() };
    assert_snapshot!(log(&scene, &options), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.1s  "CHG123"
    ├─ dc1  5 ok                               via mail1-dc1  ship 0.4s  run p50 3.1s p95 9.2s max 9.2s (mail4-dc1)
    │  ├─ mail3-dc1  ok  +4.3s  run 3.0s  result changed
    │  ├─ mail1-dc1  ok  +4.4s  run 3.1s  result changed
    │  └─ mail4-dc1  ok  +10.5s  run 9.2s  result changed
    ├─ dc3  2 ok 1 FAILED 1 UNREACHABLE        via mail1-dc3  ship 0.4s  run p50 0.9s p95 1.5s max 1.5s (mail1-dc3)
    │  └─ mail4-dc3  UNREACHABLE  connect to host mail4-dc3 port 22: Connection timed out  +11.2s
    │         → check that the host is up, or give more time with --connect-timeout
    └─ VIOLATION by mail1-dc3 +2.7s  a result for host 99\x1b[2J, which is not below it
    "#);
}

#[test]
fn by_host() {
    let scene = story();
    let dc3 = ["mail1-dc3", "mail2-dc3", "mail3-dc3", "mail4-dc3"].map(|host| scene.id(host));
    let options = LogOptions { order: Some(LogOrder::Host), hosts: Some(dc3.into_iter().collect()), ..tty() };
    assert_snapshot!(log(&scene, &options), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.1s  "CHG123"
    ├─ dc3  2 ok 1 FAILED 1 UNREACHABLE        via mail1-dc3  ship 0.4s  run p50 0.9s p95 1.5s max 1.5s (mail1-dc3)
    │  ├─ mail1-dc3  ok  +2.4s  run 1.5s
    │  │      | restarted
    │  ├─ mail2-dc3  ok  +2.5s  run 0.9s
    │  │      | \x1b[2J\x1b[H\x1b]0;owned\x07all fine\u{202e}
    │  │      | \xff\xfe\r└─ ok 300
    │  ├─ mail3-dc3  FAILED  signal 15 (TERM)  +2.6s  run 0.9s
    │  │     2| caught
    │  └─ mail4-dc3  UNREACHABLE  connect to host mail4-dc3 port 22: Connection timed out  +11.2s
    │         → check that the host is up, or give more time with --connect-timeout
    └─ VIOLATION by mail1-dc3 +2.7s  a result for host 99\x1b[2J, which is not below it
    "#);
}

#[test]
fn of_a_run_that_goes_on() {
    let mut scene = story();
    scene.events.retain(|event| event.at.as_millis() < 3000);
    assert_snapshot!(log(&scene, &LogOptions { running: true, ..tty() }), @r#"
    run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  2.7s  RUNNING  "CHG123"
    ├─ dc1  5 NOT ENDED (5 running)           via mail1-dc1  ship 0.4s
    │  └─ RUNNING 5  all 5
    ├─ dc2  1 FAILED 7 NOT ENDED (6 running)  via mail2-dc2; mail1-dc2 gave way (connection refused)  ship 0.4s  run 0.5s
    │  ├─ FAILED 1  mail3  exit 1  +2.0s
    │  │      | reading configuration
    │  │      | configuration is sane
    │  │      | restarting
    │  │      | restarted
    │  │     2| nginx: [emerg] bind() to 0.0.0.0:443 failed
    │  ├─ RUNNING 6  mail[2,4-8]
    │  └─ WAITING 1  mail1
    ├─ dc3  2 ok 1 FAILED 1 NOT ENDED         via mail1-dc3  ship 0.4s  run p50 0.9s p95 1.5s max 1.5s (mail1-dc3)
    │  ├─ FAILED 1  mail3  signal 15 (TERM)  +2.6s
    │  │     2| caught
    │  ├─ ok 1  mail1  +2.4s
    │  │      | restarted
    │  ├─ ok 1  mail2  +2.5s
    │  │      | \x1b[2J\x1b[H\x1b]0;owned\x07all fine\u{202e}
    │  │      | \xff\xfe\r└─ ok 300
    │  └─ CONNECTING 1  mail4
    └─ VIOLATION by mail1-dc3 +2.7s  a result for host 99\x1b[2J, which is not below it
    "#);
}

#[test]
fn a_run_that_goes_on_takes_until_now_and_not_until_its_last_event() {
    let mut scene = story();
    let ended = LogOptions { now_ms: Some(scene.info.started_ms + 90_000), running: true, ..tty() };
    assert!(
        log(&scene, &ended).starts_with("run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  58.1s  \"CHG123\"")
    );
    scene.events.retain(|event| event.at.as_millis() < 3000);
    let first = |options: &LogOptions| log(&scene, options).lines().next().unwrap().to_owned();
    let right = "run 8f3kabcd  fix.sh 8e1a46  alice@bastion  14:02:11Z  1m30s  RUNNING  \"CHG123\"";
    assert_eq!(first(&ended), right);
    // Nobody carries it out, or the clock was set back.
    for options in [LogOptions { running: false, ..ended.clone() }, LogOptions { now_ms: Some(0), ..ended }] {
        assert!(first(&options).contains("  2.7s  "), "{}", first(&options));
    }
}

#[test]
fn in_a_pipe_the_bytes_of_bodies_are_exact_and_those_of_names_and_reasons_are_not() {
    let scene = story();
    let mut bytes = Vec::new();
    nested_log(&scene.view(), &scene.bodies, &LogOptions::default(), &mut bytes).unwrap();
    let hostile = crate::story::HOSTILE.split(|&b| b == b'\n').next().unwrap();
    assert!(bytes.windows(hostile.len()).any(|window| window == hostile));
    let rest = String::from_utf8_lossy(&bytes).replace(&*String::from_utf8_lossy(hostile), "");
    assert!(!rest.contains("99\u{1b}"), "the violation's reason is one line of mcom's own");
}

#[test]
fn colours_change_nothing_but_the_colours() {
    let colored = log(&story(), &LogOptions { color: true, ..tty() });
    assert_ne!(colored, log(&story(), &tty()));
    let codes = regex::Regex::new("\x1b\\[[0-9;]*m").unwrap();
    assert_eq!(codes.replace_all(&colored, ""), log(&story(), &tty()));
}

#[test]
fn hosts_that_are_parents_of_each_other_end_the_log_and_are_shown_once() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1", "a3-dc1"])], OutputMode::AtEnd);
    let (first, second) = (scene.id("a1-dc1"), scene.id("a2-dc1"));
    scene.say(1, "a1-dc1", HostEvent::Linked { by: Some(second), node_shipped: false, ms: 1 });
    scene.say(1, "a2-dc1", HostEvent::Linked { by: Some(first), node_shipped: false, ms: 1 });
    let log = log(&scene, &LogOptions { verbose: 2, ..tty() });
    for name in ["a1-dc1", "a2-dc1", "a3-dc1"] {
        assert_eq!(log.matches(name).count(), 1, "{log}");
    }
}
