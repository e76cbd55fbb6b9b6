//! What is recorded: each event against those before it.

use super::Check;
use mcom_model::{HostId, HostRanges, OutcomeKind};
use mcom_rollout::{Answer, Checked, Happened, HostsEnded, Order, RolloutEvent, RunOf, State, Verb, Why};

impl Check {
    /// Something is on the disk.
    pub(crate) fn record(&mut self, event: &RolloutEvent) {
        let fits = event.fits(self.hosts.len(), self.stages.len());
        self.must("invariant_events_fit", fits, || format!("{event:?} can be none of this rollout"));
        match &event.what {
            Happened::Became { state, stage, .. } => self.became(*state, *stage),
            Happened::Asked(order) => self.asked(order),
            Happened::RunBegun { run, of, hosts } => {
                let next = self.spec.run_id(self.live.runs.len());
                self.must("invariant_same_picks", *run == next, || format!("run {run} is begun, and not {next}"));
                let open = self.live.open_run().is_some();
                self.must("invariant_one_at_a_time", !open, || "a run is begun while another one is open".to_owned());
                match of {
                    RunOf::Stage(stage) => self.stage_run_begins(*stage, hosts),
                    RunOf::Undo => self.undo_begins(hosts),
                }
            }
            Happened::RunEnded(ended) => self.run_ended(ended),
            Happened::Checked(round) => self.checked(round),
            Happened::Sick { hosts } => self.invariant_sick_hosts_said_so(hosts),
            Happened::Accepted { .. } => {
                let goes_on = |order: &Order| matches!(order.verb, Verb::Resume(_) | Verb::Approve(_));
                let by_operator = self.unfollowed && self.live.orders.last().is_some_and(|(_, last)| goes_on(last));
                self.must("invariant_only_operators_accept", by_operator, || "nobody accepted those hosts".to_owned());
            }
            Happened::Rebooted { .. } | Happened::CarriedOn { .. } => {}
        }
        self.live.apply(event);
    }

    fn became(&mut self, state: State, stage: u32) {
        self.unfollowed = false;
        let before = self.live.state;
        self.ends |= matches!(state, State::Aborting | State::Aborted | State::Undoing);
        let fits = !self.ends || matches!(state, State::Aborting | State::Aborted | State::Undoing | State::Undone);
        self.must("invariant_abort_wins", fits, || format!("it was aborted or undone, and becomes {}", state.words()));
        let last = self.live.stage;
        let next = stage == last || stage == last + 1;
        self.must("invariant_stage_order", next, || format!("stage {stage} comes after {last}"));
        if before == State::Soaking && (state == State::AwaitingApproval || stage == last + 1) {
            self.invariants_of_a_soak(last);
        }
        if stage == last + 1 {
            self.invariants_of_a_stage_passed(last);
        }
        if state == State::Undone {
            self.invariant_undo_covers();
        }
        let leaves_end = before.is_over() && !matches!(state, State::Undoing);
        self.must("invariant_abort_wins", !leaves_end, || format!("{} becomes {}", before.words(), state.words()));
    }

    fn asked(&mut self, order: &Order) {
        self.unfollowed = true;
        self.ends |= matches!(order.verb, Verb::Abort | Verb::Undo { .. });
        let paused = self.live.state == State::Paused;
        let asks_anew = matches!(self.live.paused_from, Some(State::Running | State::Soaking));
        let inconclusive = matches!(self.live.why, Some(Why::Inconclusive { .. }));
        let Some(stage) = self.stages.get_mut(self.live.stage as usize) else { return };
        match order.verb {
            Verb::Resume(skip) | Verb::Approve(skip) => {
                stage.skips_soak |= skip.soak;
                stage.skips_health |= skip.health;
                stage.approved |= matches!(order.verb, Verb::Approve(_));
                stage.passes_inconclusive |= paused && inconclusive;
                if paused && asks_anew {
                    self.forget_answers();
                }
            }
            Verb::Pause | Verb::Abort | Verb::Undo { .. } => {}
        }
    }

    /// Health is asked anew: answers from before count for nothing.
    fn forget_answers(&mut self) {
        self.hosts.iter_mut().for_each(|seen| seen.answer = None);
        self.stages.iter_mut().for_each(|stage| stage.global = None);
    }

