//! Switches off something that a rollout relies on: by what the machine is told, by what it hears, or by what becomes of
//! what it wants done. Proof that the checks can fail.

use super::scenario::RolloutScenario;
use mcom_model::{HostRanges, OutcomeKind};
use mcom_rollout::{
    Effect, Happened, HostEnd, Input, Order, Refusal, RolloutEvent, RolloutSpec, RolloutState, StageSpec,
};
use mcom_rollout::{RunOf, State, Verb};
use std::sync::Arc;

/// Something that is switched off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RolloutSabotage {
    /// Stages do not soak.
    NoSoak,
    /// No stage waits for an operator.
    NoGate,
    /// Any number of hosts may be bad.
    NoMaxFail,
    /// Nobody is asked about health.
    NoHealth,
    /// The window is not looked at.
    NoWindow,
    /// It is forgotten that hosts restart.
    NoRestart,
    /// The last stage is the first.
    ReverseStages,
    /// The first hosts that were changed are taken for controls.
    TouchControls,
    /// Controls are taken for hosts of the stage.
    ForgetControls,
    /// A new process forgets which hosts were run.
    ForgetHosts,
    /// Hosts that failed are taken for such that were not run.
    CallFailedNotRun,
    /// Hosts that failed are taken for such that refused.
    CallFailedRefused,
    /// One host of a run is not spoken of at its end.
    LoseHost,
    /// An abort is taken for a pause.
    CallAbortPause,
    /// What was aborted goes on.
    GoOnAfterAbort,
    /// It is not recorded that a run begins.
    ForgetRun,
    /// It is not recorded what was asked for.
    ForgetOrder,
    /// It is not recorded what hosts said.
    ForgetAnswers,
    /// It is recorded that sick hosts are healthy.
    TwistAnswers,
    /// Sick hosts are accepted by nobody.
    AcceptSick,
    /// A run is carried out with other fan-outs.
    OtherFanout,
    /// A run is carried out twice at once.
    RunTwice,
    /// Hosts are asked twice at once.
    AskTwice,
    /// A run is not halted.
    NoHalt,
    /// Nobody leaves.
    NeverLeave,
    /// Nobody is woken by a timer.
    NoTimers,
    /// Every verb is possible.
    AllowEverything,
}

