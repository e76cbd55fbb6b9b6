//! A run that is carried on: by one process at a time, behind the last whole line, with what was recorded.

use crate::fixture::{self, HELLO};
use mcom_ledger::{Ledger, ReopenError, RunStatus, StoredRun};
use mcom_model::{
    BlobRef, BodyRef, Digest, Exit, HostEvent, HostId, Outcome, OutcomeKind, Receipt, RecordedRun, RunClock, RunEvent,
    RunStart, Stream, What,
};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const RUN: &str = "8f3kabcd";
const WHO: &str = "bob@bastion";

/// The record of a run whose coordinator died after these events, with this behind them.
fn died_after(runs: &Path, events: &[RunEvent], torn: &[u8]) -> StoredRun {
    let mut ledger = Ledger::create(runs, &fixture::head(RUN)).unwrap();
    events.iter().for_each(|event| ledger.append(event, false).unwrap());
    ledger.store_output(HostId(1), Stream::Out, 0, &[b'x'; 5000]).unwrap();
    let run = StoredRun::open(ledger.dir()).unwrap();
    drop(ledger);
    OpenOptions::new().append(true).open(run.events_path()).unwrap().write_all(torn).unwrap();
    run
}

fn read(run: &StoredRun) -> Vec<RunEvent> {
    run.events().unwrap().map(Result::unwrap).collect()
}

fn recorded(run: &StoredRun) -> RecordedRun {
    run.recorded().unwrap().unwrap()
}

#[test]
fn the_record_goes_on_behind_the_last_whole_line() {
    let runs = tempfile::tempdir().unwrap();
    let events = fixture::events(RUN);
    for torn in [&b""[..], b"{\"at\":99,\"event\":\"canc", &vec![b'x'; 200_000]] {
        let run = died_after(&runs.path().join(torn.len().to_string()), &events[..5], torn);
        assert_eq!(std::fs::read_dir(run.dir().join("partial")).unwrap().count(), 1);
        let mut ledger = Ledger::reopen(run.dir(), WHO).unwrap();
        ledger.append(&events[5], true).unwrap();
        assert_eq!(read(&run), events[..6]);
        assert!(!run.events().unwrap().torn());
        // A stream that was on its way begins again.
        ledger.store_output(HostId(1), Stream::Out, 0, HELLO).unwrap();
        ledger.finish_output(HostId(1), Stream::Out, &Digest::of(HELLO), HELLO.len() as u64).unwrap();
        ledger.finish().unwrap();
        assert!(!run.dir().join("partial").exists());
    }
}

#[test]
fn one_process_at_a_time_carries_a_run_on() {
    let runs = tempfile::tempdir().unwrap();
    let run = died_after(runs.path(), &fixture::events(RUN)[..5], b"");
    assert_eq!(run.writer().unwrap(), None);
    let first = Ledger::reopen(run.dir(), WHO).unwrap();
    let Err(ReopenError::Busy { writer }) = Ledger::reopen(run.dir(), "carol@bastion") else { panic!("it was free") };
    assert_eq!((writer.pid, writer.who.as_str()), (std::process::id(), WHO));
    assert_eq!(run.writer().unwrap(), Some(writer));
    drop(first);
    Ledger::reopen(run.dir(), "carol@bastion").unwrap();
}

#[test]
fn readers_that_look_whether_it_is_written_keep_nobody_from_writing() {
    let runs = tempfile::tempdir().unwrap();
    let run = died_after(runs.path(), &fixture::events(RUN)[..5], b"");
    let over = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(std::sync::atomic::Ordering::Relaxed) {
                    run.status().unwrap();
                }
            });
        }
        let opened = (0..200).filter(|_| Ledger::reopen(run.dir(), WHO).is_ok()).count();
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(opened, 200);
    });
}

#[test]
fn a_newer_version_is_not_written() {
    let runs = tempfile::tempdir().unwrap();
    let run = died_after(runs.path(), &fixture::events(RUN)[..5], b"");
    let head = std::fs::read_to_string(run.dir().join("run.json")).unwrap();
    for version in [r#"{"major":1,"minor":7}"#, r#"{"major":2,"minor":0}"#] {
        std::fs::write(run.dir().join("run.json"), head.replace(r#"{"major":1,"minor":3}"#, version)).unwrap();
        let error = Ledger::reopen(run.dir(), WHO).err().unwrap();
        assert!(error.to_string().contains("use the mcom that wrote it"), "{error}");
    }
}

#[test]
fn what_was_recorded_is_folded() {
    let runs = tempfile::tempdir().unwrap();
    let events = fixture::events(RUN);
    let nothing = died_after(&runs.path().join("none"), &[], b"{\"at\":0,");
    assert_eq!(nothing.recorded().unwrap(), None);

    let before_resume = events.iter().position(|event| matches!(event.what, What::Resumed { .. })).unwrap();
    let run = died_after(&runs.path().join("ended"), &events[..before_resume], b"");
    let record = recorded(&run);
    assert!(record.ended && record.cancelled);
    assert_eq!(record.at, events[before_resume - 1].at);
    let outcomes = |record: &RecordedRun| record.hosts.iter().map(|host| host.outcome).collect::<Vec<_>>();
    assert_eq!(outcomes(&record), [OutcomeKind::Ok, OutcomeKind::Failed, OutcomeKind::Unreachable].map(Some));
    assert_eq!(record.hosts.iter().map(|host| host.begun).collect::<Vec<_>>(), [true, true, false]);
    assert_eq!(record.hosts[0].printed.unwrap()[0].digest, Digest::of(HELLO));
    assert!(record.bodies.is_empty(), "its line is there, and the body is not");

    let run = died_after(&runs.path().join("halted"), &events[..events.len() - 1], b"");
    assert_eq!(recorded(&run).halted.unwrap().0, mcom_model::EndedBy::MaxFail);

    let run = died_after(&runs.path().join("resumed"), &events[..=before_resume], b"");
    Ledger::reopen(run.dir(), WHO).unwrap().store_body(&Digest::of(HELLO), HELLO).unwrap();
    let record = recorded(&run);
    assert_eq!(outcomes(&record), [Some(OutcomeKind::Ok), Some(OutcomeKind::Failed), None]);
    assert!(!record.ended && record.halted.is_none());
    assert_eq!(record.bodies.into_iter().collect::<Vec<_>>(), [Digest::of(HELLO)]);
}

#[test]
fn a_body_that_a_power_cut_left_half_is_written_again() {
    let runs = tempfile::tempdir().unwrap();
    let run = died_after(runs.path(), &fixture::events(RUN), b"");
    let mut ledger = Ledger::reopen(run.dir(), WHO).unwrap();
    let (digest, path) = (Digest::of(HELLO), run.dir().join("bodies").join(Digest::of(HELLO).to_string()));
    std::fs::write(&path, &HELLO[..3]).unwrap();
    assert!(recorded(&run).bodies.is_empty());
    ledger.store_body(&digest, HELLO).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), HELLO);
}

