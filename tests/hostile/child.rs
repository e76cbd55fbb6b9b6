//! Captured hosts without anybody below them, directly below the coordinator and below a real parent.

use crate::hostile::stage::{Case, Played, Stage, broken, case};
use mcom_testbed::Fleet;

/// What a captured host says, and what becomes of it. One run has all of them.
pub const CASES: &[Case] = &[
    broken("no-hello", "refused", "its first message is no hello"),
    broken("hello-twice", "unknown", "it said hello twice"),
    case("another-node", "refused", "node-digest-mismatch", "another node answered"),
    case("another-protocol", "refused", "protocol-version", "speaks protocol 99"),
    broken("unknown-kind", "unknown", "a frame of kind 99"),
    broken("blob-upwards", "unknown", "a frame of kind 2"),
    broken("answer-upwards", "unknown", "a frame of kind 6"),
    broken("password-upwards", "unknown", "a frame of kind 7"),
    broken("cancel-upwards", "unknown", "a control frame is not a message"),
    broken("no-json", "unknown", "a control frame is not a message"),
    broken("deep-json", "unknown", "a control frame is not a message"),
    broken("control-with-a-stream", "unknown", "has 7 as its stream"),
    broken("output-of-no-stream", "unknown", "has 2 as its output stream"),
    broken("output-too-short", "unknown", "too few for its prefix"),
    broken("body-too-short", "unknown", "too few for its prefix"),
    broken("ask-with-a-lying-length", "unknown", "length of the bind"),
    broken("huge-control", "unknown", "announces 4294967295 bytes"),
    broken("huge-output", "unknown", "announces 1073741824 bytes"),
    broken("huge-hello", "refused", "announces 16777215 bytes"),
    broken("ended-before-it-started", "unknown", "with a receipt, without a start"),
    broken("ended-without-a-receipt", "unknown", "without a receipt"),
    case("ended-twice", "ok", "", "ok"),
    broken("started-twice", "unknown", "it said of"),
    broken("claimed-twice", "unknown", "it said of"),
    broken("not-run-after-its-start", "unknown", "as if it had not started"),
    broken("ok-with-a-failure", "unknown", "otherwise than its receipt says"),
    broken("failed-otherwise", "unknown", "otherwise than its receipt says"),
    broken("output-beyond-what-is-allowed", "unknown", "which nobody had allowed"),
    broken("output-with-a-gap", "unknown", "which nobody had allowed"),
    broken("output-at-the-end-of-numbers", "unknown", "which nobody had allowed"),
    broken("output-before-its-start", "unknown", "which nobody had allowed"),
    broken("output-of-nothing", "unknown", "which nobody had allowed"),
    broken("printed-beyond-the-cap", "unknown", "it said of"),
    broken("body-of-another-name", "unknown", "that are not body"),
    broken("need-of-no-blob", "unknown", "it asked for blob 7"),
    broken("transit-by-itself", "unknown", "it said of"),
];

/// One captured host for each case, and three that are as they should be.
fn play(shape: &[&str]) -> (Stage, Vec<String>, Played) {
    let stage = Stage::of(Fleet::builder().grid("mail", 1, CASES.len() + 3));
    let hosts: Vec<String> = stage.scene.bench.fleet.names().skip(3).map(str::to_owned).collect();
    for (host, case) in hosts.iter().zip(CASES) {
        stage.capture(host, case.attack);
    }
    let mut args = vec!["-h", "*", "-f", "100"];
    args.extend(shape);
    let played = stage.play("run", &args, "echo done");
    (stage, hosts, played)
}

fn check(hosts: &[String], played: &Played) {
    played.came_to(hosts.iter().map(String::as_str).zip(CASES));
    let captured: Vec<&str> = hosts.iter().map(String::as_str).collect();
    played.others_are_ok(&captured);
    assert_eq!(played.ran.code, Some(16), "{}", played.ran.err);
    assert!(!played.log.contains('\x1b') && !played.ran.err.contains('\x1b'));
}

#[test]
fn below_the_coordinator() {
    let (_stage, hosts, played) = play(&["--flat"]);
    check(&hosts, &played);
    let violators = played.violators();
    for (host, case) in hosts.iter().zip(CASES).filter(|(_, case)| case.kind == "unknown") {
        assert!(violators.contains(host), "{} on {host} is no violation of the record", case.attack);
    }
}

#[test]
fn below_a_real_parent() {
    let (_stage, hosts, played) = play(&["--parents", "mail1-dc1", "--width", "64"]);
    check(&hosts, &played);
}
