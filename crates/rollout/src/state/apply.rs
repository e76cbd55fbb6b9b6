//! Takes one event in.

use crate::event::{Happened, HostsEnded, RolloutEvent, RunOf, Why};
use crate::health::Watched;
use crate::order::{Order, Verb};
use crate::state::{RolloutState, RunProgress, State};
use mcom_model::{HostRanges, OutcomeKind};

impl RolloutState {
    /// Takes an event in.
    pub fn apply(&mut self, event: &RolloutEvent) {
        let at_ms = event.at_ms;
        match &event.what {
            Happened::Became { state, stage, until_ms, why } => {
                self.became(at_ms, *state, *stage, *until_ms);
                self.why.clone_from(why);
            }
            Happened::Asked(order) => self.asked(at_ms, order),
            Happened::RunBegun { run, of, hosts } => {
                for host in hosts.iter() {
                    let host = &mut self.hosts[host.0 as usize];
                    match of {
                        RunOf::Stage(stage) => host.run = Some((*stage, None)),
                        RunOf::Undo => host.undone = Some(None),
                    }
                }
                let (run, hosts) = (run.clone(), hosts.clone());
                self.runs.push(RunProgress { run, of: *of, hosts, begun_ms: at_ms, ended: None });
            }
            Happened::RunEnded(ended) => self.run_ended(at_ms, ended),
            Happened::Checked(round) => {
                self.watched.take(round);
                self.check = Some((at_ms, round.clone()));
            }
            Happened::Sick { hosts } => self.each(hosts, |host| host.sick = true),
            Happened::Rebooted { hosts } => {
                // Its receipt may have gone with the shutdown; that it is back is what the payload was for.
                self.each(hosts, |host| {
                    host.rebooted = true;
                    host.run = host.run.map(|(stage, _)| (stage, Some(OutcomeKind::Ok)));
                });
                self.watched.forget(hosts);
            }
            Happened::Accepted { hosts } => self.each(hosts, |host| host.accepted = true),
            Happened::CarriedOn { .. } => {}
        }
    }

    fn became(&mut self, at_ms: u64, state: State, stage: u32, until_ms: Option<u64>) {
        self.unfollowed = None;
        if state == State::Paused && self.state != State::Paused {
            self.paused_from = Some(self.state);
            self.soak_left_ms = self.soak_until_ms.saturating_sub(at_ms);
        }
        if stage != self.stage || state.is_over() {
            self.stages.entry(self.stage).and_modify(|(_, ended)| *ended = Some(ended.unwrap_or(at_ms)));
        }
        if stage != self.stage {
            (self.inconclusive_accepted, self.approved) = (false, false);
            (self.health_skipped, self.soak_skipped) = (false, false);
            self.watched = Watched::default();
        }
        match state {
            State::Running => drop(self.stages.entry(stage).or_insert((at_ms, None))),
            State::Soaking => {
                let goes_on = self.state == State::Soaking && self.stage == stage;
                self.soak_until_ms = until_ms.unwrap_or(at_ms);
                if !goes_on {
                    self.soaking_since_ms = at_ms;
                    self.watched = Watched::default();
                }
            }
            _ => {}
        }
        (self.state, self.stage, self.since_ms, self.until_ms) = (state, stage, at_ms, until_ms);
    }

    fn asked(&mut self, at_ms: u64, order: &Order) {
        match order.verb {
            Verb::Resume(skip) => {
                self.health_skipped |= skip.health;
                if self.state == State::Paused {
                    self.soak_skipped |= skip.soak;
                    self.resumed();
                }
            }
            Verb::Approve(skip) => {
                self.health_skipped |= skip.health;
                self.approved |= self.state == State::Soaking;
            }
            Verb::Undo { skipped } => self.undoes_skipped |= skipped,
            Verb::Pause | Verb::Abort => {}
        }
        self.unfollowed = Some(order.clone());
        self.orders.push((at_ms, order.clone()));
    }

    /// Hosts of the stage are asked anew about their health, and those that never ran are to be run.
    fn resumed(&mut self) {
        self.inconclusive_accepted |= matches!(self.why, Some(Why::Inconclusive { .. }));
        if !matches!(self.paused_from, Some(State::Running | State::Soaking)) {
            return;
        }
        let stage = self.stage;
        for host in self.hosts.iter_mut().filter(|host| host.run.is_some_and(|(of, _)| of == stage)) {
            host.sick = false;
            if host.outcome().is_some() && !host.was_begun() && host.outcome() != Some(OutcomeKind::Skipped) {
                host.run = None;
            }
        }
    }

    fn run_ended(&mut self, at_ms: u64, ended: &HostsEnded) {
        let Some(run) = self.runs.iter_mut().rev().find(|run| run.run == ended.run) else { return };
        let of = run.of;
        run.ended = Some((at_ms, ended.clone()));
        for (kind, hosts) in &ended.ends {
            for host in hosts.iter() {
                let host = &mut self.hosts[host.0 as usize];
                match of {
                    RunOf::Stage(stage) => host.run = Some((stage, Some(*kind))),
                    RunOf::Undo => host.undone = Some(Some(*kind)),
                }
                // What was accepted is that it could not be run, and now it was.
                host.accepted &= !host.was_begun();
            }
        }
        self.each(&ended.signalled, |host| host.signalled = true);
        for (host, boot) in &ended.boots {
            self.hosts[host.0 as usize].boot = Some(boot.clone());
        }
    }

    fn each(&mut self, hosts: &HostRanges, mut change: impl FnMut(&mut super::HostProgress)) {
        hosts.iter().for_each(|host| change(&mut self.hosts[host.0 as usize]));
    }
}
