//! How soon a run with many hosts in flight is carried on.

use crate::order::{command, plan};
use mcom_driver::link::{Connector, LocalNodes};
use mcom_driver::run::{Control, Order, RunSink, Start, Tick, coordinate};
use mcom_model::{Digest, HostEvent, HostId, Reason, RecordedHost, RecordedRun, RunClock, RunEvent, Stream, What};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Sender, channel};

/// Leaves when the first link is being made.
struct FirstLink {
    at: Option<Instant>,
    words: Sender<Control>,
}

impl RunSink for FirstLink {
    fn record(&mut self, event: &RunEvent, _: bool) -> io::Result<()> {
        if matches!(event.what, What::Host { said: HostEvent::Linking { .. }, .. }) && self.at.is_none() {
            self.at = Some(Instant::now());
            self.words.try_send(Control::Leave).unwrap();
        }
        Ok(())
    }

    fn store_output(&mut self, _: HostId, _: Stream, _: u64, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn finish_output(&mut self, _: HostId, _: Stream, _: Digest, _: u64) -> Result<(), Reason> {
        Ok(())
    }

    fn store_body(&mut self, _: Digest, _: &[u8]) -> Result<(), Reason> {
        Ok(())
    }

    fn drop_output(&mut self, _: HostId, _: Stream) {}

    fn tick(&mut self, _: RunClock) -> Tick {
        Tick::default()
    }
}

#[tokio::test]
async fn ten_thousand_hosts_in_flight_are_asked_for_in_two_seconds() {
    let names: Vec<String> = (0..10_000).map(|n| format!("mail{n}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let plan = plan(&[("dc1", &names[..5000]), ("dc2", &names[5000..])], 32);
    let (spec, blobs) = command("true");
    let spools = tempfile::tempdir().unwrap();
    let nodes = LocalNodes { program: "/nonexistent".into(), spools: spools.path().into(), env: vec![] };
    let host = RecordedHost { begun: true, ..RecordedHost::default() };
    let recorded = RecordedRun {
        at: RunClock::from_millis(60_000),
        hosts: vec![host; plan.hosts.len()],
        bodies: std::collections::BTreeSet::new(),
        cancelled: false,
        halted: None,
        ended: false,
    };
    let (words, mut control) = channel(1);
    let mut sink = FirstLink { at: None, words };
    let began = Instant::now();
    let start = Start::Resumed { recorded, who: "bob@bastion".into(), ms: 60_000 };
    let order = Order { plan: &plan, spec, start, blobs, password: None };
    coordinate(Arc::new(Connector::Local(nodes)), order, None, &mut sink, &mut control).await;
    let took = sink.at.expect("a link was begun") - began;
    eprintln!("the first link of 10,000 hosts in flight was begun after {took:?}");
    // Reading the record has its own share: crates/ledger/tests/ledger/reopen.rs.
    assert!(took < Duration::from_secs(2), "{took:?}");
}
