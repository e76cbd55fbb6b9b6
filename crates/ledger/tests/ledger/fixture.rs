//! A small run with every kind of event, for the tests of this folder.

use mcom_ledger::{LongLinks, RunHead, RunOfRollout};
use mcom_model::{
    AskKind, BlobRef, BodyRef, Credentials, DcRule, Digest, EndedBy, Exit, HostEvent, HostId, HostSpec, InnerLinks,
    Outcome, OutputMode, Payload, PayloadKind, Plan, PlanRequest, PlannedDc, Reason, ReasonKind, Receipt, RunClock,
    RunEvent, RunId, RunLimits, RunSpec, RunStart, Stream, Tally, TreeShape, Verdict, What,
};

/// What mail1-dc1 prints.
pub const HELLO: &[u8] = b"hello\nfrom mail1\n";

/// The wall-clock start of the run.
pub const STARTED_MS: u64 = 1_784_728_931_000;

pub fn head(run: &str) -> RunHead {
    let payload = Payload {
        kind: PayloadKind::Script,
        name: "fix.sh".into(),
        blob: BlobRef { digest: Digest::of(b"#!/bin/sh\necho hello\n"), len: 21 },
        args: vec!["--now".into()],
        env: vec![("LANG".into(), "C".into())],
        cwd: None,
        stdin: None,
        run_as: None,
    };
    let shape = TreeShape { width: 32, depth: None };
    let spec = RunSpec {
        run: run.parse().unwrap(),
        attempt: 1,
        who: "alice@bastion".into(),
        reason: Some("CHG123".into()),
        payload: payload.clone(),
        limits: RunLimits::default(),
        shape,
        output: OutputMode::AtEnd,
        credentials: mcom_model::Credentials::Own,
        inner: InnerLinks::default(),
        once: false,
        lock: mcom_model::HostLock::default(),
        undoes: None,
        looks: false,
        timers: mcom_model::Timers::default(),
    };
    let command = ["mcom", "-h", "mail[1-2]-dc1,odd", "-s", "fix.sh"].map(String::from).to_vec();
    let ssh = LongLinks { config: Some("/home/alice/ssh_config".into()), options: vec!["User=ops".into()] };
    let retry_of = Some("7f3kabcd".parse().unwrap());
    let rollout =
        RunOfRollout { id: "6f3kabcd".parse().unwrap(), name: "mail-fix".into(), stage: Some("canary".into()) };
    RunHead {
        retry_of,
        ssh,
        rollout: Some(rollout),
        ..RunHead::new(plan(payload, shape), spec, STARTED_MS, "0.1.0", command)
    }
}

fn plan(payload: Payload, shape: TreeShape) -> Plan {
    let host = |name: &str, dc| HostSpec {
        name: name.into(),
        dc,
        address: None,
        port: None,
        user: None,
        weight: 1,
        credentials: None,
    };
    Plan {
        version: Plan::VERSION,
        request: PlanRequest { hosts: vec!["mail[1-2]-dc1,odd".into()], ..PlanRequest::default() },
        hosts: vec![host("mail1-dc1", 0), host("mail2-dc1", 0), host("odd", 1)],
        datacenters: vec![
            PlannedDc {
                name: "dc1".into(),
                rule: DcRule::NameSuffix,
                members: vec![HostId(0), HostId(1)],
                fanout: None,
            },
            PlannedDc { name: "odd".into(), rule: DcRule::None, members: vec![HostId(2)], fanout: None },
        ],
        shape,
        credentials: Credentials::Own,
        payload: Some(payload),
        limits: RunLimits::default(),
    }
}

