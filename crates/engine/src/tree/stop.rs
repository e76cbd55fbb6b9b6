//! Stopping: a halt lets run what runs, a cancel ends it, a full ledger takes back what was not sent yet.

use crate::tree::effect::{Effect, LinkId};
use crate::tree::input::TimerReason;
use crate::tree::run::{Role, TreeRun};
use mcom_model::{EndedBy, HostId, Reason, ReasonKind, What};
use mcom_wire::Down;
use std::collections::BTreeSet;
use std::time::Duration;

/// Whether anything may still start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// Everything goes on.
    No,
    /// Nothing new starts, for this reason.
    Halted(Reason),
    /// Nothing new starts, and what runs is ended.
    Cancelled(Reason),
}

impl Stop {
    /// Why nothing new starts.
    pub(super) const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::No => None,
            Self::Halted(reason) | Self::Cancelled(reason) => Some(reason),
        }
    }
}

impl TreeRun {
    /// The operator asks to cancel (coordinator).
    pub(super) fn cancel_asked(&mut self, by: Option<String>) {
        if matches!(self.stop, Stop::Cancelled(_)) || matches!(self.role, Role::Node(_)) {
            return;
        }
        self.record(What::CancelAsked { by }, false);
        if let Some(coordinator) = self.coordinator_mut() {
            coordinator.by = EndedBy::Cancel;
        }
        self.end_in_time();
        self.cancel();
    }

    /// The operator lets nothing new start (coordinator).
    pub(super) fn halt_asked(&mut self) {
        let reason = Reason::new(ReasonKind::Halted, "the operator stopped the run before the payload started here");
        self.halt_run(EndedBy::Interrupt, reason);
    }

    /// Nothing new starts in the whole run, for this reason; it is written down once (coordinator).
    pub(super) fn halt_run(&mut self, by: EndedBy, reason: Reason) {
        let Some(coordinator) = self.coordinator_mut() else { return };
        if coordinator.by != EndedBy::Itself {
            return;
        }
        coordinator.by = by;
        self.record(What::Halted { by, reason: reason.clone() }, false);
        self.halt(reason);
    }

    /// Nothing new starts here or below, and what runs is ended.
    pub(super) fn cancel(&mut self) {
        if matches!(self.stop, Stop::Cancelled(_)) {
            return;
        }
        let reason = Reason::new(ReasonKind::Cancelled, "the run was cancelled before the payload started here");
        self.stop = Stop::Cancelled(reason.clone());
        self.give_up_groups();
        self.tell_all(&Down::Cancel);
        self.cancel_own(&reason);
    }

    /// Nothing new starts here or below; what runs goes on.
    pub(super) fn halt(&mut self, reason: Reason) {
        if self.stop != Stop::No {
            return;
        }
        self.stop = Stop::Halted(reason.clone());
        self.give_up_groups();
        self.tell_all(&Down::Halt { reason: reason.clone() });
        self.halt_own(&reason);
    }

    /// The time of a cancel is up: what has not answered is unknown.
    pub(super) fn cancel_deadline(&mut self) {
        let text = "it did not say how it ended before the time for that was up";
        self.give_up_asking(&Reason::new(ReasonKind::LostWhileRunning, text));
    }

    /// What was told to end, or ends by itself, has the grace and the way of the words to do so; where an earlier
    /// coordinator's hosts are asked, also the time in which they can be found again (coordinator).
    fn end_in_time(&mut self) {
        let spec = self.run_spec();
        let (limits, timers) = (&spec.limits, &spec.timers);
        let resumed = matches!(&self.role, Role::Coordinator(coordinator) if coordinator.resumed);
        let found = if resumed { limits.connect_timeout_ms.saturating_add(timers.ask_ms) } else { 0 };
        let time = Duration::from_millis(limits.grace_ms.saturating_add(timers.travel_ms).saturating_add(found));
        self.timers.insert((self.now.after(time), TimerReason::CancelDeadline));
    }

    /// The run's own deadline (coordinator). The supervisors know it too, and end what runs by themselves.
    pub(super) fn deadline(&mut self) {
        let text = "the run's deadline had come before the payload started here";
        self.halt_run(EndedBy::Deadline, Reason::new(ReasonKind::Deadline, text));
        self.end_in_time();
    }

    /// Milliseconds that are left until the deadline.
    pub(super) fn deadline_left(&self) -> Option<u64> {
        let left = self.deadline?.since(self.now).as_millis();
        Some(u64::try_from(left).unwrap_or(u64::MAX).max(1))
    }

    /// Tells a child that has just got its assignment that nothing new starts any more.
    pub(super) fn tell_stop(&mut self, id: LinkId) {
        match &self.stop {
            Stop::No => {}
            Stop::Halted(reason) => {
                let reason = reason.clone();
                self.send_down(id, Down::Halt { reason });
            }
            Stop::Cancelled(_) => self.send_down(id, Down::Cancel),
        }
    }

    /// The ledger can no longer be written (coordinator). An assignment that still waits behind the record that
    /// could not be written is taken back: its hosts did not start.
    pub(super) fn ledger_full(&mut self) {
        let Some(coordinator) = self.coordinator_mut() else { return };
        if coordinator.by == EndedBy::Itself {
            coordinator.by = EndedBy::LedgerFull;
        }
        let text = "the coordinator's ledger could not be written, so nothing new was started";
        let reason = Reason::new(ReasonKind::LedgerFull, text);
        self.take_back_assignments(&reason);
        self.take_back_grants(&reason);
        self.halt(reason);
    }

    fn take_back_assignments(&mut self, reason: &Reason) {
        let unsent: BTreeSet<LinkId> = self.effects.iter().filter_map(assigned_link).collect();
        let children: BTreeSet<HostId> = unsent.iter().filter_map(|&link| self.link_host(link)).collect();
        self.effects.retain(|effect| match effect {
            Effect::SendDown { link, .. } | Effect::SendBlob { link, .. } | Effect::CloseLink { link } => {
                !unsent.contains(link)
            }
            Effect::Record { event, .. } => {
                !matches!(event.what, What::Shipped { host, .. } if children.contains(&host))
            }
            _ => true,
        });
        for id in unsent {
            self.effects.push_back(Effect::CloseLink { link: id });
            self.take_back_link(id, reason);
        }
    }

    fn tell_all(&mut self, message: &Down) {
        for link in self.links.open() {
            self.send_down(link, message.clone());
        }
    }
}

fn assigned_link(effect: &Effect) -> Option<LinkId> {
    match effect {
        Effect::SendDown { link, message: Down::Assign(_) } => Some(*link),
        _ => None,
    }
}
