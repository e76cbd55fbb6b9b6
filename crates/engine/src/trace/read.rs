//! Reads a trace back.

use crate::trace::line::{Head, InputLine, VERSION};
use crate::tree::Input;
use mcom_model::RunClock;
use serde::Deserialize;

/// What one coordinator wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// How the run began.
    pub head: Head,
    /// What happened.
    pub inputs: Vec<TimedInput>,
    /// Whether the last line was torn: whoever wrote it was killed at it.
    pub torn: bool,
}

/// One input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedInput {
    /// When it was told.
    pub at: RunClock,
    /// Effects that were taken between the input before it and this one.
    pub taken: u32,
    /// What it was.
    pub input: Input,
}

/// Text that is no trace.
#[derive(Debug, thiserror::Error)]
pub enum TraceError {
    /// There is nothing in it.
    #[error("it is empty")]
    Empty,
    /// It does not begin as a trace does.
    #[error("its first line is not the head of a trace")]
    Headless,
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
    /// Reads the text of a trace: one part for each coordinator that wrote it. A line that is not whole is left out
    /// where its writer was killed at it: at the end of a part.
    pub fn parse(text: &str) -> Result<Vec<Self>, TraceError> {
        let mut parts: Vec<Self> = Vec::new();
        let mut torn = None;
        for (line, number) in text.split_inclusive('\n').zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            let head = head(line)?;
            match (torn.take(), parts.last_mut(), head) {
                (was_torn, last, Some(head)) => {
                    last.into_iter().for_each(|last| last.torn = was_torn.is_some());
                    parts.push(Self { head, inputs: Vec::new(), torn: false });
                }
                (Some(error), _, None) => return Err(error),
                (None, last, None) => match (serde_json::from_str::<InputLine<Input>>(line), last) {
                    (Ok(InputLine { at, taken, input }), Some(last)) => {
                        last.inputs.push(TimedInput { at, taken, input });
                    }
                    (Err(error), Some(_)) => torn = Some(TraceError::Line { number, error }),
                    (_, None) => return Err(TraceError::Headless),
                },
            }
        }
        match (torn, parts.last_mut()) {
            (_, None) => Err(TraceError::Empty),
            (Some(error), _) if text.ends_with('\n') => Err(error),
            (torn, Some(last)) => {
                last.torn = torn.is_some();
                Ok(parts)
            }
        }
    }
}

/// The head in a line, where it holds one.
fn head(line: &str) -> Result<Option<Head>, TraceError> {
    #[derive(Deserialize)]
    struct Version {
        trace: u32,
    }
    match serde_json::from_str::<Version>(line) {
        Ok(Version { trace }) if trace != VERSION => Err(TraceError::Version(trace)),
        Ok(_) => Ok(serde_json::from_str(line).ok()),
        Err(_) => Ok(None),
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
        let timed = |(input, ms)| TimedInput { at: RunClock::from_millis(ms), taken: 2, input };
        let timed: Vec<TimedInput> = inputs().into_iter().zip(0..).map(timed).collect();
        timed.iter().for_each(|timed| text += &input_line(timed.at, timed.taken, &timed.input).unwrap());
        let whole = Trace { head: head(), inputs: timed.clone(), torn: false };
        assert_eq!(Trace::parse(&text).unwrap(), std::slice::from_ref(&whole));
        let torn = text.trim_end().trim_end_matches('}');
        let part = Trace { inputs: timed[..timed.len() - 1].to_vec(), torn: true, ..whole.clone() };
        assert_eq!(Trace::parse(torn).unwrap(), std::slice::from_ref(&part));
        assert_eq!(Trace::parse(&format!("{torn}\n{text}")).unwrap(), [part, whole], "another coordinator carried on");
    }

    #[test]
    fn what_is_no_trace_is_refused_with_its_line() {
        assert!(matches!(Trace::parse(""), Err(TraceError::Empty)));
        let newer = head_line(&Head { trace: 9, ..head() }).unwrap();
        assert!(matches!(Trace::parse(&newer), Err(TraceError::Version(9))));
        let wrong = head_line(&head()).unwrap() + "{\"at\":1,\"taken\":0,\"input\":\"fly\"}\n";
        assert!(matches!(Trace::parse(&wrong), Err(TraceError::Line { number: 2, .. })));
        assert!(matches!(Trace::parse("{}\n"), Err(TraceError::Headless)));
    }
}
