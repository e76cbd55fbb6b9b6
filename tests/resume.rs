//! `mcom resume`: a coordinator that dies at any moment, or leaves, loses nothing and starts nothing twice.

use crate::scene::{Part, Scene};
use crate::support::{Bench, MCOM, Ran, count, ended_as};
use serde_json::Value;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// What every payload here does first: it leaves a line on its host.
const MARK: &str = "echo ran >>runs";

fn begin(bench: &Bench, args: &[&str]) -> Child {
    let mut command = bench.command(args);
    command.env("MCOM_TIMER_PERCENT", "20").stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits until the record is so.
#[track_caller]
fn wait_until(bench: &Bench, what: &str, is: impl Fn(&[Value]) -> bool) {
    let since = Instant::now();
    while !is(&bench.events()) {
        assert!(since.elapsed() < Duration::from_secs(60), "never: {what}; {:?}", bench.events());
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Begins a run, and kills its coordinator as soon as the record is so.
#[track_caller]
fn killed(bench: &Bench, args: &[&str], what: &str, is: impl Fn(&[Value]) -> bool) {
    let mut child = begin(bench, args);
    wait_until(bench, what, is);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn resume(bench: &Bench, args: &[&str]) -> Ran {
    let mut all = vec!["resume"];
    all.extend(args);
    bench.command(&all).output().unwrap().into()
}

/// Text of a payload that leaves its mark, waits until [`go`], and then does `text`.
fn waiting(bench: &Bench, text: &str) -> String {
    format!("{MARK}; until test -e {}; do sleep 0.1; done; {text}", bench.path("go").display())
}

fn go(bench: &Bench) {
    std::fs::write(bench.path("go"), "").unwrap();
}

/// How often the payload was started on each host.
fn starts(bench: &Bench) -> Vec<usize> {
    let lines = |name: &str| std::fs::read_to_string(bench.fleet.home(name).unwrap().join("runs"));
    bench.fleet.names().map(|name| lines(name).map_or(0, |text| text.lines().count())).collect()
}

fn run_folder(bench: &Bench) -> PathBuf {
    let state = bench.fleet.env().into_iter().find(|(key, _)| key == "XDG_STATE_HOME").unwrap().1;
    std::fs::canonicalize(format!("{state}/mcom/runs/latest")).unwrap()
}

/// Every host of the run is ok, was started once, and the record says so once more at its end.
#[track_caller]
fn whole(bench: &Bench, ran: &Ran) {
    let hosts = bench.fleet.names().count();
    let events = bench.events();
    assert_eq!(ended_as(&events).values().filter(|kind| *kind == "ok").count(), hosts, "{events:?}");
    assert_eq!(starts(bench), vec![1; hosts]);
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["by"]), (&"run-ended".into(), &"itself".into()));
    assert_eq!(last["tally"]["counts"][0], hosts);
    assert!(ran.err.contains(&format!("{hosts} hosts: {hosts} ok")), "{}", ran.err);
}

#[test]
fn killed_before_any_link() {
    let bench = Bench::grid(2, 2);
    killed(&bench, &["-h", "*", "-c", MARK], "begun", |events| count(events, "event", "run-started") == 1);
    let ran = resume(&bench, &[]).expect(0);
    whole(&bench, &ran);
}

#[test]
fn killed_while_everything_runs() {
    let bench = Bench::grid(2, 3);
    let text = waiting(&bench, "echo done on $MCOM_HOST");
    killed(&bench, &["-h", "*", "-c", &text], "started", |events| count(events, "said", "started") == 6);
    go(&bench);
    let ran = resume(&bench, &[]).expect(0);
    whole(&bench, &ran);
    let mut expected: Vec<String> = bench.fleet.names().map(|name| format!("{name}: done on {name}")).collect();
    expected.sort();
    assert_eq!(ran.sorted(), expected);
    assert_eq!(count(&bench.events(), "event", "shipped"), 2, "the payload crosses no long link again");
}

#[test]
fn killed_after_some_have_ended() {
    let bench = Bench::grid(1, 4);
    let go_file = bench.path("go");
    let text = format!(
        "{MARK}; case $MCOM_HOST in mail[12]-*) ;; *) until test -e {}; do sleep 0.1; done ;; esac; echo $MCOM_HOST",
        go_file.display()
    );
    killed(&bench, &["-h", "*", "-O", "stream", "-c", &text], "two ended", |events| {
        count(events, "said", "ended") == 2
    });
    go(&bench);
    let ran = resume(&bench, &["-O", "stream"]).expect(0);
    whole(&bench, &ran);
    assert_eq!(
        ran.sorted(),
        ["mail3-dc1: mail3-dc1", "mail4-dc1: mail4-dc1"],
        "what was told before is not told again"
    );
    assert_eq!(bench.mcom(&["log", "-h", "mail1-dc1", "--raw"]).expect(0).out, "mail1-dc1\n");
    let resumed = bench.events().into_iter().find(|event| event["event"] == "resumed").unwrap();
    assert_eq!(resumed["hosts"], serde_json::json!([[2, 3]]));
    resume(&bench, &[]).expect(3);
}

#[test]
fn what_ended_while_nobody_looked_is_collected_with_its_code_and_output() {
    let bench = Bench::grid(1, 3);
    let text = waiting(&bench, "yes | head -c 100000; echo >>done; exit 7");
    killed(&bench, &["-h", "*", "-b", "-c", &text], "started", |events| count(events, "said", "started") == 3);
    go(&bench);
    let since = Instant::now();
    while !bench.fleet.names().all(|name| bench.fleet.home(name).unwrap().join("done").exists()) {
        assert!(since.elapsed() < Duration::from_secs(30), "the payloads did not go on");
        std::thread::sleep(Duration::from_millis(20));
    }
    resume(&bench, &["-b"]).expect(10);
    assert_eq!(starts(&bench), [1, 1, 1]);
    let out = bench.mcom(&["log", "-h", "mail2-dc1", "--raw"]).expect(0).out;
    assert_eq!(out.len(), 100_000);
    assert_eq!(ended_as(&bench.events()).values().filter(|kind| *kind == "failed").count(), 3);
}

#[test]
fn the_payload_is_in_the_record_and_the_ssh_settings_too() {
    let bench = Bench::grid(1, 2);
    let script = bench.file("mark.sh", &format!("#!/bin/sh\n{MARK}\ncat\n"));
    let stdin = bench.file("input", "from a file\n");
    let config = bench.fleet.ssh_config().display().to_string();
    let args = ["-h", "*", "-F", &config, "-s", &script, "--stdin", &stdin];
    killed(&bench, &args, "begun", |events| count(events, "event", "run-started") == 1);
    std::fs::remove_file(&script).unwrap();
    std::fs::remove_file(&stdin).unwrap();
    let ran = resume(&bench, &[]).expect(0);
    assert_eq!(ran.sorted(), ["mail1-dc1: from a file", "mail2-dc1: from a file"]);
    whole(&bench, &ran);
}

#[test]
fn one_process_at_a_time_and_the_other_is_told_who() {
    let bench = Bench::grid(1, 2);
    let text = waiting(&bench, "true");
    let child = begin(&bench, &["-h", "*", "-c", &text]);
    wait_until(&bench, "started", |events| count(events, "said", "started") == 2);
    let id = bench.events()[0]["run"].as_str().unwrap().to_owned();
    let refused = resume(&bench, &[&id]).expect(4);
    assert!(refused.err.contains(&format!("(process {})", child.id())), "{}", refused.err);
    assert!(refused.err.contains(&format!("mcom watch {id}")), "{}", refused.err);
    resume(&bench, &[]).expect(3);
    go(&bench);
    let ran = Ran::from(child.wait_with_output().unwrap()).expect(0);
    whole(&bench, &ran);
}

#[test]
fn of_two_that_resume_at_once_one_does() {
    let bench = Bench::grid(1, 3);
    let text = waiting(&bench, "sleep 1");
    killed(&bench, &["-h", "*", "-c", &text], "started", |events| count(events, "said", "started") == 3);
    go(&bench);
    let (one, two) = (begin(&bench, &["resume"]), begin(&bench, &["resume"]));
    let [one, two] = [one, two].map(|child| Ran::from(child.wait_with_output().unwrap()));
    // The later one finds the run in hand, or finished.
    let (done, other) = if one.code == Some(0) { (one, two) } else { (two, one) };
    whole(&bench, &done.expect(0));
    assert!(matches!(other.code, Some(3 | 4)), "{other:?}");
    assert_eq!(count(&bench.events(), "event", "resumed"), 1);
}

#[test]
fn a_torn_last_line_is_cut_off() {
    let bench = Bench::grid(1, 2);
    let text = waiting(&bench, "true");
    killed(&bench, &["-h", "*", "-c", &text], "started", |events| count(events, "said", "started") == 2);
    go(&bench);
    let path = run_folder(&bench).join("events.ndjson");
    OpenOptions::new().append(true).open(path).unwrap().write_all(b"{\"at\":99,\"event\":\"canc").unwrap();
    let ran = resume(&bench, &[]).expect(0);
    whole(&bench, &ran);
}

#[test]
fn a_record_of_a_newer_version_is_not_touched() {
    let bench = Bench::grid(1, 1);
    killed(&bench, &["-h", "*", "-c", MARK], "begun", |events| count(events, "event", "run-started") == 1);
    let path = run_folder(&bench).join("run.json");
    let head = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, head.replacen("\"major\":1", "\"major\":2", 1)).unwrap();
    let refused = resume(&bench, &["latest"]).expect(1);
    assert!(refused.err.contains("use the mcom that wrote it"), "{}", refused.err);
    assert!(starts(&bench).iter().all(|&starts| starts <= 1));
}

#[test]
fn hosts_that_come_back_are_tried_again() {
    let mut bench = Bench::grid(2, 2);
    bench.fleet.stop_host("mail2-dc2").unwrap();
    bench.command(&["-h", "*", "-c", MARK]).env("MCOM_TIMER_PERCENT", "5").output().map(Ran::from).unwrap().expect(11);
    resume(&bench, &[]).expect(3);
    let waiting = begin(&bench, &["resume", "--wait", "60s"]);
    wait_until(&bench, "a round", |events| count(events, "event", "run-ended") == 2);
    bench.fleet.start_host("mail2-dc2").unwrap();
    let ran = Ran::from(waiting.wait_with_output().unwrap()).expect(0);
    assert!(ran.err.contains("1 host could not be reached: again in 10 s"), "{}", ran.err);
    whole(&bench, &ran);
}

#[test]
fn a_resumed_run_can_die_too() {
    let bench = Bench::grid(2, 2);
    let text = waiting(&bench, "true");
    killed(&bench, &["-h", "*", "-c", &text], "started", |events| count(events, "said", "started") == 4);
    killed(&bench, &["resume"], "resumed", |events| count(events, "event", "resumed") == 1);
    killed(&bench, &["resume"], "attached", |events| count(events, "said", "attached") >= 1);
    go(&bench);
    let ran = resume(&bench, &[]).expect(0);
    whole(&bench, &ran);
    assert_eq!(count(&bench.events(), "event", "resumed"), 3);
}

#[test]
fn what_a_dead_coordinator_left_in_the_temporary_folder_is_cleared_away() {
    let bench = Bench::grid(1, 1);
    let temp = bench.path("tmp");
    std::fs::create_dir(&temp).unwrap();
    let mcom = |args: &[&str]| {
        let mut command = bench.fleet.command(MCOM);
        command.args(args).env("TMPDIR", &temp).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let mut child = mcom(&["-h", "*", "-c", "sleep 1"]).spawn().unwrap();
    wait_until(&bench, "started", |events| count(events, "said", "started") == 1);
    child.kill().unwrap();
    child.wait().unwrap();
    let left = || std::fs::read_dir(&temp).unwrap().count();
    assert_eq!(left(), 1);
    let ran = Ran::from(mcom(&["resume"]).output().unwrap()).expect(0);
    assert_eq!(left(), 0, "{}", ran.err);
}

#[test]
fn waiting_is_for_hosts_out_of_reach_and_for_no_others() {
    let mut scene = Scene::grid(1, 3).warm();
    scene.bench.fleet.stop_host("mail3-dc1").unwrap();
    let gate = scene.gate("gate");
    let mut run = scene.start("run", &["-h", "*", "--flat", "-t", "2s"], &gate.shell());
    run.wait("started", 2);
    assert_eq!(scene.kill("mail1-dc1", Part::Supervisor), 1);
    gate.open();
    run.ended().expect(16);
    let wait = |scene: &Scene, time: &str| -> Ran {
        scene.command(&run.state, &["resume", &run.id(), "--wait", time]).output().unwrap().into()
    };
    let ran = wait(&scene, "4s").expect(16);
    assert!(ran.err.contains("1 host could not be reached: again in"), "{}", ran.err);
    let events = run.events();
    let asked: Vec<_> =
        events.iter().filter(|event| event["event"] == "resumed").map(|event| &event["hosts"]).collect();
    assert_eq!(asked[0], &serde_json::json!([[0, 0], [2, 2]]), "everybody whose end is not known is asked once");
    assert!(asked.len() > 1 && asked[1..].iter().all(|hosts| **hosts == serde_json::json!([[2, 2]])), "{asked:?}");

    scene.bench.fleet.start_host("mail3-dc1").unwrap();
    let since = Instant::now();
    let ran = wait(&scene, "10m").expect(16);
    assert!(since.elapsed() < Duration::from_secs(60) && !ran.err.contains("again in"), "{}", ran.err);
    assert_eq!(run.outcomes()["mail1-dc1"]["reason"]["kind"], "supervisor-lost");
    scene.check(&run);
}