    fn stage_run_begins(&mut self, stage: u32, hosts: &HostRanges) {
        let runs = self.live.state == State::Running && self.live.stage == stage && !self.ends;
        let state = self.live.state.words();
        self.must("invariant_nothing_starts_at_rest", runs, || format!("stage {stage} begins, and it is {state}"));
        self.invariant_waves_in_order(stage, hosts);
        if let Some(host) = hosts.iter().find(|&host| self.began(host)) {
            let name = self.name(host).to_owned();
            self.broke("invariant_no_host_twice", || format!("{name} is run again"));
        }
        if !std::mem::replace(&mut self.stages[stage as usize].begun, true) {
            let opens_ms = self.window.as_ref().map_or(self.now_ms, |window| window.opens_ms(self.now_ms));
            let now_ms = self.now_ms;
            self.must("invariant_inside_the_window", opens_ms == now_ms, || format!("stage {stage} begins outside"));
        }
        for host in hosts.iter() {
            self.hosts[host.0 as usize].last = Some(None);
        }
    }

    fn undo_begins(&mut self, hosts: &HostRanges) {
        let undoes = self.live.state == State::Undoing && self.spec.undo.is_some();
        self.must("invariant_nothing_starts_at_rest", undoes, || "an undo begins that nobody asked for".to_owned());
        let also_skipped = self.live.orders.iter().any(|(_, order)| order.verb == Verb::Undo { skipped: true });
        let fits = |host: HostId| {
            let skipped = self.hosts[host.0 as usize].last == Some(Some(OutcomeKind::Skipped));
            self.began(host) || (also_skipped && skipped)
        };
        if let Some(host) = hosts.iter().find(|&host| !fits(host)) {
            let name = self.name(host).to_owned();
            self.broke("invariant_undo_covers", || format!("{name} is undone, and was never begun"));
        }
    }

    fn run_ended(&mut self, ended: &HostsEnded) {
        let Some(run) = self.live.open_run().filter(|run| run.run == ended.run).cloned() else {
            return self.broke("invariant_recorded_first", || format!("run {} ends, and is not open", ended.run));
        };
        let RunOf::Stage(stage) = run.of else { return };
        for (kind, hosts) in &ended.ends {
            for host in hosts.iter() {
                self.hosts[host.0 as usize].last = Some(Some(*kind));
            }
        }
        let lost = run.hosts.iter().find(|host| self.hosts[host.0 as usize].last == Some(None));
        if let Some(host) = lost {
            let name = self.name(host).to_owned();
            self.broke("invariant_all_accounted_for", || format!("{name} has no outcome"));
        }
        self.stages[stage as usize].ended_ms = Some(self.now_ms);
        self.forget_answers();
    }

    fn checked(&mut self, round: &Checked) {
        let all = [
            (&round.healthy, Answer::Healthy),
            (&round.inconclusive, Answer::Inconclusive),
            (&round.sick, Answer::Sick),
        ];
        for (hosts, answer) in all {
            hosts.iter().for_each(|host| self.hosts[host.0 as usize].answer = Some(answer));
        }
        self.heard_ms = self.now_ms;
        if let Some(stage) = self.stages.get_mut(self.live.stage as usize) {
            stage.global = round.global.or(stage.global);
        }
    }

    /// Nobody is called sick who says to be well, or was never touched.
    fn invariant_sick_hosts_said_so(&mut self, hosts: &HostRanges) {
        let stage = &self.spec.stages[self.live.stage as usize];
        let restarts = stage.reboots_ms.is_some();
        self.invariant_asked_lately();
        let stage = &self.spec.stages[self.live.stage as usize];
        let said_so = |host: HostId| {
            let of = &self.hosts[host.0 as usize];
            let lost = restarts && !self.live.host(host).rebooted;
            stage.hosts.contains(host) && (of.answer.is_some_and(|answer| answer != Answer::Healthy) || lost)
        };
        if let Some(host) = hosts.iter().find(|&host| !said_so(host)) {
            let name = self.name(host).to_owned();
            self.broke("invariant_sick_hosts_said_so", || format!("{name} is called sick, and never was"));
        }
    }
}
