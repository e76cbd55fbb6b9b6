//! Writing a run, reading it in every state, and finding it again.

use crate::fixture::{self, HELLO};
use mcom_ledger::{FindError, Ledger, ReadError, RunStatus, StoredRun, find, find_run_by_id, list};
use mcom_model::{Digest, HostId, OutcomeKind, RunEvent, Stream};
use std::fs::OpenOptions;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const RUN: &str = "8f3kabcd";

fn write_run(runs: &Path, run: &str) -> StoredRun {
    let mut ledger = Ledger::create(runs, &fixture::head(run)).unwrap();
    for event in fixture::events(run) {
        ledger.append(&event, false).unwrap();
    }
    let dir = ledger.dir().to_owned();
    ledger.finish().unwrap();
    StoredRun::open(dir).unwrap()
}

fn read(run: &StoredRun) -> Vec<RunEvent> {
    run.events().unwrap().map(Result::unwrap).collect()
}

fn append_bytes(run: &StoredRun, bytes: &[u8]) {
    OpenOptions::new().append(true).open(run.events_path()).unwrap().write_all(bytes).unwrap();
}

#[test]
fn what_was_written_is_read_back() {
    let runs = tempfile::tempdir().unwrap();
    let run = write_run(runs.path(), RUN);
    assert_eq!(run.head().unwrap(), fixture::head(RUN));
    assert_eq!(read(&run), fixture::events(RUN));
    let summary = run.summary().unwrap();
    assert_eq!((summary.payload.as_str(), summary.hosts), ("fix.sh", 3));
    let RunStatus::Ended(end) = summary.status else { panic!("{summary:?}") };
    assert_eq!((end.tally.count(OutcomeKind::Ok), end.tally.total()), (1, 3));
    assert_eq!(summary.retry_of, Some("7f3kabcd".parse().unwrap()));
    assert_eq!(summary.rollout, fixture::head(RUN).rollout);
}

#[test]
fn bodies_are_read_back_and_damage_is_found() {
    let runs = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::create(runs.path(), &fixture::head(RUN)).unwrap();
    let digest = Digest::of(HELLO);
    ledger.store_output(HostId(0), Stream::Out, 0, &HELLO[..5]).unwrap();
    ledger.store_output(HostId(0), Stream::Out, 5, &HELLO[5..]).unwrap();
    ledger.finish_output(HostId(0), Stream::Out, &digest, HELLO.len() as u64).unwrap();
    ledger.store_body(&Digest::of(b"small"), b"small").unwrap();
    let run = ledger.reader();
    assert_eq!(run, StoredRun::open(ledger.dir()).unwrap());
    let body = |digest: &Digest| {
        let mut bytes = Vec::new();
        run.body(digest)?.read_to_end(&mut bytes).map(|_| bytes)
    };
    assert_eq!(body(&digest).unwrap(), HELLO);
    assert_eq!(body(&Digest::of(b"")).unwrap(), b"");
    assert!(body(&Digest::of(b"never stored")).is_err());
    std::fs::write(run.dir().join("bodies").join(digest.to_string()), b"hello\nfrom mail2\n").unwrap();
    assert!(body(&digest).unwrap_err().to_string().contains("is damaged"));
}

#[test]
fn a_run_shows_as_running_interrupted_or_ended() {
    let runs = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::create(runs.path(), &fixture::head(RUN)).unwrap();
    let run = StoredRun::open(ledger.dir()).unwrap();
    assert_eq!(run.status().unwrap(), RunStatus::Running);
    let events = fixture::events(RUN);
    ledger.append(&events[0], true).unwrap();
    assert_eq!(run.status().unwrap(), RunStatus::Running);
    drop(ledger);
    assert_eq!(run.status().unwrap(), RunStatus::Interrupted);
}

#[test]
fn a_torn_last_line_is_tolerated_and_said() {
    let runs = tempfile::tempdir().unwrap();
    let run = write_run(runs.path(), RUN);
    append_bytes(&run, b"{\"at\":99,\"event\":\"canc");
    let mut events = run.events().unwrap();
    assert_eq!(events.by_ref().map(Result::unwrap).collect::<Vec<_>>(), fixture::events(RUN));
    assert!(events.torn());
    assert!(matches!(run.status().unwrap(), RunStatus::Ended(_)));
}

#[test]
fn a_damaged_line_in_the_middle_is_named() {
    let runs = tempfile::tempdir().unwrap();
    let run = write_run(runs.path(), RUN);
    append_bytes(&run, b"{\"at\":99,\"event\":\"canc\n");
    let error = run.events().unwrap().find_map(Result::err).unwrap();
    let line = fixture::events(RUN).len() as u64 + 1;
    assert!(matches!(error, ReadError::Event { line: found, .. } if found == line), "{error}");
}

