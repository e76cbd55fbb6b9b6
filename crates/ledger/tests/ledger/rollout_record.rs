//! Writing a rollout, carrying it on, reading it in every state, and finding it again.

use crate::rollout_fixture::{self as fixture, UNDO};
use mcom_ledger::{
    FindRolloutError, ReadError, ReopenError, RolloutRecord, StoredRollout, find_rollout, hold, list_open_rollouts,
    list_rollouts, rollouts_dir,
};
use mcom_model::{BlobRef, Digest, HostId};
use mcom_rollout::{RolloutEvent, RolloutState, State};
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const ID: &str = "6f3kabcd";
const NAME: &str = "mail-fix";

/// The record of a rollout whose process died after so many events, with this behind them.
fn died_after(rollouts: &Path, id: &str, name: &str, events: usize, torn: &[u8]) -> StoredRollout {
    let mut record = RolloutRecord::create(rollouts, &fixture::head(id, name)).unwrap();
    fixture::events(id)[..events].iter().for_each(|event| record.append(event).unwrap());
    let rollout = record.reader();
    drop(record);
    append(&rollout, torn);
    rollout
}

fn append(rollout: &StoredRollout, bytes: &[u8]) {
    OpenOptions::new().append(true).open(rollout.events_path()).unwrap().write_all(bytes).unwrap();
}

fn read(rollout: &StoredRollout) -> Vec<RolloutEvent> {
    rollout.events().unwrap().map(Result::unwrap).collect()
}

#[test]
fn what_was_written_is_read_back_and_folded() {
    let rollouts = tempfile::tempdir().unwrap();
    let events = fixture::events(ID);
    let rollout = died_after(rollouts.path(), ID, NAME, events.len(), b"");
    assert_eq!(rollout, StoredRollout::open(rollout.dir()).unwrap());
    assert_eq!(rollout.head().unwrap(), fixture::head(ID, NAME));
    assert_eq!(read(&rollout), events);
    let mut state = RolloutState::new(3);
    events.iter().for_each(|event| state.apply(event));
    assert_eq!(rollout.state().unwrap(), Some(state));
    let mode = |path: &str| rollout.dir().join(path).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(["", "blobs", "rollout.json", "events.ndjson"].map(mode), [0o700, 0o700, 0o600, 0o600]);
}

#[test]
fn a_rollout_goes_on_behind_the_last_whole_line_in_one_process() {
    let rollouts = tempfile::tempdir().unwrap();
    let events = fixture::events(ID);
    let rollout = died_after(rollouts.path(), ID, NAME, 5, b"{\"at_ms\":99,\"event\":\"ask");
    assert_eq!(rollout.writer().unwrap(), None);
    let mut follower = rollout.events().unwrap();
    assert_eq!(follower.by_ref().count(), 5);
    let mut record = RolloutRecord::reopen(rollout.dir(), "bob@bastion").unwrap();
    record.append(&events[5]).unwrap();
    assert_eq!(read(&rollout), events[..6]);
    follower.look_again().unwrap();
    assert_eq!(follower.map(Result::unwrap).collect::<Vec<_>>(), events[5..6]);
    let busy = RolloutRecord::reopen(rollout.dir(), "carol@bastion");
    assert!(matches!(busy, Err(ReopenError::Busy { writer }) if writer.who == "bob@bastion"));
    assert_eq!(rollout.writer().unwrap().unwrap().who, "bob@bastion");
    drop(record);
    RolloutRecord::reopen(rollout.dir(), "carol@bastion").unwrap();
}

#[test]
fn what_it_runs_lies_beside_it() {
    let rollouts = tempfile::tempdir().unwrap();
    let mut record = RolloutRecord::create(rollouts.path(), &fixture::head(ID, NAME)).unwrap();
    let blob = |bytes: &[u8]| BlobRef { digest: Digest::of(bytes), len: bytes.len() as u64 };
    record.store_blob(&Digest::of(UNDO), UNDO).unwrap();
    record.store_blob(&Digest::of(UNDO), UNDO).unwrap();
    record.store_blob(&Digest::of(b""), b"").unwrap();
    assert!(record.store_blob(&Digest::of(UNDO), b"other").is_err());
    let rollout = record.reader();
    assert_eq!(rollout.blob(&blob(UNDO)).unwrap(), UNDO);
    assert_eq!(rollout.blob(&blob(b"")).unwrap(), b"");
    assert!(rollout.blob(&blob(b"never stored")).is_err());
    let path = rollout.dir().join("blobs").join(Digest::of(UNDO).to_string());
    std::fs::write(&path, &UNDO[1..]).unwrap();
    assert!(rollout.blob(&blob(UNDO)).is_err(), "damage is found");
    record.store_blob(&Digest::of(UNDO), UNDO).unwrap();
    assert_eq!(rollout.blob(&blob(UNDO)).unwrap(), UNDO);
}

