//! Reads an input from its line.

use super::names::Names;
use bytes::Bytes;
use mcom_engine::tree::{Input, LinkFailure, LinkId, OwnEvent, OwnReceipt};
use mcom_model::{
    AskKind, Digest, Epoch, Exit, HostEvent, HostId, Outcome, OutputMode, Reason, ReasonKind, Receipt, RunSpec, Stream,
    Verdict,
};
use mcom_wire::{Answer, Ask, Assignment, Begun, Down, HelloUp, Member, OutputChunk, PROTOCOL, Up};

impl Names {
    /// The input that `text` describes.
    pub fn input(&self, text: &str, spec: &RunSpec) -> Input {
        let words: Vec<&str> = text.split_whitespace().collect();
        match words.as_slice() {
            ["timeout"] => Input::Timeout,
            ["cancel"] => Input::CancelAsked { by: None },
            ["halt"] => Input::HaltAsked,
            ["readers", "behind"] => Input::ReadersBehind(true),
            ["readers", "ready"] => Input::ReadersBehind(false),
            ["blob-missing", index] => Input::BlobMissing { index: index.parse().unwrap() },
            ["ledger-full"] => Input::LedgerFull,
            ["parent-lost"] => Input::ParentLost(Reason::new(ReasonKind::LinkLost, "eof")),
            ["blob", index] => Input::BlobReady { index: index.parse().unwrap() },
            ["blob-bad", index] => Input::BlobBad { index: index.parse().unwrap(), reason: reason("digest") },
            ["stored", body] => {
                let body = self.body(body);
                Input::BodyStored { digest: body.digest, len: body.len }
            }
            ["bad", body] => Input::BodyBad { digest: self.body(body).digest, reason: reason("disk") },
            ["opened", link] => opened(link, PROTOCOL, false),
            ["opened", link, "shipped"] => opened(link, PROTOCOL, true),
            ["opened", link, "protocol", protocol] => opened(link, protocol.parse().unwrap(), false),
            ["failed", link, how, text @ ..] => {
                let reason = Reason::new(ReasonKind::ConnectTimeout, text.join(" "));
                let failure = match *how {
                    "unreachable" => LinkFailure::Unreachable(reason),
                    "refused" => LinkFailure::Refused(reason),
                    _ => panic!("no failure {how:?}"),
                };
                Input::LinkFailed { link: id(link), failure }
            }
            ["agent-asked", link, kind] => {
                let (bind, request) = (Bytes::from_static(b"bind"), Bytes::from_static(b"request"));
                Input::AgentAsked { link: id(link), kind: ask_kind(kind), bind, request }
            }
            ["judged", ticket, "granted"] => {
                let verdict = Verdict::Granted { user: "ops".into(), key: "SHA256:k".into(), host_key: None };
                Input::Judged { ticket: ticket.parse().unwrap(), verdict }
            }
            ["judged", ticket, "refused"] => {
                let reason = Reason::new(ReasonKind::CredentialRefused, "not so");
                Input::Judged { ticket: ticket.parse().unwrap(), verdict: Verdict::Refused { reason } }
            }
            ["granted", ticket] => {
                Input::Granted { ticket: ticket.parse().unwrap(), granted: Ok(Bytes::from_static(b"signature")) }
            }
            ["no-relay", link] => {
                let reason = Reason::new(ReasonKind::RelayImpossible, "sshd is old");
                Input::LinkFailed { link: id(link), failure: LinkFailure::Refused(reason) }
            }
            ["no-gateway", link] => {
                let reason = Reason::new(ReasonKind::ParentLost, "the parent is gone");
                Input::LinkFailed { link: id(link), failure: LinkFailure::Unreachable(reason) }
            }
            ["broke", link] => {
                Input::LinkLost { link: id(link), reason: Reason::new(ReasonKind::ProtocolViolation, "no frame") }
            }
            ["lost", link] => Input::LinkLost { link: id(link), reason: Reason::new(ReasonKind::LinkLost, "eof") },
            ["child", link, rest @ ..] => Input::FromChild { link: id(link), message: self.up(rest) },
            ["parent", rest @ ..] => Input::FromParent(self.down(rest, spec)),
            ["own", rest @ ..] => Input::Own(self.own(rest, spec)),
            _ => panic!("cannot read input {text:?}"),
        }
    }

