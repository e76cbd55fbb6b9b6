//! What hosts answer about themselves.

use crate::fixture::{reason, text};
use insta::assert_snapshot;
use mcom_model::{Digest, Exit, Holder, HostAnswer, Outcome, PastAttempt, Pong, ReasonKind};
use mcom_report::{Answer, AnswerOptions, AnswerStyle, Measured, already_text, write_holders, write_past, write_pings};
use std::time::Duration;

const NOW: u64 = 1_784_728_931_000;

const OPTIONS: AnswerOptions = AnswerOptions { style: AnswerStyle::Fold, now_ms: NOW, color: false };

fn holder(attempt: &str, who: &str, ago_ms: u64) -> Holder {
    Holder {
        attempt: attempt.into(),
        who: who.into(),
        what: "fix.sh".into(),
        reason: Some("CHG123".into()),
        since_ms: NOW - ago_ms,
    }
}

fn past(attempt: &str, who: &str, ago_ms: u64, outcome: Option<Outcome>) -> PastAttempt {
    PastAttempt {
        attempt: attempt.into(),
        who: who.into(),
        from: Some("10.1.0.7".into()),
        what: "fix.sh".into(),
        payload: Digest::of(b"fix"),
        undoes: None,
        reason: None,
        began_ms: NOW - ago_ms,
        ended_ms: outcome.as_ref().map(|_| NOW - ago_ms + 3100),
        outcome,
    }
}

fn held(holder: Holder) -> HostAnswer {
    HostAnswer { holder: Some(holder), ..HostAnswer::default() }
}

fn known(past: Vec<PastAttempt>) -> HostAnswer {
    HostAnswer { past, ..HostAnswer::default() }
}

fn unreachable(host: &str) -> Answer {
    let text = format!("connect to host {host} port 22: Connection timed out");
    (host.into(), Err(Outcome::Unreachable { reason: reason(ReasonKind::ConnectTimeout, &text) }))
}

/// Three hosts of one run, one of a hostile one, two free ones and two that do not answer.
fn holders() -> Vec<Answer> {
    let alice = |ago| held(holder("8f3kabcd.1", "alice@bastion", ago));
    let mut hostile = holder("9zzz\x1b[2J.1", "eve\nmail9-dc1: free", 5000);
    hostile.reason = None;
    let mut answers: Vec<Answer> = vec![
        ("mail1-dc1".into(), Ok(alice(184_000))),
        ("mail2-dc1".into(), Ok(alice(183_000))),
        ("mail3-dc1".into(), Ok(held(holder("8f3kabcd.2", "alice@bastion", 180_000)))),
        ("mail4-dc1".into(), Ok(held(hostile))),
        ("mail5-dc1".into(), Ok(HostAnswer::default())),
        ("mail6-dc1".into(), Ok(HostAnswer::default())),
    ];
    answers.extend(["mail7-dc1", "mail8-dc1"].map(unreachable));
    answers
}

/// Two runs, the older one ended in three ways; one host that knows of none, one that knows more, one that is silent.
fn pasts() -> Vec<Answer> {
    let hour = 3_600_000;
    let old = |outcome| past("8f3kabcd.1", "alice@bastion", 50 * hour, outcome);
    let new = || PastAttempt {
        reason: Some("CHG124".into()),
        from: Some("10.1.0.8".into()),
        ..past("9zzzabcd.1", "bob@bastion2", hour, Some(Outcome::Ok))
    };
    let failed = Outcome::Failed { exit: Exit::Code(1) };
    vec![
        ("mail1-dc1".into(), Ok(HostAnswer { more: true, ..known(vec![new(), old(Some(Outcome::Ok))]) })),
        ("mail2-dc1".into(), Ok(known(vec![old(Some(Outcome::Ok))]))),
        ("mail3-dc1".into(), Ok(known(vec![old(Some(failed))]))),
        ("mail4-dc1".into(), Ok(known(vec![PastAttempt { from: Some("10.1.0.1".into()), ..old(None) }]))),
        ("mail5-dc1".into(), Ok(known(vec![]))),
        unreachable("mail6-dc1"),
    ]
}