#[test]
fn a_newer_major_version_is_refused_and_a_newer_minor_one_is_read() {
    let runs = tempfile::tempdir().unwrap();
    let run = write_run(runs.path(), RUN);
    let head = std::fs::read_to_string(run.dir().join("run.json")).unwrap();
    let with = |version: &str| {
        let newer = head.replace(r#"{"major":1,"minor":3}"#, version);
        assert_ne!(newer, head);
        std::fs::write(run.dir().join("run.json"), newer).unwrap();
        StoredRun::open(run.dir())
    };
    let error = with(r#"{"major":2,"minor":0}"#).unwrap_err();
    assert!(error.to_string().contains("use the mcom that wrote it"), "{error}");
    append_bytes(&run, b"{\"at\":99,\"event\":\"from-the-future\"}\n");
    let newer = with(r#"{"major":1,"minor":7}"#).unwrap();
    let mut events = newer.events().unwrap();
    assert_eq!(events.by_ref().map(Result::unwrap).count(), fixture::events(RUN).len());
    assert_eq!(events.skipped(), 1);
}

#[test]
fn only_the_owner_may_read_a_run() {
    let runs = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::create(&runs.path().join("made/too"), &fixture::head(RUN)).unwrap();
    ledger.store_body(&Digest::of(HELLO), HELLO).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let dir = ledger.dir();
    assert_eq!([dir.parent().unwrap(), dir, &dir.join("bodies")].map(mode), [0o700; 3]);
    let body = dir.join("bodies").join(Digest::of(HELLO).to_string());
    assert_eq!([&dir.join("run.json"), &dir.join("events.ndjson"), &body].map(|path| mode(path)), [0o600; 3]);
}

#[test]
fn runs_are_found_by_prefix_as_latest_and_by_path() {
    let runs = tempfile::tempdir().unwrap();
    assert!(matches!(find(runs.path(), "latest"), Err(FindError::Empty { .. })));
    let first = write_run(runs.path(), "8f3kabcd");
    let second = write_run(runs.path(), "8f3zabcd");
    let found = |text: &str| find(runs.path(), text).map(|run| run.head().unwrap().run.to_string());
    assert_eq!(found("8f3k").unwrap(), "8f3kabcd");
    assert_eq!(found("8f3zabcd").unwrap(), "8f3zabcd");
    assert_eq!(found("8f3kabcd.2").unwrap(), "8f3kabcd");
    assert!(matches!(found("8f3kabcd."), Err(FindError::NotFound { .. })));
    assert_eq!(found("latest").unwrap(), "8f3zabcd");
    assert_eq!(found(first.dir().to_str().unwrap()).unwrap(), "8f3kabcd");
    assert!(matches!(found("8f3"), Err(FindError::Ambiguous { ids, .. }) if ids == ["8f3zabcd", "8f3kabcd"]));
    assert!(matches!(found("9"), Err(FindError::NotFound { .. })));
    assert!(matches!(found("/nowhere/at/all"), Err(FindError::Read(ReadError::NoRun { .. }))));
    std::fs::remove_dir_all(second.dir()).unwrap();
    assert_eq!(found("latest").unwrap(), "8f3kabcd");
}

#[test]
fn a_run_is_found_by_its_whole_id_alone() {
    let runs = tempfile::tempdir().unwrap();
    let found = |id: &str| find_run_by_id(runs.path(), &id.parse().unwrap()).unwrap().map(|run| run.dir().to_owned());
    assert_eq!(found(RUN), None);
    let run = write_run(runs.path(), RUN);
    assert_eq!(found(RUN).as_deref(), Some(run.dir()));
    assert_eq!(found("8f3k"), None);
    // One whose writer died before its head stood had not begun.
    std::fs::remove_file(run.dir().join("run.json")).unwrap();
    assert_eq!(found(RUN), None);
}

#[test]
fn a_listing_shows_what_it_can_read_and_says_the_rest() {
    let runs = tempfile::tempdir().unwrap();
    assert!(list(&runs.path().join("none"), None).unwrap().runs.is_empty());
    write_run(runs.path(), "8f3kabcd");
    let broken = write_run(runs.path(), "8f3zabcd");
    std::fs::remove_file(broken.dir().join("run.json")).unwrap();
    let listing = list(runs.path(), None).unwrap();
    assert_eq!(listing.runs.iter().map(|run| run.run.as_str()).collect::<Vec<_>>(), ["8f3kabcd"]);
    assert_eq!(listing.unreadable.len(), 1);
    assert_eq!(list(runs.path(), Some(1)).unwrap().runs.len(), 0);
}

#[test]
fn runs_at_the_same_time_do_not_meet() {
    let runs = tempfile::tempdir().unwrap();
    let ids: Vec<String> = (0..8).map(|n| format!("run{n}abc")).map(|id| id.replace('u', "v")).collect();
    std::thread::scope(|scope| {
        for id in &ids {
            scope.spawn(|| write_run(runs.path(), id));
        }
    });
    assert_eq!(list(runs.path(), None).unwrap().runs.len(), ids.len());
    for id in &ids {
        assert_eq!(read(&find(runs.path(), id).unwrap()), fixture::events(id));
    }
    assert!(find(runs.path(), "latest").is_ok());
}

#[test]
fn one_run_is_recorded_once() {
    let runs = tempfile::tempdir().unwrap();
    let _first = Ledger::create(runs.path(), &fixture::head(RUN)).unwrap();
    let error = Ledger::create(runs.path(), &fixture::head(RUN)).err().unwrap();
    assert!(error.to_string().contains("recorded before"), "{error}");
}