    fn up(&self, words: &[&str]) -> Up {
        match words {
            ["pong"] => Up::Pong { seq: 0 },
            ["ask", kind, by, "for", host] => {
                let (bind, request) = (Bytes::from_static(b"bind"), Bytes::from_static(b"request"));
                Up::Ask(Ask { host: self.any_id(host), by: self.any_id(by), kind: ask_kind(kind), bind, request })
            }
            ["need", index] => Up::Need { index: index.parse().unwrap() },
            ["body", text] => Up::Body { digest: self.body(text).digest, bytes: Bytes::from((*text).to_owned()) },
            ["false-body", text] => Up::Body { digest: self.body(text).digest, bytes: Bytes::from_static(b"other") },
            ["output", host, stream, offset, len] => {
                let (stream, offset, bytes) = chunk(stream, offset, len);
                Up::Output(OutputChunk { host: self.id(host), stream, offset, bytes })
            }
            ["gone", host] => Up::OutputGone { host: self.id(host), reason: reason("spool") },
            [host, event @ ..] => Up::Said { host: self.any_id(host), event: self.event(event) },
            [] => panic!("a child says something"),
        }
    }

    /// A host by name, or by number where it is nobody's.
    fn any_id(&self, host: &str) -> HostId {
        host.parse().map_or_else(|_| self.id(host), HostId)
    }

    fn event(&self, words: &[&str]) -> HostEvent {
        let by = |name: &str| Some(self.id(name));
        match words {
            ["linking", "by", name] => HostEvent::Linking { by: by(name) },
            ["linked", "by", name] => HostEvent::Linked { by: by(name), node_shipped: false, ms: 0 },
            ["linked"] => HostEvent::Linked { by: None, node_shipped: false, ms: 0 },
            ["chosen", below] => HostEvent::Chosen { below: below.parse().unwrap() },
            ["gave-way"] => HostEvent::GaveWay { reason: reason("no route") },
            ["parent-lost"] => HostEvent::ParentLost { reason: reason("eof") },
            ["link-lost"] => HostEvent::LinkLost { reason: reason("eof") },
            ["attached"] => HostEvent::Attached { boot: "b".into() },
            ["held"] => HostEvent::Held { reason: reason("bob") },
            ["claimed"] => HostEvent::Claimed { boot: "b".into(), uid: None },
            ["claimed", "by", uid] => HostEvent::Claimed { boot: "b".into(), uid: uid.parse().ok() },
            ["started"] => HostEvent::Started,
            ["printed", name, len] => HostEvent::Printed { stream: stream(name), len: len.parse().unwrap() },
            ["ended", "no-relay"] => {
                let reason = Reason::new(ReasonKind::RelayImpossible, "sshd is old");
                HostEvent::Ended { outcome: Outcome::Refused { reason }, receipt: None }
            }
            ["ended", how, rest @ ..] => {
                let outcome = outcome(how);
                let receipt = match rest {
                    ["bare"] => None,
                    rest => outcome.has_receipt().then(|| Box::new(self.receipt(&outcome, rest))),
                };
                HostEvent::Ended { outcome, receipt }
            }
            _ => panic!("no event {words:?}"),
        }
    }

    fn receipt(&self, outcome: &Outcome, words: &[&str]) -> Receipt {
        let find = |prefix| words.iter().find_map(|word| word.strip_prefix(prefix)).unwrap_or_default();
        let exit = match outcome {
            Outcome::Ok => Exit::Code(0),
            Outcome::Failed { exit } => *exit,
            _ => Exit::Signal(15),
        };
        Receipt {
            exit,
            run_ms: 0,
            cpu_ms: 0,
            max_rss_kib: 0,
            out: self.body(find("out=")),
            err: self.body(find("err=")),
            result: None,
            left_behind: 0,
        }
    }

    fn down(&self, words: &[&str], spec: &RunSpec) -> Down {
        match words {
            ["answer", by, "for", host] => {
                let granted = Ok(Bytes::from_static(b"signature"));
                Down::Answer(Answer { host: self.id(host), by: self.id(by), granted })
            }
            ["assign", me, "window", window, "members", members, rest @ ..] => {
                let levels = match rest {
                    ["levels", levels] => Some(levels.parse().unwrap()),
                    _ => None,
                };
                let deadline_ms = match rest {
                    ["deadline", ms] => Some(ms.parse().unwrap()),
                    _ => None,
                };
                let (me, begun) = maybe_begun(me);
                Down::Assign(Box::new(Assignment {
                    spec: spec.clone(),
                    me: self.id(me),
                    name: me.to_owned(),
                    dc: "dc1".into(),
                    epoch: Epoch(0),
                    levels,
                    window: window.parse().unwrap(),
                    members: members.parse().unwrap(),
                    begun,
                    deadline_ms,
                    identities: vec![],
                }))
            }
            ["members", names @ ..] => Down::Members { hosts: names.iter().map(|name| self.member(name)).collect() },
            ["window", window] => Down::Window { window: window.parse().unwrap() },
            ["allow", host, name, upto] => {
                Down::Allow { host: self.id(host), stream: stream(name), upto: upto.parse().unwrap() }
            }
            ["settled", host] => Down::Settled { host: self.id(host) },
            ["cancel"] => Down::Cancel,
            ["halt"] => Down::Halt { reason: Reason::new(ReasonKind::Halted, "halted") },
            ["release"] => Down::Release,
            ["ping", seq] => Down::Ping { seq: seq.parse().unwrap() },
            _ => panic!("no order {words:?}"),
        }
    }

