//! One process that carries the rollout on: it takes inputs in, carries effects out in their order, and may be killed
//! after any of them.

use super::asks::Asks;
use super::runs::Run;
use super::{Life, RolloutSabotage};
use mcom_model::RunId;
use mcom_rollout::{Effect, Input, Machine, Order, RolloutEvent};

/// One process.
pub(crate) struct Process {
    pub(crate) machine: Machine,
    /// The run that it carries out.
    pub(crate) run: Option<Doing>,
    /// The round of questions that is out.
    pub(crate) asks: Option<Asks>,
}

/// A run that a process carries out.
pub(crate) struct Doing {
    pub(crate) run: RunId,
    /// Why it cannot.
    pub(crate) impossible: Option<String>,
}

impl Life {
    /// A process takes the rollout up: because somebody says so, or with an order.
    pub(super) fn begin(&mut self, order: Option<Order>) {
        let machine = self.opened();
        self.begin_with(machine, order);
    }

    pub(super) fn begin_with(&mut self, machine: Machine, order: Option<Order>) {
        self.returns_ms = None;
        self.check.new_process();
        self.process = Some(Process { machine, run: None, asks: None });
        match order {
            Some(order) => self.input(Input::Asked(order)),
            None => self.input(Input::CarryOn { who: "bob@bastion".to_owned() }),
        }
    }

    /// The machine of a new process, from the record.
    pub(super) fn opened(&self) -> Machine {
        let spec = self.sabotage.map_or_else(|| self.scenario.spec.clone(), |sabotage| sabotage.told(&self.scenario));
        let window = self.scenario.window.clone().filter(|_| self.sabotage != Some(RolloutSabotage::NoWindow));
        let mut state = self.replayed();
        if let Some(sabotage) = self.sabotage {
            sabotage.on_state(&mut state);
        }
        if self.disk.is_empty() { Machine::new(spec, window) } else { Machine::carried_on(spec, window, state) }
    }

    /// Hands something to the process, and carries out what follows.
    pub(super) fn input(&mut self, input: Input) {
        if self.dies_here() {
            return;
        }
        let input = match self.sabotage {
            Some(sabotage) => sabotage.on_input(input),
            None => input,
        };
        if !matches!(input, Input::Timeout) {
            self.tell(&format!("> {input:?}"));
        }
        self.check.input(&input);
        let now_ms = self.ground.now_ms;
        if let Some(process) = &mut self.process {
            process.machine.handle(now_ms, input);
        }
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.process.as_mut().and_then(|process| process.machine.poll_effect()) {
            if self.check.is_broken() || self.dies_here() {
                return;
            }
            let effects = match self.sabotage {
                Some(sabotage) => sabotage.on_effect(effect),
                None => vec![effect],
            };
            effects.into_iter().for_each(|effect| self.effect(effect));
        }
        let Some(process) = &self.process else { return };
        self.check.settled(&process.machine);
    }

    fn effect(&mut self, effect: Effect) {
        self.tell(&format!("    < {effect:?}"));
        match effect {
            Effect::Record(event) => self.record(&event),
            Effect::Run { run, of, hosts, fanouts, max_fail, halted } => {
                self.check.run(&run, of, (&hosts, &fanouts), max_fail, halted);
                self.take_up(run, of, &hosts, max_fail, halted);
            }
            Effect::Halt => {
                self.check.halts();
                if let Some(run) =
                    self.process.as_ref().and_then(|process| process.run.as_ref()).map(|run| run.run.clone())
                {
                    self.with_run(&run, Run::halt);
                }
            }
            Effect::Check { hosts, controls } => {
                self.check.asks(&hosts, &controls);
                self.ask(hosts);
            }
            Effect::Leave => {
                self.stats.count("left");
                self.check.leaves();
                self.process = None;
            }
        }
    }

    fn record(&mut self, event: &RolloutEvent) {
        self.stats.count(crate::rollouts::names::counted_as(&event.what));
        let line = serde_json::to_string(event).expect("an event can be written");
        self.check.record(&serde_json::from_str(&line).expect("what was written can be read"));
        self.disk.push(line);
    }

    /// Whether the process is killed here, and kills it.
    fn dies_here(&mut self) -> bool {
        self.steps += 1;
        let dies = self.process.is_some() && self.scenario.deaths.contains(&self.steps);
        if dies {
            self.kill();
        }
        dies
    }

    pub(super) fn kill(&mut self) {
        let Some(process) = self.process.take() else { return };
        self.stats.count("fault: process killed");
        if process.run.is_some() {
            self.stats.count("fault: process killed in a run");
        }
        self.tell("! the process is killed");
        if let Some(doing) = process.run.filter(|doing| doing.impossible.is_none()) {
            self.with_run(&doing.run, |run, _| run.leave_alone());
        }
        self.check.killed();
        self.returns_ms = Some(self.ground.now_ms + self.rng.range(1_000, 600_000));
    }
}
