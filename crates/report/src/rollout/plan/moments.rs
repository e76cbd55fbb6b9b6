//! When stages begin and end at the earliest.

use mcom_fleet::hostset::HostSet;
use mcom_rollout::RolloutSpec;

/// A rollout that has not begun, as it was laid out.
#[derive(Clone, Copy)]
pub struct PlanOfRollout<'a> {
    /// What was laid out.
    pub spec: &'a RolloutSpec,
    /// The wall clock in milliseconds since 1970, UTC.
    pub now_ms: u64,
    /// Hosts that its file names and no stage reaches.
    pub left_out: &'a HostSet,
    /// Stages of its file that are left out, each with why, in words.
    pub empty: &'a [String],
    /// When stages may start: the first such moment from the given one on. The identity where there is no window.
    pub opens_ms: &'a dyn Fn(u64) -> u64,
}

/// When a stage begins and ends at the earliest, in milliseconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Moments {
    pub begins_ms: u64,
    pub ends_ms: u64,
}

impl PlanOfRollout<'_> {
    /// Of each stage. Soaks are added up, and the window waited for; how long payloads run, and how long operators
    /// think, nobody knows.
    pub(super) fn moments(&self) -> Vec<Moments> {
        let mut now_ms = self.now_ms;
        let of = |stage: &mcom_rollout::StageSpec| {
            let begins_ms = (self.opens_ms)(now_ms).max(now_ms);
            now_ms = begins_ms.saturating_add(stage.soak_ms);
            Moments { begins_ms, ends_ms: now_ms }
        };
        self.spec.stages.iter().map(of).collect()
    }

    /// When all of it ends at the earliest.
    pub(super) fn ends_ms(&self) -> u64 {
        self.moments().last().map_or(self.now_ms, |last| last.ends_ms)
    }
}
