//! What a process wants done, what starts on hosts because of it, and how it leaves things.

use super::Check;
use mcom_model::{HostId, HostRanges, RunId};
use mcom_rollout::{HostEnd, Input, Machine, Order, RunOf, State, Verb};

impl Check {
    /// A process takes the rollout up.
    pub(crate) const fn new_process(&mut self) {
        (self.runs, self.asks) = (None, false);
    }

    /// The process is killed.
    pub(crate) const fn killed(&mut self) {
        (self.runs, self.asks) = (None, false);
    }

    /// The process is told something.
    pub(crate) const fn input(&mut self, input: &Input) {
        match input {
            Input::RunEnded { .. } | Input::RunImpossible { .. } => self.runs = None,
            Input::Checked(_) | Input::CheckImpossible { .. } => self.asks = false,
            Input::CarryOn { .. } | Input::Asked(_) | Input::Timeout => {}
        }
    }

    /// A run is begun or carried on.
    pub(crate) fn run(
        &mut self,
        run: &RunId,
        of: RunOf,
        (hosts, fanouts): (&HostRanges, &[(u32, u32)]),
        max_fail: Option<u64>,
        halted: bool,
    ) {
        let alone = self.runs.is_none();
        self.must("invariant_one_at_a_time", alone, || "a second run".to_owned());
        self.runs = Some(halted);
        let Some(open) = self.live.open_run().filter(|open| open.run == *run).cloned() else {
            return self.broke("invariant_recorded_first", || format!("run {run} is carried out, and not recorded"));
        };
        let same = open.of == of && open.hosts == *hosts;
        self.must("invariant_same_picks", same, || format!("run {run} is not the one that was recorded"));
        let RunOf::Stage(number) = of else {
            let undoes = halted || self.live.state == State::Undoing;
            return self.must("invariant_nothing_starts_at_rest", undoes, || "an undo goes on".to_owned());
        };
        let (state, at) = (self.live.state, self.live.stage);
        let runs = halted || (state == State::Running && at == number && !self.ends);
        self.must("invariant_nothing_starts_at_rest", runs, || {
            format!("run {run} goes on, and it is {}", state.words())
        });
        let stage = &self.spec.stages[number as usize];
        let wave = stage.waves.iter().find(|wave| hosts.iter().all(|host| wave.hosts.contains(host)));
        let same = wave.is_some_and(|wave| wave.fanouts == fanouts);
        let left = stage.reboots_ms.is_none().then(|| stage.max_fail.saturating_sub(self.bad()));
        self.must("invariant_same_picks", same, || format!("run {run} has another fan-out than its wave"));
        self.must("invariant_max_fail", halted || max_fail == left, || {
            format!("{max_fail:?} hosts may fail, {left:?} are left")
        });
    }

    /// Nothing new starts in the run that goes on.
    pub(crate) fn halts(&mut self) {
        let runs = self.runs.is_some();
        self.must("invariant_recorded_first", runs, || "there is no run to halt".to_owned());
        self.runs = self.runs.map(|_| true);
    }

    /// Something was really started on a host.
    pub(crate) fn started(&mut self, host: HostId, of: RunOf) {
        let undo = of == RunOf::Undo;
        self.hosts[host.0 as usize].starts[usize::from(undo)] += 1;
        let (name, state) = (self.name(host).to_owned(), self.live.state);
        let twice = !undo && self.hosts[host.0 as usize].starts[0] > 1;
        self.must("invariant_no_host_twice", !twice, || format!("the payload was started on {name} again"));
        if !self.prompt {
            return;
        }
        let open = self.live.open_run().is_some_and(|run| run.of == of && run.hosts.contains(host));
        let fits = state == if undo { State::Undoing } else { State::Running };
        self.must("invariant_nothing_starts_at_rest", open && fits, || {
            format!("something starts on {name}, and it is {}", state.words())
        });
    }

    /// Hosts are asked about their health.
    pub(crate) fn asks(&mut self, hosts: &HostRanges, controls: &HostRanges) {
        let alone = !self.asks;
        self.must("invariant_one_at_a_time", alone, || "a second round of questions".to_owned());
        self.asks = true;
        let soaks = self.live.state == State::Soaking;
        self.must("invariant_asks_who_is_watched", soaks, || "hosts are asked while nothing soaks".to_owned());
        let spec = self.spec.clone();
        let stage = &spec.stages[self.live.stage as usize];
        let touched = controls.iter().find(|host| {
            let of = &self.hosts[host.0 as usize];
            of.last.is_some() || of.starts != [0, 0]
        });
        self.must("invariant_controls_untouched", touched.is_none(), || format!("{touched:?} is a control"));
        let strange = hosts.iter().find(|&host| !stage.hosts.contains(host) && !controls.contains(host));
        let strange = strange.or_else(|| controls.iter().find(|&host| !stage.controls.contains(host)));
        self.must("invariant_asks_who_is_watched", strange.is_none(), || format!("{strange:?} is not watched"));
    }

