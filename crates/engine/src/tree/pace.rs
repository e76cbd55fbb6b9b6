//! How fast a run goes and when it goes no further (coordinator): each datacenter opens with a small window that grows
//! with every host that ends ok, all of them share the fan-out of the whole run, and too many bad hosts stop it.

use crate::tree::run::TreeRun;
use crate::tree::window::Pool;
use mcom_model::{EndedBy, OutcomeKind, PayloadKind, PlannedDc, Reason, ReasonKind, RunSpec, Tally};

/// What a pool may open, and how far it has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// The window that the hosts so far have earned.
    earned: u32,
    /// The datacenter's fan-out: its own, or that of all.
    fanout: u32,
    /// Its share of the whole run's fan-out.
    share: u32,
    /// Hosts of it without an outcome.
    left: u32,
}

impl Pace {
    /// Of a datacenter in which so many hosts are to run.
    pub(super) fn new(spec: &RunSpec, dc: &PlannedDc, left: usize) -> Self {
        let fanout = dc.at_once(&spec.limits);
        // What asks or looks changes nothing on its hosts.
        let careful = spec.payload.kind != PayloadKind::Inquiry && !spec.looks;
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
    /// A host has ended: its datacenter's window may grow.
    pub(super) fn pace_after(&mut self, pool: u32, kind: OutcomeKind) {
        let pool = &mut self.pools[pool as usize];
        let Some(pace) = pool.pace.as_mut() else { return };
        pace.left -= 1;
        if matches!(kind, OutcomeKind::Ok | OutcomeKind::Skipped) {
            pace.earned = pace.fanout.min(pace.earned + 1);
        }
        pool.window = pace.window();
    }

    /// What a datacenter can no longer use of its share goes to others.
    pub(super) fn share_what_is_left(&mut self) {
        let too_much = |pool: &Pool| pool.pace.is_some_and(|pace| pace.share > pace.can_use().max(pool.used));
        let shared = self.spec.as_ref().is_some_and(|spec| spec.limits.global_fanout.is_some());
        if !shared || !self.pools.iter().any(too_much) {
            return;
        }
        self.share_fanout();
        for pool in 0..u32::try_from(self.pools.len()).expect("fewer datacenters than hosts") {
            self.share_slots(pool);
        }
    }

    /// Shares the fan-out of the whole run: everybody gets as much as the others, or as it can use. What somebody has
    /// out already stays its own until it comes back: nobody else may start on it before.
    pub(super) fn share_fanout(&mut self) {
        let Some(all) = self.run_spec().limits.global_fanout else { return };
        let bounds = |pool: &Pool| pool.pace.map(|pace| (pool.used, pace.can_use().max(pool.used)));
        let bounds: Vec<(u32, u32)> = self.pools.iter().filter_map(bounds).collect();
        let at = |level: u32| bounds.iter().map(move |&(least, most)| level.clamp(least, most));
        let fits = |level: u32| at(level).map(u64::from).sum::<u64>() <= u64::from(all);
        let (mut level, mut above) = (0, all.saturating_add(1));
        while above - level > 1 {
            let middle = level + (above - level) / 2;
            if fits(middle) {
                level = middle;
            } else {
                above = middle;
            }
        }
        let mut rest = u64::from(all).saturating_sub(at(level).map(u64::from).sum());
        let pools = self.pools.iter_mut().filter(|pool| pool.pace.is_some()).rev();
        for (pool, &(least, most)) in pools.zip(bounds.iter().rev()) {
            let share = level.clamp(least, most);
            // What a division leaves over goes to the last that can use one more.
            let more = u32::from(rest > 0 && share == level && share < most);
            rest -= u64::from(more);
            if let Some(pace) = pool.pace.as_mut() {
                pace.share = share + more;
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
