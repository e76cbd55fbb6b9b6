//! Ledgers of every format version that was ever written, kept as files: this version reads all of them.
//!
//! A change of the format adds a folder here; the older ones stay as they are. `MCOM_BLESS=1` writes the newest anew.

use crate::fixture::{self, HELLO};
use crate::rollout_fixture::{self, UNDO};
use mcom_ledger::{FormatVersion, Ledger, RolloutRecord, StoredRollout, StoredRun};
use mcom_model::Digest;
use mcom_rollout::State;
use std::io::Read;
use std::path::{Path, PathBuf};

const RUN: &str = "8f3kabcd";
const ROLLOUT: &str = "6f3kabcd";

fn golden(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(version)
}

fn write_current(runs: &Path) -> PathBuf {
    let mut ledger = Ledger::create(runs, &fixture::head(RUN)).unwrap();
    ledger.store_body(&Digest::of(HELLO), HELLO).unwrap();
    fixture::events(RUN).iter().for_each(|event| ledger.append(event, false).unwrap());
    let dir = ledger.dir().to_owned();
    ledger.finish().unwrap();
    dir
}

#[test]
fn every_version_is_read() {
    let versions = std::fs::read_dir(golden("")).unwrap().map(|entry| entry.unwrap().path());
    let mut count = 0;
    for runs in versions {
        let run = mcom_ledger::find(&runs, RUN).unwrap();
        let head = run.head().unwrap();
        assert_eq!((head.run.as_str(), head.who.as_str(), head.hosts), (RUN, "alice@bastion", 3), "{runs:?}");
        let events = match runs.file_name().unwrap().to_str().unwrap() {
            "1.0" => 22,
            "1.1" => 31,
            _ => 34,
        };
        assert_eq!(run.events().unwrap().map(Result::unwrap).count(), events, "{runs:?}");
        let recorded = run.recorded().unwrap().unwrap();
        assert!(recorded.ended && recorded.hosts.iter().all(|host| host.outcome.is_some()), "{runs:?}");
        let mut hello = Vec::new();
        run.body(&Digest::of(HELLO)).unwrap().read_to_end(&mut hello).unwrap();
        assert_eq!(hello, HELLO);
        count += 1;
    }
    assert_ne!(count, 0);
}

#[test]
fn what_is_written_now_is_the_newest_golden_version() {
    let kept = golden(&FormatVersion::CURRENT.to_string());
    if std::env::var_os("MCOM_BLESS").is_some() {
        if let Ok(before) = mcom_ledger::find(&kept, RUN) {
            std::fs::remove_dir_all(before.dir()).unwrap();
        }
        write_current(&kept);
        // Git keeps no absolute meaning of a link; the run is found by its id.
        std::fs::remove_file(kept.join("latest")).unwrap();
        // It says which process wrote it.
        std::fs::remove_file(mcom_ledger::find(&kept, RUN).unwrap().dir().join("writer.json")).unwrap();
    }
    let runs = tempfile::tempdir().unwrap();
    let now = StoredRun::open(write_current(runs.path())).unwrap();
    let then = mcom_ledger::find(&kept, RUN).unwrap();
    for file in ["run.json", "events.ndjson"] {
        let text = |run: &StoredRun| std::fs::read_to_string(run.dir().join(file)).unwrap();
        assert_eq!(text(&now), text(&then), "{file}: raise the format version, or bless where nothing was released");
    }
    assert_eq!(now.dir().file_name(), then.dir().file_name());
}

/// Below a version's folder; versions before 1.3 have none.
const ROLLOUTS: &str = "rollouts";

fn write_rollout(rollouts: &Path) -> PathBuf {
    let mut record = RolloutRecord::create(rollouts, &rollout_fixture::head(ROLLOUT, "mail-fix")).unwrap();
    record.store_blob(&Digest::of(UNDO), UNDO).unwrap();
    rollout_fixture::events(ROLLOUT).iter().for_each(|event| record.append(event).unwrap());
    record.dir().to_owned()
}

#[test]
fn every_version_of_rollouts_is_read() {
    let versions = std::fs::read_dir(golden("")).unwrap().map(|entry| entry.unwrap().path().join(ROLLOUTS));
    let mut count = 0;
    for rollouts in versions.filter(|rollouts| rollouts.exists()) {
        let rollout = mcom_ledger::find_rollout(&rollouts, "mail-fix").unwrap();
        let head = rollout.head().unwrap();
        assert_eq!((head.spec.id.as_str(), head.spec.stages.len()), (ROLLOUT, 2), "{rollouts:?}");
        let state = rollout.state().unwrap().unwrap();
        assert_eq!((state.state, state.runs.len(), state.orders.len()), (State::Done, 2, 6), "{rollouts:?}");
        assert_eq!(rollout.blob(&head.spec.undo.unwrap().blob).unwrap(), UNDO);
        count += 1;
    }
    assert_ne!(count, 0);
}

#[test]
fn rollouts_are_written_as_the_newest_golden_version() {
    let kept = golden(&FormatVersion::CURRENT.to_string()).join(ROLLOUTS);
    if std::env::var_os("MCOM_BLESS").is_some() {
        let _ = std::fs::remove_dir_all(&kept);
        let dir = write_rollout(&kept);
        // It says which process wrote it.
        std::fs::remove_file(dir.join("writer.json")).unwrap();
    }
    let rollouts = tempfile::tempdir().unwrap();
    let now = StoredRollout::open(write_rollout(rollouts.path())).unwrap();
    let then = mcom_ledger::find_rollout(&kept, ROLLOUT).unwrap();
    for file in ["rollout.json", "events.ndjson"] {
        let text = |rollout: &StoredRollout| std::fs::read_to_string(rollout.dir().join(file)).unwrap();
        assert_eq!(text(&now), text(&then), "{file}: raise the format version, or bless where nothing was released");
    }
    assert_eq!(now.dir().file_name(), then.dir().file_name());
}