impl RolloutSabotage {
    /// Everything that can be switched off, with the invariant that must notice.
    pub const ALL: [(Self, &'static str); 27] = [
        (Self::NoSoak, "invariant_soaked_out"),
        (Self::NoGate, "invariant_approved"),
        (Self::NoMaxFail, "invariant_max_fail"),
        (Self::NoHealth, "invariant_was_healthy"),
        (Self::NoWindow, "invariant_inside_the_window"),
        (Self::NoRestart, "invariant_restarted"),
        (Self::ReverseStages, "invariant_stage_order"),
        (Self::TouchControls, "invariant_controls_untouched"),
        (Self::ForgetControls, "invariant_asks_who_is_watched"),
        (Self::ForgetHosts, "invariant_no_host_twice"),
        (Self::CallFailedNotRun, "invariant_no_host_twice"),
        (Self::CallFailedRefused, "invariant_undo_covers"),
        (Self::LoseHost, "invariant_all_accounted_for"),
        (Self::CallAbortPause, "invariant_orders_are_followed"),
        (Self::GoOnAfterAbort, "invariant_abort_wins"),
        (Self::ForgetRun, "invariant_recorded_first"),
        (Self::ForgetOrder, "invariant_record_is_state"),
        (Self::ForgetAnswers, "invariant_asked_lately"),
        (Self::TwistAnswers, "invariant_sick_hosts_said_so"),
        (Self::AcceptSick, "invariant_only_operators_accept"),
        (Self::OtherFanout, "invariant_same_picks"),
        (Self::RunTwice, "invariant_one_at_a_time"),
        (Self::AskTwice, "invariant_one_at_a_time"),
        (Self::NoHalt, "invariant_nothing_starts_at_rest"),
        (Self::NeverLeave, "invariant_leaves_at_rest"),
        (Self::NoTimers, "invariant_finishes"),
        (Self::AllowEverything, "invariant_verbs"),
    ];

    /// What the machine is told of the rollout.
    pub(crate) fn told(self, scenario: &RolloutScenario) -> Arc<RolloutSpec> {
        let mut spec = RolloutSpec::clone(&scenario.spec);
        let mut each = |change: fn(&mut StageSpec)| spec.stages.iter_mut().for_each(change);
        match self {
            Self::NoSoak => each(|stage| stage.soak_ms = 0),
            Self::NoGate => each(|stage| stage.approve = false),
            Self::NoMaxFail => each(|stage| stage.max_fail = u64::MAX),
            Self::NoRestart => each(|stage| stage.reboots_ms = None),
            Self::TouchControls => each(|stage| stage.controls = stage.hosts.iter().take(1).collect()),
            Self::NoHealth => spec.health = None,
            Self::ReverseStages => spec.stages.reverse(),
            _ => {}
        }
        Arc::new(spec)
    }

    /// What a new process knows.
    pub(crate) fn on_state(self, state: &mut RolloutState) {
        if self == Self::ForgetHosts {
            state.hosts.iter_mut().for_each(|host| host.run = None);
        }
    }

    /// Whether a verb is possible.
    pub(crate) fn on_answer(self, possible: Result<(), Refusal>) -> Result<(), Refusal> {
        if self == Self::AllowEverything { Ok(()) } else { possible }
    }

    /// What the machine hears.
    pub(crate) fn on_input(self, input: Input) -> Input {
        match (self, input) {
            (Self::CallAbortPause, Input::Asked(order)) if order.verb == Verb::Abort => {
                Input::Asked(Order { verb: Verb::Pause, ..order })
            }
            (Self::LoseHost, Input::RunEnded { run, mut hosts, stopped }) => {
                hosts.pop();
                Input::RunEnded { run, hosts, stopped }
            }
            (Self::CallFailedNotRun, Input::RunEnded { run, hosts, stopped }) => {
                Input::RunEnded { run, hosts: call_failed(hosts, OutcomeKind::NotRun), stopped }
            }
            (Self::CallFailedRefused, Input::RunEnded { run, hosts, stopped }) => {
                Input::RunEnded { run, hosts: call_failed(hosts, OutcomeKind::Refused), stopped }
            }
            (_, input) => input,
        }
    }

    /// The effects that take the place of one.
    pub(crate) fn on_effect(self, effect: Effect) -> Vec<Effect> {
        match (self, effect) {
            (Self::ForgetControls, Effect::Check { hosts, .. }) => {
                vec![Effect::Check { hosts, controls: HostRanges::default() }]
            }
            (Self::RunTwice, effect @ Effect::Run { .. }) | (Self::AskTwice, effect @ Effect::Check { .. }) => {
                vec![effect.clone(), effect]
            }
            (Self::NoHalt, Effect::Halt) | (Self::NeverLeave, Effect::Leave) => vec![],
            (Self::OtherFanout, Effect::Run { run, of: of @ RunOf::Stage(_), hosts, max_fail, halted, .. }) => {
                vec![Effect::Run { run, of, hosts, fanouts: vec![(7, 7)], max_fail, halted }]
            }
            (Self::NoRestart, Effect::Run { run, of, hosts, fanouts, halted, .. }) => {
                vec![Effect::Run { run, of, hosts, fanouts, max_fail: None, halted }]
            }
            (_, Effect::Record(event)) => self.on_record(event),
            (_, effect) => vec![effect],
        }
    }

    fn on_record(self, mut event: RolloutEvent) -> Vec<Effect> {
        match (self, &mut event.what) {
            (Self::ForgetRun, Happened::RunBegun { .. })
            | (Self::ForgetOrder, Happened::Asked(_))
            | (Self::ForgetAnswers, Happened::Checked(_)) => return vec![],
            (Self::TwistAnswers, Happened::Checked(round)) => round.healthy = std::mem::take(&mut round.sick),
            (Self::AcceptSick, Happened::Sick { hosts }) => {
                event.what = Happened::Accepted { hosts: std::mem::take(hosts) };
            }
            (Self::GoOnAfterAbort, Happened::Became { state: state @ State::Aborting, .. }) => *state = State::Pending,
            _ => {}
        }
        vec![Effect::Record(event)]
    }
}

fn call_failed(mut hosts: Vec<HostEnd>, kind: OutcomeKind) -> Vec<HostEnd> {
    for host in hosts.iter_mut().filter(|host| host.kind == OutcomeKind::Failed) {
        host.kind = kind;
    }
    hosts
}
