//! The virtual supervisor: claims, starts, prints, ends, and tells the process that asked for it, if that still lives.

use crate::world::queue::{Event, Ix, Step};
use crate::world::{Input, World};
use bytes::Bytes;
use mcom_engine::tree::{OwnEvent, OwnReceipt};
use mcom_model::{Exit, HostId, Outcome, OutcomeKind, OutputMode, Reason, ReasonKind, Receipt, Stream, limits};

static NOTHING: [u8; limits::DATA_FRAME] = [b'.'; limits::DATA_FRAME];

/// How a payload comes to its end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Itself,
    TimeOut,
    Kill,
}

impl World {
    /// A node asks for its own attempt.
    pub(crate) fn start_own(&mut self, proc: Ix) {
        let Some(host) = self.procs[proc].host else { return };
        let slow = self.hosts[host].slowness;
        let at = &mut self.hosts[host];
        at.proc = Some(proc);
        let (busy, claim) = (at.busy, self.now + self.rng.range(500, 3_000) * slow);
        if busy {
            self.stats.count("fault: claim refused");
            return self.queue.plan(claim, Event::Work { host, step: Step::Refuse });
        }
        let start = claim + self.rng.range(500, 5_000) * slow;
        self.queue.plan(claim, Event::Work { host, step: Step::Claim });
        self.queue.plan(start, Event::Work { host, step: Step::Start });
    }

    /// A node asks to end its own attempt.
    pub(crate) fn cancel_own(&mut self, proc: Ix) {
        let Some(host) = self.procs[proc].host else { return };
        if self.hosts[host].stubborn {
            return self.stats.count("fault: payload does not end when told to");
        }
        let grace = self.scenario.spec.limits.grace_ms * 1000;
        let at = self.now + self.rng.range(1_000, grace);
        self.queue.plan(at, Event::Work { host, step: Step::Kill });
    }

    /// A node may hand over more of its own output.
    pub(crate) fn read_own(&mut self, proc: Ix, stream: Stream, upto: u64) {
        let Some(host) = self.procs[proc].host else { return };
        let printed = &mut self.hosts[host].prints[stream as usize];
        printed.upto = printed.upto.max(upto);
        self.read_soon(host, stream);
    }

    fn read_soon(&mut self, host: Ix, stream: Stream) {
        let printed = &mut self.hosts[host].prints[stream as usize];
        if printed.read < printed.upto.min(printed.spooled) && !std::mem::replace(&mut printed.reading, true) {
            self.queue.plan(self.now + 200, Event::Read { host, stream });
        }
    }

    pub(crate) fn read(&mut self, host: Ix, stream: Stream) {
        let at = &mut self.hosts[host];
        let printed = &mut at.prints[stream as usize];
        printed.reading = false;
        if !at.powered {
            return;
        }
        if at.bad_spool && printed.read > 0 {
            self.stats.count("fault: spool cannot be read");
            at.prints.iter_mut().for_each(|printed| printed.upto = 0);
            let reason = Reason::new(ReasonKind::SpoolUnsafe, "the spool is gone");
            return self.tell_own(host, OwnEvent::OutputGone { reason });
        }
        let len = (printed.upto.min(printed.spooled) - printed.read).min(limits::DATA_FRAME as u64);
        let offset = printed.read;
        printed.read += len;
        let bytes = Bytes::from_static(&NOTHING[..usize::try_from(len).expect("one frame")]);
        self.tell_own(host, OwnEvent::Output { stream, offset, bytes });
        self.read_soon(host, stream);
    }

