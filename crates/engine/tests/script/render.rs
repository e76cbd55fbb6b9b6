//! Writes an effect as one line.

use super::names::Names;
use mcom_engine::tree::{Effect, OwnMode, Reach};
use mcom_model::{EndedBy, Exit, HostEvent, HostId, Outcome, OutcomeKind, Reason, Stream, Verdict, What};
use mcom_wire::{Answer, Ask, Begun, Down, OutputChunk, Up};

impl Names {
    /// The line of an effect.
    pub fn effect(&self, effect: &Effect) -> String {
        match effect {
            Effect::Record { event, durable } => {
                format!("record{} {}", if *durable { "!" } else { "" }, self.what(&event.what))
            }
            Effect::OpenLink { link, host, reach, .. } => {
                let reach = match reach {
                    Reach::Own => String::new(),
                    Reach::Through(gateway) => format!(" through {}", gateway.name),
                    Reach::Asked { kind, access } => {
                        format!(" asking {kind:?}{}", if access.is_some() { "" } else { " without access" })
                    }
                };
                format!("open {} {}{reach}", link.0, self.host(*host))
            }
            Effect::AnswerAgent { link, granted } => format!("answer-agent {} {}", link.0, granted_line(granted)),
            Effect::Judge(asked) => {
                let (parent, child, edge) = (self.host(asked.parent), self.host(asked.child), asked.edge);
                let open = if edge.open { "open" } else { "not open" };
                let (left, granted) = (edge.left_ms, edge.granted);
                format!(
                    "judge {} {:?} {parent} for {child}: {open}, {left} ms, {granted} granted",
                    asked.ticket, asked.kind
                )
            }
            Effect::Grant { ticket } => format!("grant {ticket}"),
            Effect::CloseLink { link } => format!("close {}", link.0),
            Effect::SendDown { link, message } => format!("down {} {}", link.0, self.down_line(message)),
            Effect::SendBlob { link, index } => format!("blob {} {index}", link.0),
            Effect::SendUp(message) => format!("up {}", self.up_line(message)),
            Effect::StartOwn(start) => {
                let mode = match start.mode {
                    OwnMode::Start => "start",
                    OwnMode::Look => "look",
                    OwnMode::Void => "void",
                };
                let from = if start.from == [0; 2] { String::new() } else { format!(" from {:?}", start.from) };
                let left = start.deadline_ms.map_or_else(String::new, |left| format!(" deadline {left}"));
                format!("{mode} {} in {}{from}{left}", start.name, start.dc)
            }
            Effect::GiveUpOwn => "give-up-own".to_owned(),
            Effect::ForgetOwn => "forget-own".to_owned(),
            Effect::CancelOwn => "cancel-own".to_owned(),
            Effect::ReadOwn { stream, upto } => format!("read {} {upto}", stream_name(*stream)),
            Effect::StoreOutput { host, stream, offset, bytes } => {
                format!("store {} {} {offset} {}", self.host(*host), stream_name(*stream), bytes.len())
            }
            Effect::FinishOutput { host, stream, digest, len } => {
                let (host, stream) = (self.host(*host), stream_name(*stream));
                format!("finish {host} {stream} {} {len}", self.body_name(*digest))
            }
            Effect::StoreBody { digest, .. } => format!("store-body {}", self.body_name(*digest)),
            Effect::DropOutput { host, stream } => format!("drop {} {}", self.host(*host), stream_name(*stream)),
            Effect::Leave => "leave".to_owned(),
        }
    }

    fn what(&self, what: &What) -> String {
        match what {
            What::RunStarted(start) => format!("run-started {}", start.hosts),
            What::Intent { hosts, via } => {
                let hosts: Vec<&str> = hosts.iter().map(|host| self.host(host)).collect();
                format!("intent {} via {}", hosts.join(" "), self.host(*via))
            }
            What::Shipped { host, bytes } => format!("shipped {} {bytes}", self.host(*host)),
            What::Host { host, said } => self.said(*host, said),
            What::BodyStored { digest, len } => format!("body-stored {} {len}", self.body_name(*digest)),
            What::BodyLost { digest, reason } => format!("body-lost {}: {reason}", self.body_name(*digest)),
            What::Asked { host, by, ask, verdict } => {
                let verdict = match verdict {
                    Verdict::Granted { .. } => "granted".to_owned(),
                    Verdict::Refused { reason } => format!("refused: {reason}"),
                };
                format!("asked {ask:?} {} for {} {verdict}", self.host(*by), self.host(*host))
            }
            What::Violation { host, reason } => format!("violation {}: {reason}", self.host(*host)),
            What::Halted { by, .. } => format!("halted by {by:?}"),
            What::CancelAsked { .. } => "cancel-asked".to_owned(),
            What::Resumed { hosts, .. } => format!("resumed {}", hosts.len()),
            What::RunEnded { tally, by } => {
                let counts = OutcomeKind::ALL.iter().filter(|kind| tally.count(**kind) > 0);
                let counts: Vec<String> = counts.map(|k| format!("{} {}", tally.count(*k), k.words())).collect();
                let by = match by {
                    EndedBy::Itself => "itself",
                    EndedBy::Cancel => "cancel",
                    EndedBy::LedgerFull => "ledger-full",
                    EndedBy::Interrupt => "interrupt",
                    EndedBy::MaxFail => "max-fail",
                    EndedBy::Deadline => "deadline",
                };
                format!("run-ended by {by}: {}", counts.join(", "))
            }
        }
    }