#[test]
fn the_payload_lies_beside_the_record() {
    let runs = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::create(runs.path(), &fixture::head(RUN)).unwrap();
    let blob = BlobRef { digest: Digest::of(HELLO), len: HELLO.len() as u64 };
    ledger.store_blob(&blob.digest, HELLO).unwrap();
    ledger.store_blob(&Digest::of(b""), b"").unwrap();
    assert_eq!(ledger.reader().blob(&blob).unwrap(), HELLO);
    assert_eq!(ledger.reader().blob(&BlobRef { digest: Digest::of(b""), len: 0 }).unwrap(), b"");
}

#[test]
fn a_reader_follows_a_record_that_is_torn_and_carried_on() {
    let runs = tempfile::tempdir().unwrap();
    let events = fixture::events(RUN);
    let run = died_after(runs.path(), &events[..3], b"{\"at\":99,\"event\":\"canc");
    let mut follower = run.events().unwrap();
    assert_eq!(follower.by_ref().map(Result::unwrap).count(), 3);
    assert!(follower.torn());
    let mut ledger = Ledger::reopen(run.dir(), WHO).unwrap();
    for event in &events[3..] {
        ledger.append(event, false).unwrap();
        follower.look_again().unwrap();
        assert_eq!(follower.by_ref().map(Result::unwrap).collect::<Vec<_>>(), std::slice::from_ref(event));
    }
    assert!(!follower.torn());
    ledger.finish().unwrap();
    assert!(matches!(run.status().unwrap(), RunStatus::Ended(_)));
}

/// What a run of ten thousand hosts leaves when its coordinator dies while they run.
#[test]
fn ten_thousand_hosts_in_flight_are_ready_in_two_seconds() {
    const HOSTS: u32 = 10_000;
    let runs = tempfile::tempdir().unwrap();
    let mut head = fixture::head(RUN);
    let host = head.plan.hosts[0].clone();
    head.plan.hosts = (0..HOSTS)
        .map(|n| {
            let mut host = host.clone();
            host.name = format!("mail{n}-dc1");
            host
        })
        .collect();
    head.hosts = u64::from(HOSTS);
    let mut ledger = Ledger::create(runs.path(), &head).unwrap();
    let mut append = |what| ledger.append(&RunEvent { at: RunClock::from_millis(7), what }, false).unwrap();
    append(What::RunStarted(RunStart { run: head.run.clone(), started_ms: head.started_ms, hosts: head.hosts }));
    append(What::Intent { hosts: (0..HOSTS).map(HostId).collect(), via: HostId(0) });
    for id in (0..HOSTS).map(HostId) {
        let by = Some(HostId(0));
        append(What::Host { host: id, said: HostEvent::Linking { by } });
        append(What::Host { host: id, said: HostEvent::Linked { by, node_shipped: true, ms: 81 } });
        append(What::Host {
            host: id,
            said: HostEvent::Claimed { boot: "6b0a40bd-2f53-4cf4-a3a2-1f2a5a4f6c0e".into(), uid: Some(0) },
        });
        append(What::Host { host: id, said: HostEvent::Started });
        if id.0 % 2 == 0 {
            append(What::Host { host: id, said: HostEvent::Ended { outcome: Outcome::Ok, receipt: Some(receipt()) } });
        }
    }
    let dir = ledger.dir().to_owned();
    drop(ledger);
    let began = Instant::now();
    let ledger = Ledger::reopen(&dir, WHO).unwrap();
    let (head, record) = (ledger.reader().head().unwrap(), recorded(&ledger.reader()));
    let took = began.elapsed();
    assert_eq!((head.plan.hosts.len(), record.hosts.len()), (10_000, 10_000));
    assert_eq!(record.hosts.iter().filter(|host| host.outcome.is_none() && host.begun).count(), 5_000);
    eprintln!("10,000 hosts in flight were ready in {took:?}");
    // A debug build beside other tests; a release build takes a tenth of it.
    assert!(took < Duration::from_secs(5), "{took:?}");
}

fn receipt() -> Box<Receipt> {
    let (out, err) = (BodyRef { digest: Digest::of(HELLO), len: 17, dropped: 0 }, BodyRef::empty());
    Box::new(Receipt {
        exit: Exit::Code(0),
        run_ms: 31,
        cpu_ms: 4,
        max_rss_kib: 1800,
        out,
        err,
        result: None,
        left_behind: 0,
    })
}