/// Every kind of event once at least, as a run would tell them.
pub fn events(run: &str) -> Vec<RunEvent> {
    let run: RunId = run.parse().unwrap();
    let reason = || Reason::new(ReasonKind::ConnectTimeout, "connect to odd port 22: Connection timed out");
    let host = |host, said| What::Host { host: HostId(host), said };
    let hello = BodyRef { digest: Digest::of(HELLO), len: HELLO.len() as u64, dropped: 0 };
    let receipt = |exit, out| {
        let err = BodyRef::empty();
        Some(Box::new(Receipt {
            exit,
            run_ms: 31,
            cpu_ms: 4,
            max_rss_kib: 1800,
            out,
            err,
            result: None,
            left_behind: 0,
        }))
    };
    let gone = BodyRef { digest: Digest::of(b"gone"), len: 4, dropped: 12 };
    let tally = |kinds: &[Outcome]| {
        kinds.iter().fold(Tally::default(), |mut tally, outcome| {
            tally.add(outcome.kind());
            tally
        })
    };
    let granted = Verdict::Granted { user: "op".into(), key: "SHA256:k".into(), host_key: Some("SHA256:h".into()) };
    let refused = Verdict::Refused { reason: Reason::new(ReasonKind::CredentialRefused, "the edge is not open") };
    let failed = Outcome::Failed { exit: Exit::Code(3) };
    let unreachable = Outcome::Unreachable { reason: reason() };
    [
        What::RunStarted(RunStart { run, started_ms: STARTED_MS, hosts: 3 }),
        host(0, HostEvent::Linking { by: None }),
        host(0, HostEvent::Linked { by: None, node_shipped: true, ms: 120 }),
        host(0, HostEvent::Chosen { below: 1 }),
        What::Intent { hosts: [HostId(0), HostId(1)].into_iter().collect(), via: HostId(0) },
        What::Shipped { host: HostId(0), bytes: 21 },
        host(0, HostEvent::Claimed { boot: "b00t".into(), uid: None }),
        host(0, HostEvent::Started),
        host(2, HostEvent::Linking { by: None }),
        host(2, HostEvent::GaveWay { reason: reason() }),
        host(1, HostEvent::Linking { by: Some(HostId(0)) }),
        host(1, HostEvent::Linked { by: Some(HostId(0)), node_shipped: false, ms: 80 }),
        What::Asked { host: HostId(1), by: HostId(0), ask: AskKind::Signature, verdict: granted },
        What::Asked { host: HostId(1), by: HostId(0), ask: AskKind::Certificate, verdict: refused },
        host(1, HostEvent::Transit { reason: Reason::new(ReasonKind::RelayImpossible, "no hostbound") }),
        host(1, HostEvent::Printed { stream: Stream::Out, len: 4 }),
        What::BodyStored { digest: hello.digest, len: hello.len },
        host(0, HostEvent::Ended { outcome: Outcome::Ok, receipt: receipt(Exit::Code(0), hello) }),
        host(1, HostEvent::Ended { outcome: failed.clone(), receipt: receipt(Exit::Code(3), gone) }),
        host(0, HostEvent::ParentLost { reason: Reason::new(ReasonKind::LinkLost, "reset") }),
        What::BodyLost { digest: gone.digest, reason: Reason::new(ReasonKind::LinkLost, "reset") },
        What::Violation { host: HostId(0), reason: Reason::new(ReasonKind::ProtocolViolation, "host 9") },
        What::CancelAsked { by: None },
        host(2, HostEvent::Ended { outcome: unreachable.clone(), receipt: None }),
        What::RunEnded { tally: tally(&[Outcome::Ok, failed.clone(), unreachable]), by: EndedBy::Itself },
        What::Resumed { who: "bob@bastion".into(), ms: STARTED_MS + 60_000, hosts: [HostId(2)].into_iter().collect() },
        host(2, HostEvent::Linking { by: None }),
        host(2, HostEvent::LinkLost { reason: Reason::new(ReasonKind::LinkLost, "reset") }),
        host(2, HostEvent::Attached { boot: "b00t".into() }),
        host(2, HostEvent::Held { reason: Reason::new(ReasonKind::Busy, "run 9f3k.1 of bob@bastion") }),
        What::CancelAsked { by: Some("carol@bastion".into()) },
        What::Halted { by: EndedBy::MaxFail, reason: Reason::new(ReasonKind::Halted, "2 hosts failed") },
        host(2, HostEvent::Ended { outcome: Outcome::Killed, receipt: receipt(Exit::Signal(15), BodyRef::empty()) }),
        What::RunEnded { tally: tally(&[Outcome::Ok, failed, Outcome::Killed]), by: EndedBy::Cancel },
    ]
    .into_iter()
    .zip(0..)
    .map(|(what, n)| RunEvent { at: RunClock::from_micros(n * 1_500_001), what })
    .collect()
}