#[test]
fn who_holds_hosts_is_folded_for_people() {
    assert_snapshot!(text(|out| write_holders(&holders(), &OPTIONS, out)), @r#"
    HELD 3  mail[1-3]-dc1  by alice@bastion  run 8f3kabcd  fix.sh  "CHG123"  since 2026-07-22 13:59:07Z (3m04s ago)
    HELD 1  mail4-dc1  by eve\nmail9-dc1: free  run 9zzz\x1b[2J  fix.sh  since 2026-07-22 14:02:06Z (5.0s ago)
    free 2  mail[5-6]-dc1
    UNREACHABLE 2  mail[7-8]-dc1  connect to host <host> port 22: Connection timed out
        → check that the host is up, or give more time with --connect-timeout
    "#);
}

#[test]
fn who_holds_hosts_is_a_line_a_host_in_a_pipe() {
    let options = AnswerOptions { style: AnswerStyle::Lines, ..OPTIONS };
    let lines = text(|out| write_holders(&holders(), &options, out));
    assert_eq!(lines.lines().count(), holders().len());
    assert_snapshot!(lines, @r#"
    mail1-dc1: HELD  by alice@bastion  run 8f3kabcd  fix.sh  "CHG123"  since 2026-07-22 13:59:07Z (3m04s ago)
    mail2-dc1: HELD  by alice@bastion  run 8f3kabcd  fix.sh  "CHG123"  since 2026-07-22 13:59:08Z (3m03s ago)
    mail3-dc1: HELD  by alice@bastion  run 8f3kabcd  fix.sh  "CHG123"  since 2026-07-22 13:59:11Z (3m00s ago)
    mail4-dc1: HELD  by eve\nmail9-dc1: free  run 9zzz\x1b[2J  fix.sh  since 2026-07-22 14:02:06Z (5.0s ago)
    mail5-dc1: free
    mail6-dc1: free
    mail7-dc1: UNREACHABLE  connect to host mail7-dc1 port 22: Connection timed out
    mail8-dc1: UNREACHABLE  connect to host mail8-dc1 port 22: Connection timed out
    "#);
}

#[test]
fn who_holds_hosts_is_an_object_a_host_for_programs() {
    let options = AnswerOptions { style: AnswerStyle::Json, ..OPTIONS };
    assert_snapshot!(text(|out| write_holders(&holders()[2..7], &options, out)), @r#"
    {"v":1,"host":"mail3-dc1","holder":{"run":"8f3kabcd","attempt":"8f3kabcd.2","who":"alice@bastion","what":"fix.sh","reason":"CHG123","since_ms":1784728751000}}
    {"v":1,"host":"mail4-dc1","holder":{"run":"9zzz\u001b[2J","attempt":"9zzz\u001b[2J.1","who":"eve\nmail9-dc1: free","what":"fix.sh","since_ms":1784728926000}}
    {"v":1,"host":"mail5-dc1","holder":null}
    {"v":1,"host":"mail6-dc1","holder":null}
    {"v":1,"host":"mail7-dc1","outcome":{"kind":"unreachable","reason":{"kind":"connect-timeout","text":"connect to host mail7-dc1 port 22: Connection timed out"}}}
    "#);
}

#[test]
fn the_past_is_folded_by_run() {
    assert_snapshot!(text(|out| write_past(&pasts(), &OPTIONS, out)), @r#"
    2026-07-22 13:02:11Z (1h00m ago)  run 9zzzabcd  bob@bastion2 from 10.1.0.8  fix.sh 3b6a8e  "CHG124"
        ok 1  mail1-dc1
    2026-07-20 12:02:11Z (2d02h ago)  run 8f3kabcd  alice@bastion from 2 addresses  fix.sh 3b6a8e
        NO END 1  mail4-dc1  it runs, or nobody wrote down how it ended
        FAILED 1  mail3-dc1  exit 1
        ok 2  mail[1-2]-dc1
    mail5-dc1: no run is known there
    mail1-dc1: there is more than is shown
    UNREACHABLE 1  mail6-dc1  connect to host mail6-dc1 port 22: Connection timed out
        → check that the host is up, or give more time with --connect-timeout
    "#);
}

#[test]
fn what_reverted_another_payload_says_so() {
    let undo = past("9zzzabcd.1", "bob@bastion2", 3_600_000, Some(Outcome::Ok));
    let undo = PastAttempt {
        what: "unfix.sh".into(),
        payload: Digest::of(b"unfix"),
        undoes: Some(Digest::of(b"fix")),
        reason: Some("CHG124".into()),
        ..undo
    };
    let answers = vec![("mail1-dc1".into(), Ok(known(vec![undo])))];
    assert_snapshot!(text(|out| write_past(&answers, &OPTIONS, out)), @r#"
    2026-07-22 13:02:11Z (1h00m ago)  run 9zzzabcd  bob@bastion2 from 10.1.0.7  unfix.sh 97b40b  reverts 3b6a8e  "CHG124"
        ok 1  mail1-dc1
    "#);
}

#[test]
fn the_past_in_a_pipe_and_for_programs() {
    let options = AnswerOptions { style: AnswerStyle::Lines, ..OPTIONS };
    assert_snapshot!(text(|out| write_past(&pasts(), &options, out)), @r#"
    mail1-dc1: 2026-07-22 13:02:11Z  ok  3.1s  run 9zzzabcd  bob@bastion2 from 10.1.0.8  fix.sh 3b6a8e  "CHG124"
    mail1-dc1: 2026-07-20 12:02:11Z  ok  3.1s  run 8f3kabcd  alice@bastion from 10.1.0.7  fix.sh 3b6a8e
    mail1-dc1: … there is more
    mail2-dc1: 2026-07-20 12:02:11Z  ok  3.1s  run 8f3kabcd  alice@bastion from 10.1.0.7  fix.sh 3b6a8e
    mail3-dc1: 2026-07-20 12:02:11Z  FAILED  exit 1  3.1s  run 8f3kabcd  alice@bastion from 10.1.0.7  fix.sh 3b6a8e
    mail4-dc1: 2026-07-20 12:02:11Z  NO END  it runs, or nobody wrote down how it ended  run 8f3kabcd  alice@bastion from 10.1.0.1  fix.sh 3b6a8e
    mail5-dc1: no run
    mail6-dc1: UNREACHABLE  connect to host mail6-dc1 port 22: Connection timed out
    "#);
    let options = AnswerOptions { style: AnswerStyle::Json, ..OPTIONS };
    let objects = text(|out| write_past(&pasts(), &options, out));
    assert_eq!(objects.lines().count(), pasts().len());
    assert_snapshot!(objects.lines().nth(1).unwrap(), @r#"{"v":1,"host":"mail2-dc1","past":[{"run":"8f3kabcd","attempt":"8f3kabcd.1","who":"alice@bastion","from":"10.1.0.7","what":"fix.sh","payload":"3b6a8e5025119a2d4f25fd8085197c70e6ba004ef6cf425c7335f7f399d4b985","began_ms":1784548931000,"ended_ms":1784548934100,"outcome":{"kind":"ok"}}],"more":false}"#);
}

#[test]
fn no_colour_changes_the_words_of_answers() {
    let plain = text(|out| write_past(&pasts(), &OPTIONS, out));
    let colored = text(|out| write_past(&pasts(), &AnswerOptions { color: true, ..OPTIONS }, out));
    let codes = regex::Regex::new("\x1b\\[[0-9;]*m").unwrap();
    assert_ne!(colored, plain);
    assert_eq!(codes.replace_all(&colored, ""), plain);
}

#[test]
fn who_brought_a_payload_is_one_line() {
    let has = |host: u32, attempt: &str, who: &str, ago| {
        (format!("mail{host}-dc1"), Ok(known(vec![past(attempt, who, ago, Some(Outcome::Ok))])))
    };
    let mut answers: Vec<Answer> = (0..10).map(|n| has(n, "8f3kabcd.1", "alice@bastion", 60_000)).collect();
    answers.extend((10..12).map(|n| has(n, "9zzzabcd.1", "bob@bastion2", 90_000)));
    answers.extend((12..299).map(|n| (format!("mail{n}-dc1"), Ok(HostAnswer::default()))));
    answers.push(unreachable("mail299-dc1"));
    assert_snapshot!(already_text(&answers), @"12 of 300 hosts have it: 10 by alice@bastion (run 8f3kabcd, 2026-07-22 14:01Z), 2 by bob@bastion2 (run 9zzzabcd, 2026-07-22 14:00Z); 1 host could not be asked");
    assert_snapshot!(already_text(&answers[9..10]), @"1 of 1 host has it: 1 by alice@bastion (run 8f3kabcd, 2026-07-22 14:01Z)");
    assert_snapshot!(already_text(&answers[12..20]), @"none of 8 hosts has it");
    let runs = (0..9).map(|n| has(n, &format!("8f3kabc{n}.1"), "alice@bastion", 60_000));
    assert!(already_text(&runs.collect::<Vec<_>>()).ends_with(", 4 by 4 other runs"));
}

#[test]
fn pings_say_the_way_the_time_and_the_clock() {
    let pong = |arch: &str| {
        let pong = Pong { clock_ms: NOW, node: "0.1.0".into(), arch: arch.into() };
        Ok(HostAnswer { pong: Some(pong), ..HostAnswer::default() })
    };
    let gone = Outcome::Unreachable { reason: reason(ReasonKind::ConnectionRefused, "connection refused") };
    let answers: Vec<Answer> = vec![
        ("mail1-dc1".into(), pong("x86_64")),
        ("mail2-dc1".into(), pong("x86_64")),
        ("mail3-dc1".into(), pong("x86_64")),
        ("mail4-dc1".into(), pong("aarch64")),
        ("mail5-dc1".into(), Err(gone)),
    ];
    let seen = |way: &str, us: u64, skew: i64| Measured {
        way: way.into(),
        shipped: us == 9000,
        round_trip: Some(Duration::from_micros(us)),
        skew_ms: Some(skew),
    };
    let relay = "by relay through mail1-dc1";
    let measured = [
        seen("from here", 1234, 0),
        seen(relay, 2100, -4),
        seen(relay, 8350, 61_500),
        seen(relay, 9000, -1000),
        Measured::default(),
    ];
    let written = |style| text(|out| write_pings(&answers, &measured, &AnswerOptions { style, ..OPTIONS }, out));
    assert_snapshot!(written(AnswerStyle::Fold), @r#"
    ok 2  mail[2-3]-dc1  by relay through mail1-dc1  node 0.1.0 x86_64  round trip 2.1 to 8.3 ms
    ok 1  mail4-dc1  by relay through mail1-dc1  node 0.1.0 aarch64, put there now  round trip 9.0 ms
    ok 1  mail1-dc1  from here  node 0.1.0 x86_64  round trip 1.2 ms
    CLOCK +61.500 s  mail3-dc1
    CLOCK -1.000 s  mail4-dc1
    UNREACHABLE 1  mail5-dc1  connection refused
        → check that sshd runs there, and the port in the inventory
    "#);
    assert_snapshot!(written(AnswerStyle::Lines), @r#"
    mail1-dc1: ok  from here  node 0.1.0 x86_64  round trip 1.2 ms  clock +0.000 s
    mail2-dc1: ok  by relay through mail1-dc1  node 0.1.0 x86_64  round trip 2.1 ms  clock -0.004 s
    mail3-dc1: ok  by relay through mail1-dc1  node 0.1.0 x86_64  round trip 8.3 ms  clock +61.500 s
    mail4-dc1: ok  by relay through mail1-dc1  node 0.1.0 aarch64, put there now  round trip 9.0 ms  clock -1.000 s
    mail5-dc1: UNREACHABLE  connection refused
    "#);
    assert_snapshot!(written(AnswerStyle::Json), @r#"
    {"v":1,"host":"mail1-dc1","way":"from here","node":"0.1.0","arch":"x86_64","shipped":false,"round_trip_us":1234,"skew_ms":0}
    {"v":1,"host":"mail2-dc1","way":"by relay through mail1-dc1","node":"0.1.0","arch":"x86_64","shipped":false,"round_trip_us":2100,"skew_ms":-4}
    {"v":1,"host":"mail3-dc1","way":"by relay through mail1-dc1","node":"0.1.0","arch":"x86_64","shipped":false,"round_trip_us":8350,"skew_ms":61500}
    {"v":1,"host":"mail4-dc1","way":"by relay through mail1-dc1","node":"0.1.0","arch":"aarch64","shipped":true,"round_trip_us":9000,"skew_ms":-1000}
    {"v":1,"host":"mail5-dc1","outcome":{"kind":"unreachable","reason":{"kind":"connection-refused","text":"connection refused"}}}
    "#);
}
