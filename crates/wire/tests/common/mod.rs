//! One example of every message, shared by the golden and the round-trip tests.

use bytes::Bytes;
use mcom_model::{
    Access, AskKind, BlobRef, BodyRef, Credentials, Digest, Epoch, Exit, HostEvent, HostId, HostLock, HostSpec,
    InnerLinks, Outcome, OutputMode, Payload, PayloadKind, Reason, ReasonKind, Receipt, RunAs, RunAsTool, RunId,
    RunLimits, RunSpec, Stream, Timers, TreeShape,
};
use mcom_wire::{Answer, Ask, Assignment, Begun, Down, HelloDown, HelloUp, Member, OutputChunk, PROTOCOL, Secret, Up};

pub fn spec() -> RunSpec {
    RunSpec {
        run: RunId::from_seed(7),
        attempt: 1,
        who: "alice@bastion".into(),
        reason: Some("CHG123".into()),
        payload: Payload {
            kind: PayloadKind::Script,
            name: "fix.sh".into(),
            blob: BlobRef { digest: Digest::of(b"true"), len: 4 },
            args: vec!["--now".into()],
            env: vec![("KEY".into(), "value".into())],
            cwd: Some("/srv".into()),
            stdin: Some(BlobRef { digest: Digest::of(b"in"), len: 2 }),
            run_as: Some(RunAs { tool: RunAsTool::Sudo, user: "root".into() }),
        },
        limits: RunLimits {
            command_timeout_ms: Some(60_000),
            deadline_ms: Some(600_000),
            global_fanout: Some(100),
            max_fail: Some(3),
            ..RunLimits::default()
        },
        shape: TreeShape { width: 32, depth: None },
        output: OutputMode::AtEnd,
        credentials: Credentials::Auto,
        inner: InnerLinks { config: Some("/etc/mcom/ssh".into()), options: vec!["Compression=yes".into()] },
        once: true,
        lock: HostLock::Wait { ms: 60_000 },
        undoes: None,
        looks: false,
        timers: Timers::default(),
    }
}

pub fn downs() -> Vec<(&'static str, Down)> {
    let host = HostSpec {
        name: "mail7-dc1".into(),
        dc: 0,
        address: Some("10.1.0.7".into()),
        port: Some(2222),
        user: Some("ops".into()),
        weight: 5,
        credentials: Some(Credentials::Relay),
    };
    let begun = Begun { from: [3, 0], upto: [1 << 20, 0], uid: Some(1000) };
    let assignment = Assignment {
        spec: spec(),
        me: HostId(3),
        name: "mail3-dc1".into(),
        dc: "dc1".into(),
        epoch: Epoch(1),
        levels: Some(2),
        window: 32,
        members: 1,
        begun: Some(begun),
        deadline_ms: Some(590_000),
        identities: vec!["ssh-ed25519 AAAAC3 alice@bastion".into()],
    };
    let looking =
        RunSpec { once: false, lock: HostLock::Without, looks: true, undoes: Some(Digest::of(b"fix")), ..spec() };
    let look = Assignment { spec: looking, begun: None, ..assignment.clone() };
    let access = Access {
        address: "10.1.0.7".into(),
        port: 2222,
        user: "ops".into(),
        alias: "mail7-dc1".into(),
        keys: vec!["ssh-ed25519 AAAAC3".into(), "@cert-authority ssh-ed25519 AAAAC3".into()],
    };
    let member = Member { id: HostId(7), spec: host, begun: Some(begun), access: Some(Box::new(access)) };
    let answer = |granted| Down::Answer(Answer { host: HostId(7), by: HostId(3), granted });
    let refused = Reason::new(ReasonKind::CredentialRefused, "it was signed before");
    vec![
        ("hello", Down::Hello(HelloDown { protocol: PROTOCOL, node: Digest::of(b"node") })),
        ("assign", Down::Assign(Box::new(assignment))),
        ("assign-look", Down::Assign(Box::new(look))),
        ("members", Down::Members { hosts: vec![member] }),
        ("blob", Down::Blob { index: 1, bytes: Bytes::from_static(b"true") }),
        ("answer-granted", answer(Ok(Bytes::from_static(b"signature")))),
        ("answer-refused", answer(Err(refused))),
        ("password", Down::Password(Secret::new(b"hunter2".to_vec()))),
        ("window", Down::Window { window: 8 }),
        ("allow", Down::Allow { host: HostId(7), stream: Stream::Err, upto: 1 << 40 }),
        ("settled", Down::Settled { host: HostId(7) }),
        ("halt", Down::Halt { reason: Reason::new(ReasonKind::LedgerFull, "the ledger is full") }),
        ("cancel", Down::Cancel),
        ("release", Down::Release),
        ("ping", Down::Ping { seq: 9 }),
    ]
}