    /// The process leaves.
    pub(crate) fn leaves(&mut self) {
        let state = self.live.state;
        let rests = !state.goes_on() && self.runs.is_none() && !self.asks;
        self.must("invariant_leaves_at_rest", rests, || format!("the process leaves, and it is {}", state.words()));
    }

    /// The process has done what it wanted done, and waits.
    pub(crate) fn settled(&mut self, machine: &Machine) {
        if *machine.state() != self.live {
            let text = format!("the process has {:?}, the record {:?}", machine.state(), self.live);
            self.broke("invariant_record_is_state", || text);
        }
        let state = self.live.state;
        let busy = state.goes_on() || self.runs.is_some() || self.asks;
        self.must("invariant_leaves_at_rest", busy, || format!("the process stays, and it is {}", state.words()));
        let works = matches!(state, State::Running | State::Aborting | State::Undoing);
        let idle = works && self.runs.is_none();
        self.must("invariant_finishes", !idle, || format!("it is {}, and nothing runs", state.words()));
        // What runs is counted when it has ended.
        if matches!(state, State::Pending | State::Running | State::Soaking | State::AwaitingApproval) {
            self.invariant_max_fail();
        }
        let resting = matches!(state, State::Paused | State::Aborting) && self.runs == Some(false);
        self.must("invariant_nothing_starts_at_rest", !resting, || {
            format!("a run goes on, and it is {}", state.words())
        });
        if !state.is_over() && state != State::Aborting {
            let order = Order { verb: Verb::Abort, who: "eve@bastion".to_owned(), reason: None };
            let can = machine.can(&order).is_ok();
            self.must("invariant_abort_wins", can, || format!("it cannot be aborted while it is {}", state.words()));
        }
    }

    /// An order that is possible has been taken in.
    pub(crate) fn invariant_orders_are_followed(&mut self, order: &Order) {
        let followed = self.live.orders.last().is_some_and(|(_, last)| last == order);
        self.must("invariant_orders_are_followed", followed, || format!("{order:?} is not on the record"));
    }

    /// How the hosts of a run really ended, by what is true on them.
    pub(crate) fn truth(&mut self, run: &RunId, ends: &[HostEnd]) {
        let hosts = self.live.open_run().map_or(0, |open| if open.run == *run { open.hosts.len() } else { 0 });
        let all = ends.len() == hosts;
        self.must("invariant_all_accounted_for", all, || format!("{} of {hosts} hosts have ended", ends.len()));
    }

    /// Wherever the payload was started is reverted, as far as the rollout says that it is undone.
    pub(super) fn invariant_undo_covers(&mut self) {
        let left = self
            .spec
            .plan
            .host_ids()
            .find(|&host| self.hosts[host.0 as usize].starts[0] > 0 && self.hosts[host.0 as usize].starts[1] == 0);
        if let Some(host) = left {
            let name = self.name(host).to_owned();
            self.broke("invariant_undo_covers", || format!("the rollout is undone, and {name} is not"));
        }
    }

    /// Nothing happens any more.
    pub(crate) fn at_the_end(&mut self) {
        if self.broken.is_some() {
            return;
        }
        let last =
            self.live.orders.iter().rev().find(|(_, order)| matches!(order.verb, Verb::Abort | Verb::Undo { .. }));
        let aborted = last.is_some_and(|(_, order)| order.verb == Verb::Abort);
        let state = self.live.state;
        self.must("invariant_abort_wins", !aborted || state == State::Aborted, || {
            format!("it was aborted, and ended {}", state.words())
        });
        let lost = self
            .spec
            .plan
            .host_ids()
            .find(|&host| self.hosts[host.0 as usize].starts[0] > 0 && !self.live.host(host).was_begun());
        if let Some(host) = lost {
            let name = self.name(host).to_owned();
            self.broke("invariant_all_accounted_for", || {
                format!("{name} has the change, and the record does not say so")
            });
        }
    }
}
