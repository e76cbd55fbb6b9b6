//! What must hold of any bytes in the place of a run's events, or a rollout's. The fuzz target checks it, and the tests
//! of its corpus.

use mcom_ledger::{Events, StoredRollout, StoredRun};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;

/// The head of a run of three hosts.
const HEAD: &str = include_str!("../golden/1.2/20260722T140211.000Z-8f3kabcd/run.json");

/// The head of a rollout of the same hosts, in two stages.
const ROLLOUT: &str = include_str!("../golden/1.3/rollouts/20260722T140211.000Z-6f3kabcd/rollout.json");

/// Reads them as this version's events, and as those of a newer one.
pub fn check(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    for minor in [0, 99] {
        for (name, head) in [("run.json", HEAD), ("rollout.json", ROLLOUT)] {
            let mut head: serde_json::Value = serde_json::from_str(head).expect("a head is JSON");
            head["format"]["minor"] = minor.into();
            std::fs::write(folder.path().join(name), head.to_string()).expect("a head");
        }
        std::fs::write(folder.path().join("events.ndjson"), bytes).expect("events");
        read(folder.path());
    }
}

fn read(folder: &Path) {
    let run = StoredRun::open(folder).expect("the head is well formed");
    let _ = run.status();
    let _ = run.recorded();
    read_events(run.events().expect("the file is there"));
    let rollout = StoredRollout::open(folder).expect("the head is well formed");
    let _ = rollout.summary();
    read_events(rollout.events().expect("the file is there"));
}

fn read_events<E: Serialize + DeserializeOwned>(mut events: Events<E>) {
    for event in events.by_ref().map_while(Result::ok) {
        let line = serde_json::to_string(&event).expect("an event has a form");
        let again: serde_json::Value = serde_json::from_str(&line).expect("it is JSON");
        let same = serde_json::to_value(&event).expect("an event has a form");
        assert_eq!(again, same, "{line}");
    }
    let _ = events.look_again();
}
