//! Where an inquiry goes: into memory, a few kilobytes a host at most; with what is seen from here while hosts are asked.

use crate::inquire::bodies::Bodies;
use crate::run::now_ms;
use mcom_driver::run::{RunSink, Tick};
use mcom_model::{
    Digest, HostAnswer, HostEvent, HostId, Outcome, Reason, ReasonKind, RunClock, RunEvent, Stream, What,
};
use std::collections::BTreeMap;
use std::io;
use std::time::{Duration, Instant};

/// What the hosts of a plan have answered so far.
pub(super) struct Answers {
    /// How each host's asking ended, in the order of ids, and the name of what it answered.
    ended: Vec<Option<(Outcome, Option<Digest>)>>,
    bodies: Bodies,
    seen: Vec<Seen>,
    /// When a host said that it has an answer.
    said: BTreeMap<HostId, Instant>,
    links: usize,
}

/// What was seen of a host while it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// A link to it stood.
    pub linked: bool,
    /// Made by this parent; none is this machine.
    pub by: Option<HostId>,
    /// How many links stood before it.
    pub place: usize,
    /// Made through another host's sshd, because one of the two ends lacks what relay needs.
    pub transit: bool,
    /// Its node had to be put there first.
    pub shipped: bool,
    /// From the word that its answer may come to the answer.
    pub round_trip: Option<Duration>,
    /// The wall clock here when it said that it has an answer, in milliseconds since 1970, UTC.
    pub said_at: Option<u64>,
}

impl Answers {
    /// Of so many hosts.
    pub(super) fn of(hosts: usize) -> Self {
        let (ended, seen) = (vec![None; hosts], vec![Seen::default(); hosts]);
        Self { ended, bodies: Bodies::default(), seen, said: BTreeMap::new(), links: 0 }
    }

    /// What was seen of each host, in the order of ids.
    pub(super) fn into_seen(self) -> Vec<Seen> {
        self.seen
    }

    fn note(&mut self, host: HostId, said: &HostEvent) {
        let Some(seen) = self.seen.get_mut(host.0 as usize) else { return };
        match said {
            HostEvent::Linked { by, node_shipped, .. } => {
                (seen.linked, seen.by, seen.place) = (true, *by, self.links);
                self.links += 1;
                seen.shipped |= *node_shipped;
            }
            HostEvent::Transit { .. } => seen.transit = true,
            HostEvent::Printed { .. } => {
                seen.said_at = Some(now_ms());
                self.said.insert(host, Instant::now());
            }
            _ => {}
        }
    }

    /// What a host answered, or how asking it ended.
    pub(super) fn of_host(&self, host: HostId) -> Result<HostAnswer, Outcome> {
        match self.ended.get(host.0 as usize) {
            Some(Some((Outcome::Ok, Some(digest)))) => {
                let body = self.bodies.get(digest).ok_or_else(|| unreadable("it did not come"))?;
                serde_json::from_slice(body).map_err(|error| unreadable(&error.to_string()))
            }
            Some(Some((Outcome::Ok, None))) => Err(unreadable("it has no receipt")),
            Some(Some((outcome, _))) => Err(outcome.clone()),
            _ => {
                let reason = Reason::new(ReasonKind::Cancelled, "interrupted before it answered");
                Err(Outcome::NotRun { reason })
            }
        }
    }
}

impl RunSink for Answers {
    fn record(&mut self, event: &RunEvent, _durable: bool) -> io::Result<()> {
        if let What::Host { host, said } = &event.what {
            self.note(*host, said);
        }
        if let What::Host { host, said: HostEvent::Ended { outcome, receipt } } = &event.what
            && let Some(ended) = self.ended.get_mut(host.0 as usize)
        {
            *ended = Some((outcome.clone(), receipt.as_ref().map(|receipt| receipt.out.digest)));
        }
        Ok(())
    }

    fn store_output(&mut self, host: HostId, stream: Stream, _offset: u64, bytes: &[u8]) -> io::Result<()> {
        if let (Some(said), Some(seen)) = (self.said.remove(&host), self.seen.get_mut(host.0 as usize)) {
            seen.round_trip = Some(said.elapsed());
        }
        self.bodies.add(host, stream, bytes);
        Ok(())
    }

    fn finish_output(&mut self, host: HostId, stream: Stream, digest: Digest, len: u64) -> Result<(), Reason> {
        self.bodies.finish(host, stream, digest, len)
    }

    fn store_body(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), Reason> {
        self.bodies.put(digest, bytes)
    }

    fn drop_output(&mut self, host: HostId, stream: Stream) {
        self.bodies.drop_part(host, stream);
    }

    fn tick(&mut self, _now: RunClock) -> Tick {
        Tick::default()
    }
}

fn unreadable(why: &str) -> Outcome {
    let text = format!("its answer cannot be read: {why}");
    Outcome::Unknown { reason: Reason::new(ReasonKind::ProtocolViolation, text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::{BodyRef, Exit, Receipt};

    fn ended(answers: &mut Answers, host: u32, body: &[u8]) {
        let receipt = Receipt {
            exit: Exit::Code(0),
            run_ms: 0,
            cpu_ms: 0,
            max_rss_kib: 0,
            out: BodyRef { digest: Digest::of(body), len: body.len() as u64, dropped: 0 },
            err: BodyRef::empty(),
            result: None,
            left_behind: 0,
        };
        let said = HostEvent::Ended { outcome: Outcome::Ok, receipt: Some(Box::new(receipt)) };
        let what = What::Host { host: HostId(host), said };
        answers.record(&RunEvent { at: RunClock::ZERO, what }, false).unwrap();
    }

    #[test]
    fn an_answer_is_what_a_host_that_ended_ok_has_printed() {
        let mut answers = Answers::of(4);
        let body = br#"{"past":[],"more":true}"#;
        for host in [0, 1] {
            ended(&mut answers, host, body);
        }
        ended(&mut answers, 2, b"no JSON");
        for body in [&body[..], b"no JSON"] {
            answers.store_body(Digest::of(body), body).unwrap();
        }
        assert!(answers.of_host(HostId(0)).unwrap().more);
        assert_eq!(answers.of_host(HostId(0)), answers.of_host(HostId(1)));
        assert!(matches!(answers.of_host(HostId(2)), Err(Outcome::Unknown { .. })));
        assert!(matches!(answers.of_host(HostId(3)), Err(Outcome::NotRun { .. })));
    }

    #[test]
    fn what_is_not_what_its_name_says_is_no_answer() {
        let mut answers = Answers::of(1);
        assert!(answers.store_body(Digest::of(b"{}"), b"{} ").is_err());
        ended(&mut answers, 0, b"{}");
        assert!(matches!(answers.of_host(HostId(0)), Err(Outcome::Unknown { .. })));
    }
}
