//! Where a look goes: how it ended on each host, the last line that it printed, and under which boot id.

use crate::inquire::bodies::Bodies;
use mcom_driver::run::{RunSink, Tick};
use mcom_model::{
    Digest, Exit, HostEvent, HostId, Outcome, Reason, ReasonKind, Receipt, RunClock, RunEvent, Stream, What,
};
use std::io;

/// Characters of a line that are kept.
const LINE: usize = 200;

/// What was found on one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How it ended.
    pub outcome: Outcome,
    /// How the payload ended, where it ran.
    pub exit: Option<Exit>,
    /// The last line that it printed, or why it did not run.
    pub said: String,
    /// The boot id of the host.
    pub boot: Option<String>,
}

/// What the hosts of a plan were found to be, so far.
pub(super) struct Findings {
    hosts: Vec<Found>,
    bodies: Bodies,
}

#[derive(Clone, Default)]
struct Found {
    ended: Option<(Outcome, Option<Box<Receipt>>)>,
    boot: Option<String>,
}

impl Findings {
    /// Of so many hosts.
    pub(super) fn of(hosts: usize) -> Self {
        Self { hosts: vec![Found::default(); hosts], bodies: Bodies::default() }
    }

    /// What was found on each host, in the order of ids.
    pub(super) fn finish(self) -> Vec<Finding> {
        let Self { hosts, bodies } = self;
        hosts.into_iter().map(|host| host.finish(&bodies)).collect()
    }
}

impl Found {
    fn finish(self, bodies: &Bodies) -> Finding {
        let boot = self.boot;
        let Some((outcome, receipt)) = self.ended else {
            let reason = Reason::new(ReasonKind::Cancelled, "left before it answered");
            return Finding { said: reason.to_string(), outcome: Outcome::NotRun { reason }, exit: None, boot };
        };
        let printed = receipt.as_ref().and_then(|receipt| {
            // A check says its verdict on standard output, and what went wrong with it on the other one.
            [receipt.out.digest, receipt.err.digest].iter().find_map(|digest| last_line(bodies.get(digest)?))
        });
        let said = match (printed, &outcome) {
            (Some(line), _) => line,
            (None, Outcome::TimedOut) => "it took too long".to_owned(),
            (None, outcome) => outcome.reason().map(Reason::to_string).unwrap_or_default(),
        };
        Finding { said, exit: receipt.map(|receipt| receipt.exit), outcome, boot }
    }
}

/// The last line that is not blank, cut to a length that fits a line of a terminal.
pub fn last_line(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    Some(line.chars().take(LINE).collect())
}

impl RunSink for Findings {
    fn record(&mut self, event: &RunEvent, _durable: bool) -> io::Result<()> {
        let What::Host { host, said } = &event.what else { return Ok(()) };
        let Some(found) = self.hosts.get_mut(host.0 as usize) else { return Ok(()) };
        match said {
            HostEvent::Claimed { boot, .. } | HostEvent::Attached { boot } => found.boot = Some(boot.clone()),
            HostEvent::Ended { outcome, receipt } => found.ended = Some((outcome.clone(), receipt.clone())),
            _ => {}
        }
        Ok(())
    }

    fn store_output(&mut self, host: HostId, stream: Stream, _offset: u64, bytes: &[u8]) -> io::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::BodyRef;

    fn ended(findings: &mut Findings, host: u32, outcome: Outcome, printed: Option<(&[u8], &[u8])>) {
        let receipt = printed.map(|(out, err)| {
            let body = |bytes: &[u8]| BodyRef { digest: Digest::of(bytes), len: bytes.len() as u64, dropped: 0 };
            [out, err].iter().for_each(|bytes| findings.store_body(Digest::of(bytes), bytes).unwrap());
            Box::new(Receipt {
                exit: Exit::Code(3),
                run_ms: 0,
                cpu_ms: 0,
                max_rss_kib: 0,
                out: body(out),
                err: body(err),
                result: None,
                left_behind: 0,
            })
        });
        for said in [
            HostEvent::Claimed { boot: format!("boot {host}"), uid: None },
            HostEvent::Ended { outcome: outcome.clone(), receipt },
        ] {
            let what = What::Host { host: HostId(host), said };
            findings.record(&RunEvent { at: RunClock::ZERO, what }, false).unwrap();
        }
    }

    #[test]
    fn the_last_line_speaks_for_a_host() {
        let mut findings = Findings::of(4);
        let failed = || Outcome::Failed { exit: Exit::Code(3) };
        ended(&mut findings, 0, failed(), Some((b"one\n two \n\n", b"noise\n")));
        ended(&mut findings, 1, failed(), Some((b"", b"curl: 500\n")));
        let reason = Reason::new(ReasonKind::NoRoute, "no route");
        ended(&mut findings, 2, Outcome::Unreachable { reason }, None);
        let found = findings.finish();
        let said: Vec<&str> = found.iter().map(|finding| finding.said.as_str()).collect();
        assert_eq!(said, ["two", "curl: 500", "no route", "left before it answered"]);
        assert_eq!((found[0].exit, found[2].exit), (Some(Exit::Code(3)), None));
        assert_eq!(found[1].boot.as_deref(), Some("boot 1"));
        assert!(matches!(found[3].outcome, Outcome::NotRun { .. }));
    }

    #[test]
    fn a_line_is_short() {
        assert_eq!(last_line(&[b'x'; 1000]).unwrap().len(), LINE);
        assert_eq!(last_line(b"\n \n"), None);
    }
}
