//! How fast a run goes and when it goes no further (coordinator): each datacenter opens with a small window that grows
//! with every host that ends ok, all of them share the fan-out of the whole run, and too many bad hosts stop it.

use crate::tree::run::TreeRun;
use crate::tree::window::Pool;
use mcom_model::{EndedBy, OutcomeKind, PayloadKind, Reason, ReasonKind, RunSpec, Tally};

/// What a pool may open, and how far it has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The window that the hosts so far have earned.
    earned: u32,
    /// The datacenter's fan-out.
    fanout: u32,
    /// Its share of the whole run's fan-out.
    share: u32,
    /// Hosts of it without an outcome.
    left: u32,
}

impl Pace {
    /// Of a datacenter in which so many hosts are to run.
    pub(super) fn new(spec: &RunSpec, left: usize) -> Self {
        let fanout = spec.limits.fanout;
        // A question changes nothing on its hosts.
        let careful = spec.payload.kind != PayloadKind::Inquiry;
        let earned = if careful { fanout.min(spec.limits.opening) } else { fanout };
        Self { earned, fanout, share: u32::MAX, left: u32::try_from(left).unwrap_or(u32::MAX) }
    }

    pub(super) fn window(self) -> u32 {
        self.earned.min(self.share)
    }

    fn can_use(self) -> u32 {
        self.fanout.min(self.left)
    }
}

impl TreeRun {
    /// A host has ended: its datacenter's window may grow, and what it no longer needs goes to others.
    pub(super) fn pace_after(&mut self, pool: u32, kind: OutcomeKind) {
        let Some(pace) = self.pools[pool as usize].pace.as_mut() else { return };
        pace.left -= 1;
        if matches!(kind, OutcomeKind::Ok | OutcomeKind::Skipped) {
            pace.earned = pace.fanout.min(pace.earned + 1);
        }
        let (tail, window) = (pace.left < pace.share, pace.window());
        self.pools[pool as usize].window = window;
        if tail && self.run_spec().limits.global_fanout.is_some() {
            self.share_fanout();
            for other in 0..u32::try_from(self.pools.len()).expect("fewer datacenters than hosts") {
                self.share_slots(other);
            }
        }
    }

    /// Shares the fan-out of the whole run: everybody gets as much as the others, or as it can use.
    pub(super) fn share_fanout(&mut self) {
        let Some(mut rest) = self.run_spec().limits.global_fanout else { return };
        let mut wanting: Vec<(u32, &mut Pool)> =
            self.pools.iter_mut().filter_map(|pool| Some((pool.pace?.can_use(), pool))).collect();
        wanting.sort_by_key(|(can_use, _)| *can_use);
        let mut others = u32::try_from(wanting.len()).unwrap_or(u32::MAX);
        for (can_use, pool) in wanting {
            // Whoever can use the least is served first, so what it leaves goes to the rest; those at the end of the
            // list get what a division leaves over.
            let share = (rest / others).min(can_use);
            rest -= share;
            others -= 1;
            if let Some(pace) = pool.pace.as_mut() {
                pace.share = share;
                pool.window = pace.window();
            }
        }
    }

    /// Whether more hosts are bad than the limit allows.
    pub(super) fn is_too_bad(&self) -> bool {
        let Some(tally) = self.tally() else { return false };
        self.run_spec().limits.max_fail.is_some_and(|limit| bad(tally) > limit)
    }

    /// Lets nothing new start where more hosts are bad than the limit allows.
    pub(super) fn halt_if_too_bad(&mut self) {
        if self.is_too_bad() {
            let bad = self.tally().map_or(0, bad);
            let limit = self.run_spec().limits.max_fail.unwrap_or_default();
            let text =
                format!("hosts that failed, timed out, are unreachable or unknown: {bad}, and the limit is {limit}");
            self.halt_run(EndedBy::MaxFail, Reason::new(ReasonKind::Halted, text));
        }
    }
}

/// Hosts that count against the limit.
fn bad(tally: &Tally) -> u64 {
    let kinds = [OutcomeKind::Failed, OutcomeKind::TimedOut, OutcomeKind::Unreachable, OutcomeKind::Unknown];
    kinds.into_iter().map(|kind| tally.count(kind)).sum()
}
