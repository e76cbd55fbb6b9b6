//! What the machine takes in, and what it wants done.

use crate::answer::Answered;
use crate::event::{RolloutEvent, RunOf};
use crate::order::Order;
use mcom_model::{HostId, HostRanges, OutcomeKind, RunId};

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A process carries the rollout on: its first input, unless that is an order. Whoever types one where no process
    /// is must not see begin what the order is to prevent.
    CarryOn {
        /// Who, as `user@host`.
        who: String,
    },
    /// An operator asks for something. See `Machine::can`.
    Asked(Order),
    /// The moment that `Machine::next_timeout_ms` named has come, or any other.
    Timeout,
    /// A run has ended.
    RunEnded {
        /// The run.
        run: RunId,
        /// How each of its hosts ended.
        hosts: Vec<HostEnd>,
        /// What stopped it before its end, where that was not the rollout itself: somebody cancelled it, or the disk
        /// was full.
        stopped: Option<String>,
    },
    /// A run could not be begun, and no host was touched: there is no key, or no program to reach hosts with.
    RunImpossible {
        /// The run.
        run: RunId,
        /// Why.
        why: String,
    },
    /// What came of [`Effect::Check`].
    Checked(Answered),
    /// Nobody could be asked: there is no key, or no program to reach hosts with.
    CheckImpossible {
        /// Why.
        why: String,
    },
}

/// How a host ended in a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostEnd {
    /// The host.
    pub host: HostId,
    /// How.
    pub kind: OutcomeKind,
    /// Whether the payload was ended by a signal that mcom did not send.
    pub signalled: bool,
    /// The boot id under which the payload was claimed.
    pub boot: Option<String>,
}

/// What is to be done, in this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put this on the disk before anything that follows is done.
    Record(RolloutEvent),
    /// Carry this run out: begin it, or carry it on where it has a record already. Ends in [`Input::RunEnded`] or
    /// [`Input::RunImpossible`]. There is one at a time.
    Run {
        /// The run.
        run: RunId,
        /// What it is for.
        of: RunOf,
        /// Its hosts.
        hosts: HostRanges,
        /// How many of a datacenter run at once, where that is not the plan's fan-out.
        fanouts: Vec<(u32, u32)>,
        /// Bad hosts beyond which nothing new starts; none: no limit.
        max_fail: Option<u64>,
        /// Whether nothing of it may start any more: only what was begun is brought to its end.
        halted: bool,
    },
    /// Let nothing new start in the run that goes on.
    Halt,
    /// Ask these hosts, and the command on this machine, whether all is well. Ends in [`Input::Checked`] or
    /// [`Input::CheckImpossible`]. There is one at a time.
    Check {
        /// The hosts, controls among them.
        hosts: HostRanges,
        /// Those of them that were never touched.
        controls: HostRanges,
    },
    /// Nothing more is to be done by this process: the rollout is over, or waits for an operator.
    Leave,
}
