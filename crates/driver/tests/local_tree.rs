//! Whole runs on real processes without sshd: coordinator, parents and leaves, each a process with its own spool.

use crate::order::{Kept, command, plan, start};
use bytes::Bytes;
use mcom_driver::link::{Connector, LocalNodes};
use mcom_driver::run::{Control, Order, Start, coordinate};
use mcom_model::{HostEvent, Outcome, Plan, RunSpec};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};

const NODE: &str = env!("CARGO_BIN_EXE_driver-test-node");

struct Local {
    spools: tempfile::TempDir,
}

impl Local {
    fn new() -> Self {
        Self { spools: tempfile::tempdir().unwrap() }
    }

    async fn run(&self, plan: &Plan, payload: (RunSpec, Vec<Bytes>), mut control: Receiver<Control>) -> Kept {
        let spools = self.spools.path().to_owned();
        let env = vec![("MCOM_TEST_SPOOLS".to_owned(), spools.display().to_string())];
        let connector = Arc::new(Connector::Local(LocalNodes { program: NODE.into(), spools, env }));
        let (mut spec, blobs) = payload;
        spec.shape = plan.shape;
        let start = Start::New(start(plan, &spec));
        let mut kept = Kept::default();
        let run =
            coordinate(connector, Order { plan, spec, start, blobs, password: None }, None, &mut kept, &mut control);
        tokio::time::timeout(Duration::from_secs(60), run).await.expect("the run ends");
        kept
    }
}

fn nobody() -> Receiver<Control> {
    channel(1).1
}

#[tokio::test]
async fn two_levels_run_a_command_everywhere() {
    let plan = plan(&[("dc1", &["a1", "a2", "a3"]), ("dc2", &["b1", "b2"])], 32);
    let kept = Local::new().run(&plan, command("echo hello from $MCOM_HOST"), nobody()).await;
    for (id, host) in (0..).zip(&plan.hosts) {
        assert_eq!(kept.printed(id), format!("hello from {}\n", host.name).as_bytes());
    }
    let mut parents: Vec<_> =
        kept.said().filter(|(_, said)| matches!(said, HostEvent::Chosen { .. })).map(|(id, _)| id).collect();
    parents.sort_unstable(); // whichever datacenter answers first
    assert_eq!(parents, [0, 3]);
}

#[tokio::test]
async fn a_narrow_tree_is_deep_and_still_reaches_everybody() {
    let names: Vec<String> = (0..12).map(|n| format!("h{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let plan = plan(&[("dc1", &names)], 2);
    let kept = Local::new().run(&plan, command("echo same"), nobody()).await;
    (0..12).for_each(|id| assert_eq!(kept.printed(id), b"same\n"));
    assert_eq!(kept.bodies.len(), 1, "equal bodies are kept once");
}

#[tokio::test]
async fn failures_are_outcomes() {
    let plan = plan(&[("dc1", &["a1", "a2"])], 32);
    let kept = Local::new().run(&plan, command("[ $MCOM_HOST = a1 ] && exit 3; kill -9 $$"), nobody()).await;
    for (id, exit) in [(0, mcom_model::Exit::Code(3)), (1, mcom_model::Exit::Signal(9))] {
        assert_eq!(*kept.ended(id).0, Outcome::Failed { exit });
    }
}

#[tokio::test]
async fn long_output_comes_in_pieces() {
    let plan = plan(&[("dc1", &["a1", "a2", "a3"])], 32);
    let kept = Local::new().run(&plan, command("seq 1 500000"), nobody()).await;
    let expected: String = (1..=500_000).map(|n| format!("{n}\n")).collect();
    (0..3).for_each(|id| assert!(kept.printed(id) == expected.as_bytes(), "host {id}"));
    assert_eq!(kept.bodies.len(), 1);
}

#[tokio::test]
async fn a_cancel_ends_what_runs() {
    let plan = plan(&[("dc1", &["a1", "a2"])], 32);
    let (operator, control) = channel(1);
    let local = Local::new();
    let waiting = local.spools.path().join("started");
    let text = format!("echo x >> {}; exec sleep 100", waiting.display());
    let cancel = async {
        while std::fs::read_to_string(&waiting).map_or(0, |text| text.lines().count()) < 2 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        operator.send(Control::Cancel { by: None }).await.unwrap();
    };
    let (kept, ()) = tokio::join!(local.run(&plan, command(&text), control), cancel);
    for id in 0..2 {
        assert_eq!(*kept.ended(id).0, Outcome::Killed);
    }
}

#[tokio::test]
async fn what_only_looks_leaves_nothing_anywhere_in_the_tree() {
    let plan = plan(&[("dc1", &["a1", "a2", "a3", "a4"])], 2);
    let (mut spec, blobs) = command("head -c 100000 /dev/zero | tr '\\0' x; echo $MCOM_HOST");
    (spec.looks, spec.lock) = (true, mcom_model::HostLock::Without);
    let local = Local::new();
    let kept = local.run(&plan, (spec, blobs), nobody()).await;
    let claimed = kept.said().filter(|(_, said)| matches!(said, HostEvent::Claimed { boot, .. } if !boot.is_empty()));
    assert_eq!(claimed.count(), 4);
    for (id, host) in (0..).zip(&plan.hosts) {
        assert!(kept.printed(id).ends_with(format!("{}\n", host.name).as_bytes()));
    }
    // The nodes leave a moment after the run has ended.
    let since = std::time::Instant::now();
    for host in &plan.hosts {
        let spool = local.spools.path().join(&host.name);
        while std::fs::read_dir(spool.join("runs")).unwrap().count() > 0 {
            assert!(since.elapsed() < Duration::from_secs(60), "{}", spool.display());
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert!(!spool.join("history").exists() && !spool.join("holder").exists());
    }
}