    fn said(&self, host: HostId, event: &HostEvent) -> String {
        let by = |by: &Option<HostId>| by.map_or_else(String::new, |by| format!(" by {}", self.host(by)));
        let text = match event {
            HostEvent::Linking { by: whom } => format!("linking{}", by(whom)),
            HostEvent::Linked { by: whom, node_shipped, .. } => {
                format!("linked{}{}", by(whom), if *node_shipped { " shipped" } else { "" })
            }
            HostEvent::Chosen { below } => format!("chosen {below}"),
            HostEvent::GaveWay { reason } => format!("gave-way: {reason}"),
            HostEvent::ParentLost { reason } => format!("parent-lost: {reason}"),
            HostEvent::LinkLost { reason } => format!("link-lost: {reason}"),
            HostEvent::Transit { reason } => format!("transit: {reason}"),
            HostEvent::Attached { .. } => "attached".to_owned(),
            HostEvent::Held { reason } => format!("held: {reason}"),
            HostEvent::Claimed { .. } => "claimed".to_owned(),
            HostEvent::Started => "started".to_owned(),
            HostEvent::Printed { stream, len } => format!("printed {} {len}", stream_name(*stream)),
            HostEvent::Ended { outcome, .. } => format!("ended {}", outcome_line(outcome)),
        };
        format!("{} {text}", self.host(host))
    }

    fn down_line(&self, message: &Down) -> String {
        match message {
            Down::Assign(a) => {
                let levels = a.levels.map_or_else(String::new, |levels| format!(" levels {levels}"));
                let epoch = if a.epoch.0 == 0 { String::new() } else { format!(" epoch {}", a.epoch.0) };
                let left = a.deadline_ms.map_or_else(String::new, |left| format!(" deadline {left}"));
                let me = maybe_begun(&a.name, a.begun.as_ref());
                format!("assign {me} window {} members {}{levels}{epoch}{left}", a.window, a.members)
            }
            Down::Members { hosts } => {
                let names: Vec<String> =
                    hosts.iter().map(|host| maybe_begun(&host.spec.name, host.begun.as_ref())).collect();
                format!("members {}", names.join(" "))
            }
            Down::Window { window } => format!("window {window}"),
            Down::Allow { host, stream, upto } => {
                format!("allow {} {} {upto}", self.host(*host), stream_name(*stream))
            }
            Down::Settled { host } => format!("settled {}", self.host(*host)),
            Down::Halt { .. } => "halt".to_owned(),
            Down::Cancel => "cancel".to_owned(),
            Down::Release => "release".to_owned(),
            Down::Ping { .. } => "ping".to_owned(),
            Down::Answer(Answer { host, by, granted }) => {
                format!("answer {} for {} {}", self.host(*by), self.host(*host), granted_line(granted))
            }
            Down::Password(_) | Down::Hello(_) | Down::Blob { .. } => panic!("the driver sends these, not the engine"),
        }
    }

    fn up_line(&self, message: &Up) -> String {
        match message {
            Up::Hello(_) => panic!("the driver sends this, not the engine"),
            Up::Said { host, event } => self.said(*host, event),
            Up::Body { digest, .. } => format!("body {}", self.body_name(*digest)),
            Up::Output(OutputChunk { host, stream, offset, bytes }) => {
                format!("output {} {} {offset} {}", self.host(*host), stream_name(*stream), bytes.len())
            }
            Up::OutputGone { host, reason } => format!("gone {}: {reason}", self.host(*host)),
            Up::Ask(Ask { host, by, kind, .. }) => {
                format!("ask {kind:?} {} for {}", self.host(*by), self.host(*host))
            }
            Up::Need { index } => format!("need {index}"),
            Up::Pong { seq } => format!("pong {seq}"),
        }
    }
}

fn granted_line(granted: &Result<bytes::Bytes, Reason>) -> String {
    granted.as_ref().map_or_else(|reason| format!("refused: {reason}"), |bytes| format!("{} bytes", bytes.len()))
}

fn maybe_begun(name: &str, begun: Option<&Begun>) -> String {
    let by = |uid: Option<u32>| uid.map_or_else(String::new, |uid| format!(" by {uid}"));
    match begun {
        None => name.to_owned(),
        Some(Begun { from: [0, 0], upto: [0, 0], uid }) => format!("{name}+{}", by(*uid)),
        Some(Begun { from, upto, uid }) => format!("{name}+{}-{}{}", from[0], upto[0], by(*uid)),
    }
}

fn outcome_line(outcome: &Outcome) -> String {
    let words = match outcome {
        Outcome::Failed { exit: Exit::Code(code) } => return format!("failed {code}"),
        Outcome::Failed { exit: Exit::Signal(signal) } => return format!("failed by signal {signal}"),
        other => other.kind().words(),
    };
    outcome.reason().map_or_else(|| words.to_owned(), |reason| format!("{words}: {reason}"))
}

const fn stream_name(stream: Stream) -> &'static str {
    match stream {
        Stream::Out => "out",
        Stream::Err => "err",
    }
}