    fn member(&self, name: &str) -> Member {
        let (name, begun) = maybe_begun(name);
        let id = self.id(name);
        Member { id, spec: self.hosts[id.0 as usize].clone(), begun, access: None }
    }

    fn own(&self, words: &[&str], spec: &RunSpec) -> OwnEvent {
        match words {
            ["attached"] => OwnEvent::Attached { boot: "b".into() },
            ["not-begun"] => OwnEvent::NotBegun,
            ["held"] => OwnEvent::Held { reason: reason("bob") },
            ["claimed"] => OwnEvent::Claimed { boot: "b".into(), uid: 0 },
            ["started"] => OwnEvent::Started,
            ["printed", name, len] => OwnEvent::Printed { stream: stream(name), len: len.parse().unwrap() },
            ["output", stream, offset, len] => {
                let (stream, offset, bytes) = chunk(stream, offset, len);
                OwnEvent::Output { stream, offset, bytes }
            }
            ["gone"] => OwnEvent::OutputGone { reason: reason("spool") },
            ["ended", how, rest @ ..] => {
                let outcome = outcome(how);
                let receipt = outcome.has_receipt().then(|| self.receipt(&outcome, rest));
                let small = |digest: Digest, len: u64| {
                    let name = self.body_name(digest);
                    (spec.output == OutputMode::AtEnd && len == name.len() as u64).then(|| Bytes::from(name))
                };
                let receipt = receipt.map(|receipt| {
                    let out = small(receipt.out.digest, receipt.out.len);
                    let err = small(receipt.err.digest, receipt.err.len);
                    Box::new(OwnReceipt { receipt, out, err })
                });
                OwnEvent::Ended { outcome, receipt }
            }
            _ => panic!("no own event {words:?}"),
        }
    }
}

/// `a+` may have begun; `a+10-20`, and ten bytes of its output are here of twenty that may come.
fn maybe_begun(name: &str) -> (&str, Option<Begun>) {
    let Some((name, offsets)) = name.split_once('+') else { return (name, None) };
    let (from, upto) = offsets.split_once('-').unwrap_or(("0", "0"));
    (name, Some(Begun { from: [from.parse().unwrap(), 0], upto: [upto.parse().unwrap(), 0], uid: None }))
}

fn opened(link: &str, protocol: u32, node_shipped: bool) -> Input {
    let hello = HelloUp { protocol, node: Digest::of(b"node"), arch: "x86_64".into(), boot: "b".into() };
    Input::LinkOpened { link: id(link), hello, node_shipped }
}

fn outcome(how: &str) -> Outcome {
    let reason = reason("why");
    match how {
        "ok" => Outcome::Ok,
        "failed" => Outcome::Failed { exit: Exit::Code(1) },
        "timed-out" => Outcome::TimedOut,
        "killed" => Outcome::Killed,
        "unreachable" => Outcome::Unreachable { reason },
        "refused" => Outcome::Refused { reason },
        "not-run" => Outcome::NotRun { reason },
        "unknown" => Outcome::Unknown { reason },
        _ => panic!("no outcome {how:?}"),
    }
}

fn chunk(name: &str, offset: &str, len: &str) -> (Stream, u64, Bytes) {
    (stream(name), offset.parse().unwrap(), Bytes::from(vec![b'x'; len.parse().unwrap()]))
}

fn stream(name: &str) -> Stream {
    match name {
        "out" => Stream::Out,
        "err" => Stream::Err,
        _ => panic!("no stream {name:?}"),
    }
}

fn reason(text: &str) -> Reason {
    Reason::new(ReasonKind::Internal, text)
}

fn id(link: &str) -> LinkId {
    LinkId(link.parse().unwrap())
}

fn ask_kind(word: &str) -> AskKind {
    match word {
        "signature" => AskKind::Signature,
        "certificate" => AskKind::Certificate,
        _ => panic!("nobody asks for {word:?}"),
    }
}
