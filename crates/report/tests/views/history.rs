//! The table of runs, and output in files.

use crate::fixture::text;
use crate::story::{HOSTILE, story};
use insta::assert_snapshot;
use mcom_model::{EndedBy, OutcomeKind, Tally};
use mcom_report::{HistoryRow, HistoryState, RolloutOfRun, history, history_json, raw, write_outdir};
use std::time::Duration;

fn of_rollout(stage: Option<&str>) -> Option<RolloutOfRun> {
    let (id, stage) = ("8rrrabcd".parse().unwrap(), stage.map(str::to_owned));
    Some(RolloutOfRun { id, name: "nginx-fix".into(), stage })
}

fn rows() -> Vec<HistoryRow> {
    let mut tally = Tally::default();
    (0..297).for_each(|_| tally.add(OutcomeKind::Ok));
    (0..3).for_each(|_| tally.add(OutcomeKind::Failed));
    let row = |run: &str, payload: &str, state| HistoryRow {
        run: run.into(),
        started_ms: 1_784_728_931_000,
        who: "alice@bastion".into(),
        hosts: 300,
        payload: payload.into(),
        reason: None,
        retry_of: None,
        rollout: None,
        state,
    };
    let ended = |by| HistoryState::Ended { tally, by, took: Duration::from_millis(58_149) };
    vec![
        row("9zzzabcd", "uname -r", HistoryState::Running),
        HistoryRow { reason: Some("CHG123".into()), ..row("8f3kabcd", "fix.sh", ended(EndedBy::Itself)) },
        row("7aaaabcd", "a command that is much too long for a table", ended(EndedBy::Cancel)),
        HistoryRow { retry_of: Some("8f3kabcd".into()), ..row("7bbbabcd", "fix.sh", ended(EndedBy::MaxFail)) },
        row("7cccabcd", "fix.sh", ended(EndedBy::Deadline)),
        HistoryRow { hosts: 12_000, ..row("6bbbabcd", "fix.sh", HistoryState::Interrupted) },
        HistoryRow { rollout: of_rollout(Some("canary")), ..row("5aaaabcd", "fix.sh", HistoryState::Interrupted) },
        HistoryRow { rollout: of_rollout(None), ..row("5bbbabcd", "unfix.sh", ended(EndedBy::Itself)) },
    ]
}

#[test]
fn a_table_of_runs() {
    assert_snapshot!(text(|out| history(&rows(), false, out)), @r#"
    RUN       STARTED               WHO            HOSTS   PAYLOAD                         TOOK   RESULT
    9zzzabcd  2026-07-22 14:02:11Z  alice@bastion  300     uname -r                        -      RUNNING
    8f3kabcd  2026-07-22 14:02:11Z  alice@bastion  300     fix.sh                          58.1s  297 ok 3 FAILED  "CHG123"
    7aaaabcd  2026-07-22 14:02:11Z  alice@bastion  300     a command that is much too lo…  58.1s  297 ok 3 FAILED  CANCELLED
    7bbbabcd  2026-07-22 14:02:11Z  alice@bastion  300     fix.sh                          58.1s  297 ok 3 FAILED  HALTED: too many hosts were bad  retry of 8f3kabcd
    7cccabcd  2026-07-22 14:02:11Z  alice@bastion  300     fix.sh                          58.1s  297 ok 3 FAILED  HALTED: the deadline came
    6bbbabcd  2026-07-22 14:02:11Z  alice@bastion  12,000  fix.sh                          -      INTERRUPTED  mcom resume 6bbbabcd
    5aaaabcd  2026-07-22 14:02:11Z  alice@bastion  300     fix.sh                          -      INTERRUPTED  mcom rollout resume nginx-fix  rollout nginx-fix/canary
    5bbbabcd  2026-07-22 14:02:11Z  alice@bastion  300     unfix.sh                        58.1s  297 ok 3 FAILED  rollout nginx-fix/undo
    "#);
    assert_eq!(text(|out| history(&[], false, out)), "");
}

#[test]
fn runs_as_objects() {
    assert!(text(|out| history_json(&rows()[3..4], out)).contains(r#""retry_of":"8f3kabcd","state":"ended""#));
    let rollout = r#""rollout":{"rollout":"8rrrabcd","name":"nginx-fix","stage":"canary"},"state":"interrupted""#;
    assert!(text(|out| history_json(&rows()[6..7], out)).contains(rollout));
    assert_snapshot!(text(|out| history_json(&rows()[1..2], out)), @r#"{"v":1,"run":"8f3kabcd","started_ms":1784728931000,"who":"alice@bastion","hosts":300,"payload":"fix.sh","reason":"CHG123","state":"ended","took_ms":58149,"by":"itself","tally":{"failed":3,"killed":0,"not-run":0,"ok":297,"refused":0,"skipped":0,"timed-out":0,"unknown":0,"unreachable":0}}"#);
}

#[test]
fn raw_output_is_exact() {
    let scene = story();
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let hosts = ["mail2-dc3", "mail3-dc3"].map(|host| scene.id(host));
    raw(&scene.view(), hosts, &scene.bodies, &mut out, &mut err).unwrap();
    assert_eq!((out.as_slice(), err.as_slice()), (HOSTILE, b"caught\n".as_slice()));
}

#[test]
fn output_in_files_is_exact() {
    let scene = story();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path().join("made");
    write_outdir(&scene.view(), &scene.bodies, &dir).unwrap();
    assert_eq!(std::fs::read(dir.join("mail2-dc3.out")).unwrap(), HOSTILE);
    assert_eq!(std::fs::read(dir.join("mail3-dc3.err")).unwrap(), b"caught\n");
    assert_eq!(std::fs::read(dir.join("mail1-dc1.out")).unwrap(), b"");
    assert!(!dir.join("mail1-dc1.err").exists());
    assert!(!dir.join("mail4-dc3.out").exists());
}
