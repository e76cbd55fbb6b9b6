//! Reads a trace back.

use crate::trace::line::{Head, InputLine, VERSION};
use crate::tree::Input;
use mcom_model::RunClock;

/// A whole trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// How the run began.
    pub head: Head,
    /// What happened, and when.
    pub inputs: Vec<(RunClock, Input)>,
    /// Whether the last line was torn: whoever wrote it was killed at it.
    pub torn: bool,
}

/// Text that is no trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It has another form.
    #[error("it has version {0}; this program reads version {VERSION}")]
    Version(u32),
    /// A line is not what it must be.
    #[error("line {number}: {error}")]
    Line {
        /// Counted from 1.
        number: usize,
        /// What is wrong.
        error: serde_json::Error,
    },
}

impl Trace {
    /// Reads the text of a trace. A last line that is not whole is left out.
    pub fn parse(text: &str) -> Result<Self, TraceError> {
        let mut lines = text.split_inclusive('\n').zip(1..);
        let (first, number) = lines.next().ok_or(TraceError::Empty)?;
        let head: Head = serde_json::from_str(first).map_err(|error| TraceError::Line { number, error })?;
        if head.trace != VERSION {
            return Err(TraceError::Version(head.trace));
        }
        let (mut inputs, mut torn) = (Vec::new(), false);
        for (line, number) in lines {
            match serde_json::from_str::<InputLine<Input>>(line) {
                Ok(line) => inputs.push((line.at, line.input)),
                Err(_) if !line.ends_with('\n') => torn = true,
                Err(error) => return Err(TraceError::Line { number, error }),
            }
        }
        Ok(Self { head, inputs, torn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::{Begin, head_line, input_line};
    use crate::tree::{LinkFailure, LinkId, OwnEvent};
    use bytes::Bytes;
    use mcom_model::{Digest, HostEvent, HostId, Outcome, Plan, Reason, ReasonKind, RunId, RunStart, Stream};
    use mcom_wire::{Down, HelloUp, OutputChunk, Up};

    fn head() -> Head {
        let plan: Plan = serde_json::from_str(
            r#"{"version":1,"request":{"hosts":[]},"hosts":[],"datacenters":[],"shape":{"width":32},
                "credentials":"own","limits":{"fanout":32,"connect_timeout_ms":1,"grace_ms":1,"output_cap":1}}"#,
        )
        .expect("a plan without hosts");
        let spec = serde_json::from_str(
            r#"{"run":"70000000","attempt":1,"who":"alice@bastion","payload":{"kind":"command","name":"true",
                "blob":{"digest":"0000000000000000000000000000000000000000000000000000000000000000","len":0}},
                "limits":{"fanout":32,"connect_timeout_ms":1,"grace_ms":1,"output_cap":1},"shape":{"width":32},
                "output":"at-end"}"#,
        )
        .expect("a spec");
        let start = RunStart { run: RunId::from_seed(1), started_ms: 1, hosts: 0 };
        Head { trace: VERSION, plan, spec, begin: Begin::Start(start) }
    }

    fn inputs() -> Vec<Input> {
        let link = LinkId(3);
        let host = HostId(7);
        let reason = Reason::new(ReasonKind::LinkLost, "reset \"by\" peer");
        let bytes = Bytes::from_static(b"\x00\xffdone\n");
        let hello = HelloUp { protocol: 1, node: Digest::of(b"node"), arch: "x86_64".into(), boot: "b".into() };
        let said = |event| Input::FromChild { link, message: Up::Said { host, event } };
        vec![
            Input::Timeout,
            Input::FromParent(Down::Cancel),
            Input::ParentLost(reason.clone()),
            Input::BlobMissing { index: 1 },
            Input::BlobBad { index: 1, reason: reason.clone() },
            Input::LinkOpened { link, hello, node_shipped: true },
            Input::LinkFailed { link, failure: LinkFailure::Refused(reason.clone()) },
            Input::LinkLost { link, reason: reason.clone() },
            said(HostEvent::Started),
            said(HostEvent::Ended { outcome: Outcome::Unknown { reason: reason.clone() }, receipt: None }),
            Input::FromChild { link, message: Up::Body { digest: Digest::of(&bytes), bytes: bytes.clone() } },
            Input::FromChild {
                link,
                message: Up::Output(OutputChunk { host, stream: Stream::Err, offset: 1 << 40, bytes: bytes.clone() }),
            },
            Input::Own(OwnEvent::Output { stream: Stream::Out, offset: 0, bytes }),
            Input::BodyStored { digest: Digest::of(b"x"), len: 1 },
            Input::LedgerFull,
            Input::CancelAsked { by: Some("bob@bastion".into()) },
            Input::ReadersBehind(true),
        ]
    }

    #[test]
    fn what_was_written_is_read_back_and_a_torn_last_line_is_left_out() {
        let mut text = head_line(&head()).unwrap();
        let timed: Vec<_> = (0..).map(RunClock::from_millis).zip(inputs()).collect();
        timed.iter().for_each(|(at, input)| text += &input_line(*at, input).unwrap());
        let whole = Trace::parse(&text).unwrap();
        assert_eq!(whole, Trace { head: head(), inputs: timed.clone(), torn: false });
        let torn = Trace::parse(text.trim_end().trim_end_matches('}')).unwrap();
        assert_eq!((torn.inputs.len(), torn.torn), (timed.len() - 1, true));
    }

    #[test]
    fn what_is_no_trace_is_refused_with_its_line() {
        assert!(matches!(Trace::parse(""), Err(TraceError::Empty)));
        let newer = head_line(&Head { trace: 9, ..head() }).unwrap();
        assert!(matches!(Trace::parse(&newer), Err(TraceError::Version(9))));
        let wrong = head_line(&head()).unwrap() + "{\"at\":1,\"input\":\"fly\"}\n";
        assert!(matches!(Trace::parse(&wrong), Err(TraceError::Line { number: 2, .. })));
    }
}