pub fn ups() -> Vec<(&'static str, Up)> {
    let host = HostId(7);
    let body = BodyRef { digest: Digest::of(b"hi\n"), len: 3, dropped: 0 };
    let receipt = Receipt {
        exit: Exit::Code(1),
        run_ms: 1500,
        cpu_ms: 20,
        max_rss_kib: 4096,
        out: body,
        err: BodyRef { dropped: 10, ..BodyRef::empty() },
        result: Some("changed".into()),
        left_behind: 1,
    };
    let reason = Reason::new(ReasonKind::ConnectTimeout, "no answer within 10s");
    let failed = Outcome::Failed { exit: Exit::Code(1) };
    let hello = HelloUp { protocol: PROTOCOL, node: Digest::of(b"node"), arch: "x86_64".into(), boot: "b-1".into() };
    let ask = |kind, bind| {
        let (bind, request) = (Bytes::from_static(bind), Bytes::from_static(b"request"));
        Up::Ask(Ask { host, by: HostId(3), kind, bind, request })
    };
    let said = |event| Up::Said { host, event };
    vec![
        ("hello", Up::Hello(hello)),
        ("linking", said(HostEvent::Linking { by: Some(HostId(3)) })),
        ("linked", said(HostEvent::Linked { by: None, node_shipped: true, ms: 120 })),
        ("chosen", said(HostEvent::Chosen { below: 99 })),
        ("gave-way", said(HostEvent::GaveWay { reason: reason.clone() })),
        ("parent-lost", said(HostEvent::ParentLost { reason: reason.clone() })),
        ("link-lost", said(HostEvent::LinkLost { reason: reason.clone() })),
        ("attached", said(HostEvent::Attached { boot: "b-1".into() })),
        ("held", said(HostEvent::Held { reason: reason.clone() })),
        ("claimed", said(HostEvent::Claimed { boot: "b-1".into(), uid: Some(1000) })),
        ("started", said(HostEvent::Started)),
        ("printed", said(HostEvent::Printed { stream: Stream::Out, len: 3 })),
        ("ended-failed", said(HostEvent::Ended { outcome: failed, receipt: Some(Box::new(receipt)) })),
        ("output-gone", Up::OutputGone { host, reason: reason.clone() }),
        ("ended-unreachable", said(HostEvent::Ended { outcome: Outcome::Unreachable { reason }, receipt: None })),
        ("body", Up::Body { digest: Digest::of(b"hi\n"), bytes: Bytes::from_static(b"hi\n") }),
        (
            "output",
            Up::Output(OutputChunk { host, stream: Stream::Err, offset: 5, bytes: Bytes::from_static(b"oops\n") }),
        ),
        ("transit", said(HostEvent::Transit { reason: Reason::new(ReasonKind::RelayImpossible, "no hostbound") })),
        ("ask-signature", ask(AskKind::Signature, b"bind")),
        ("ask-certificate", ask(AskKind::Certificate, b"")),
        ("need", Up::Need { index: 1 }),
        ("pong", Up::Pong { seq: 9 }),
    ]
}