    /// The attempt moves on.
    pub(crate) fn work(&mut self, host: Ix, step: Step) {
        let at = &mut self.hosts[host];
        if !at.powered || at.ended.is_some() {
            return;
        }
        match step {
            Step::Refuse => {
                at.ended = Some(OutcomeKind::Refused);
                let reason = Reason::new(ReasonKind::Busy, "run 8f3k of bob@bastion holds the host");
                self.tell_own(host, OwnEvent::Ended { outcome: Outcome::Refused { reason }, receipt: None });
            }
            Step::Claim => self.tell_own(host, OwnEvent::Claimed { boot: format!("boot-{host}") }),
            Step::Start => self.start_payload(host),
            Step::Print(eighths) => self.print(host, eighths),
            Step::End => self.end_payload(host, End::Itself),
            Step::TimeOut => self.end_payload(host, End::TimeOut),
            Step::Kill if at.starts == 0 => {
                at.ended = Some(OutcomeKind::NotRun);
                let reason = Reason::new(ReasonKind::Cancelled, "cancelled before it started");
                self.tell_own(host, OwnEvent::Ended { outcome: Outcome::NotRun { reason }, receipt: None });
            }
            Step::Kill => self.end_payload(host, End::Kill),
        }
    }

    fn start_payload(&mut self, host: Ix) {
        let live = self.scenario.spec.output == OutputMode::Live;
        let dc = self.scenario.plan.hosts[host].dc as usize;
        let at = &mut self.hosts[host];
        at.starts += 1;
        let (starts, lasts) = (at.starts, at.lasts);
        let counted = at.proc.is_some_and(|proc| !self.procs[proc].orphan);
        at.counted = counted;
        self.check.invariant_one_start(HostId(u32::try_from(host).expect("few hosts")), starts);
        if counted {
            self.check.invariant_fanout_kept(dc, &self.scenario);
        }
        let patience = self.scenario.spec.limits.command_timeout_ms.map_or(u64::MAX, |ms| ms * 1000);
        let (ends, step) = if lasts > patience { (patience, Step::TimeOut) } else { (lasts, Step::End) };
        self.queue.plan(self.now + ends, Event::Work { host, step });
        if live {
            for eighths in 1..8 {
                let at = self.now + lasts * eighths / 8;
                self.queue.plan(at, Event::Work { host, step: Step::Print(eighths) });
            }
        }
        self.tell_own(host, OwnEvent::Started);
    }

    fn print(&mut self, host: Ix, eighths: u64) {
        for stream in [Stream::Out, Stream::Err] {
            let printed = &mut self.hosts[host].prints[stream as usize];
            let len = printed.whole.len * eighths / 8;
            if len > printed.spooled {
                printed.spooled = len;
                self.tell_own(host, OwnEvent::Printed { stream, len });
                self.read_soon(host, stream);
            }
        }
    }

    fn end_payload(&mut self, host: Ix, end: End) {
        self.no_longer_counted(host);
        let at = &mut self.hosts[host];
        let (exit, outcome) = match (end, at.exit) {
            (End::Kill, _) => (Exit::Signal(15), Outcome::Killed),
            (End::TimeOut, _) => (Exit::Signal(15), Outcome::TimedOut),
            (End::Itself, Exit::Code(0)) => (at.exit, Outcome::Ok),
            (End::Itself, exit) => (exit, Outcome::Failed { exit }),
        };
        at.ended = Some(outcome.kind());
        for printed in &mut at.prints {
            if end != End::Itself {
                printed.cut_short(host);
            }
            printed.spooled = printed.whole.len;
        }
        let [out, err] = [at.prints[0].whole, at.prints[1].whole];
        let run_ms = at.lasts / 1000;
        let receipt = Receipt { exit, run_ms, cpu_ms: 1, max_rss_kib: 1000, out, err, result: None, left_behind: 0 };
        let small = |stream: usize| at.prints[stream].bytes.clone();
        let receipt = OwnReceipt { receipt, out: small(0), err: small(1) };
        self.tell_own(host, OwnEvent::Ended { outcome, receipt: Some(Box::new(receipt)) });
        self.read_soon(host, Stream::Out);
        self.read_soon(host, Stream::Err);
    }

    pub(crate) fn no_longer_counted(&mut self, host: Ix) {
        if std::mem::take(&mut self.hosts[host].counted) {
            self.check.one_less_running(self.scenario.plan.hosts[host].dc as usize);
        }
    }

    fn tell_own(&mut self, host: Ix, event: OwnEvent) {
        if let Some(proc) = self.hosts[host].proc {
            self.tell(proc, Input::Own(event), None);
        }
    }
}