#[test]
fn damage_is_an_error_with_its_line_and_never_a_panic() {
    let rollouts = tempfile::tempdir().unwrap();
    for (id, line) in [
        ("6f3kabc1", r#"{"at_ms":1,"event":"sick","hosts":[[0,4294967295]]}"#),
        ("6f3kabc2", r#"{"at_ms":1,"event":"became","state":"running","stage":7}"#),
        ("6f3kabc3", r#"{"at_ms":1,"event":"run-ended","run":"8f3kabcd","ends":[],"boots":[[3,"b"]]}"#),
        ("6f3kabc4", r#"{"at_ms":1,"event":"become"}"#),
    ] {
        let rollout = died_after(rollouts.path(), id, NAME, 4, format!("{line}\n").as_bytes());
        let error = rollout.state().unwrap_err().to_string();
        assert!(error.contains("events.ndjson, line 5 is damaged"), "{error}");
    }
}

#[test]
fn one_that_cannot_be_read_may_hold_hosts_unless_it_says_that_it_is_over() {
    let whole = fixture::events(ID).len();
    for (events, torn, head, may_be_open) in [
        (5, "", "{}", true),
        (whole, "", "{}", false),
        (whole, "", r#"{"format":{"major":9,"minor":0}}"#, false),
        (5, "", r#"{"format":{"major":9,"minor":0}}"#, true),
        (0, "", r#"{"format":{"major":9,"minor":0}}"#, true),
        (0, "", "{}", false),
        (whole, "damage\n", "{}", true),
        (whole, "{\"at_ms\":1,\"event\":\"became\",\"state\":\"undoing\",\"stage\":2}\n", "{}", true),
    ] {
        let rollouts = tempfile::tempdir().unwrap();
        let rollout = died_after(rollouts.path(), ID, NAME, events, torn.as_bytes());
        std::fs::write(rollout.dir().join("rollout.json"), head).unwrap();
        let listing = list_rollouts(rollouts.path()).unwrap();
        let found = listing.unreadable.iter().map(|one| one.may_be_open).collect::<Vec<_>>();
        assert_eq!(found, [may_be_open], "{events} {torn} {head}");
    }
}

/// Lines that were lost, or came in another order, give a state that nobody wanted, and no panic.
#[test]
fn events_in_any_order_are_folded() {
    let events = fixture::events(ID);
    let lines: Vec<String> = events.iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    let rollouts = tempfile::tempdir().unwrap();
    let rollout = died_after(rollouts.path(), ID, NAME, 0, b"");
    for seed in 0..200_u32 {
        let place = |line: &&String| *Digest::of(format!("{seed}{line}").as_bytes()).as_bytes();
        let mut lines: Vec<&String> = lines.iter().collect();
        lines.sort_by_key(place);
        lines.truncate(seed as usize % 40);
        std::fs::write(rollout.events_path(), lines.iter().map(|line| format!("{line}\n")).collect::<String>())
            .unwrap();
        assert_eq!(rollout.state().unwrap().is_some(), !lines.is_empty());
    }
}

#[test]
fn a_newer_version_is_read_and_not_written() {
    let rollouts = tempfile::tempdir().unwrap();
    let rollout = died_after(rollouts.path(), ID, NAME, 5, b"{\"at_ms\":99,\"event\":\"from-the-future\"}\n");
    let path = rollout.dir().join("rollout.json");
    let head = std::fs::read_to_string(&path).unwrap();
    let with = |version: &str| {
        let current = mcom_ledger::FormatVersion::CURRENT.minor;
        std::fs::write(&path, head.replace(&format!(r#"{{"major":1,"minor":{current}}}"#), version)).unwrap();
        StoredRollout::open(rollout.dir())
    };
    let newer = with(r#"{"major":1,"minor":77}"#).unwrap();
    assert_eq!(newer.state().unwrap().unwrap().state, State::Running);
    let error = RolloutRecord::reopen(newer.dir(), "bob@bastion").err().unwrap();
    assert!(error.to_string().contains("use the mcom that wrote it"), "{error}");
    assert!(matches!(with(r#"{"major":2,"minor":0}"#), Err(ReadError::NewerFormat { .. })));
}

#[test]
fn rollouts_are_found_by_name_by_id_and_as_latest() {
    let rollouts = tempfile::tempdir().unwrap();
    assert!(matches!(find_rollout(rollouts.path(), NAME), Err(FindRolloutError::Empty { .. })));
    let first = died_after(rollouts.path(), "6f3kabc1", NAME, 5, b"");
    died_after(rollouts.path(), "6f3kabc2", NAME, 5, b"");
    died_after(rollouts.path(), "6f3kzbc3", "nginx-fix", 5, b"");
    let found =
        |text: &str| find_rollout(rollouts.path(), text).map(|rollout| rollout.head().unwrap().spec.id.to_string());
    assert_eq!(found(NAME).unwrap(), "6f3kabc2", "the latest of that name");
    assert_eq!(found("nginx-fix").unwrap(), "6f3kzbc3");
    assert_eq!(found("6f3kz").unwrap(), "6f3kzbc3");
    assert_eq!(found("6f3kabc1").unwrap(), "6f3kabc1");
    assert_eq!(found("latest").unwrap(), "6f3kzbc3");
    assert_eq!(found(first.dir().to_str().unwrap()).unwrap(), "6f3kabc1");
    assert_eq!(
        found("6f3ka").unwrap_err().to_string(),
        "several rollouts' ids begin with \"6f3ka\": 6f3kabc2 (mail-fix), 6f3kabc1 (mail-fix); type more of the id"
    );
    assert_eq!(
        found("ngnix-fix").unwrap_err().to_string(),
        "no rollout is named \"ngnix-fix\", and no id begins so; did you mean nginx-fix? `mcom rollout list` lists them"
    );
    assert!(matches!(found(""), Err(FindRolloutError::NotFound { .. })));
    assert!(matches!(found("/nowhere/at/all"), Err(FindRolloutError::Read(ReadError::NoRollout { .. }))));
}

#[test]
fn a_listing_shows_how_far_each_is_and_what_cannot_be_read() {
    let state_home = tempfile::tempdir().unwrap();
    let rollouts = rollouts_dir(state_home.path());
    assert!(list_rollouts(&rollouts).unwrap().rollouts.is_empty());
    let _hold = hold(&rollouts, "alice@bastion").unwrap();
    let broken = died_after(&rollouts, "6f3kabc1", NAME, 5, b"");
    std::fs::remove_file(broken.dir().join("rollout.json")).unwrap();
    died_after(&rollouts, "6f3kabc2", NAME, 3, b"");
    died_after(&rollouts, "6f3kabc3", NAME, 0, b"{\"at_ms\":9");
    died_after(&rollouts, "6f3kabc4", NAME, fixture::events(ID).len(), b"");
    let record = RolloutRecord::create(&rollouts, &fixture::head("6f3kabc5", NAME)).unwrap();
    let listing = list_rollouts(&rollouts).unwrap();
    let [unreadable] = listing.unreadable.as_slice() else { panic!("{listing:?}") };
    assert!(matches!(unreadable.error, ReadError::NoRollout { .. }) && unreadable.may_be_open);
    assert_eq!(unreadable.dir, broken.dir());
    let shown = |at: usize| {
        let rollout = &listing.rollouts[at];
        (rollout.id.as_str(), rollout.state.as_ref().map(|state| state.state), rollout.is_open())
    };
    assert_eq!(shown(0), ("6f3kabc5", None, true), "it is being begun");
    assert_eq!(shown(1), ("6f3kabc4", Some(State::Done), false));
    assert_eq!(shown(2), ("6f3kabc3", None, false), "it had not begun when its process died");
    assert_eq!(shown(3), ("6f3kabc2", Some(State::Running), true));
    let running = &listing.rollouts[3];
    assert_eq!((running.hosts, running.stages.len(), running.name.as_str()), (3, 2, NAME));
    assert_eq!(running.state.as_ref().unwrap().host(HostId(0)).run, Some((0, None)));
    assert_eq!(listing.rollouts[0].writer.as_ref().unwrap().pid, std::process::id());
    assert_eq!(record.reader().state().unwrap(), None);
    let open = list_open_rollouts(&rollouts).unwrap();
    let ids: Vec<&str> = open.rollouts.iter().map(|rollout| rollout.id.as_str()).collect();
    assert_eq!((ids, open.unreadable.len()), (vec!["6f3kabc5", "6f3kabc2"], 1));
}
