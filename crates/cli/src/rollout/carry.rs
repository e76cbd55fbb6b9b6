//! Carries a rollout on: what its machine wants is done here, one run, one round of questions and one terminal at a
//! time, until it is over, waits for an operator, or the operator leaves.

use crate::args::OutputArgs;
use crate::config::Settings;
use crate::error::{CliError, plain};
use crate::exit;
use crate::rollout::check::in_one_line;
use crate::rollout::code::of_state;
use crate::rollout::doing::{Asking, Running, Work, leave_all, of};
use crate::rollout::orders::{Ordered, Reply, orders, pass_on};
use crate::rollout::runs::{Wanted, ends, in_flight, stopped};
use crate::rollout::show::Show;
use crate::run::{Came, EndSignals, Operator, event_loop, now_ms, who};
use crate::socket::ControlSocket;
use mcom_ledger::{RolloutHead, RolloutRecord};
use mcom_model::{HostRanges, RunId};
use mcom_rollout::{Answered, Effect, Input, Machine, Order, State, Verb};
use std::cell::RefCell;
use std::time::Duration;
use tokio::sync::mpsc;

/// A rollout that this process has to itself.
pub struct Carrying<'a> {
    /// Everything that was fixed before it began.
    pub head: &'a RolloutHead,
    /// Its record.
    pub record: RolloutRecord,
    /// What decides.
    pub machine: Machine,
    /// The settings.
    pub settings: &'a Settings,
    /// What is printed.
    pub output: &'a OutputArgs,
    /// What the operator typed already.
    pub operator: Operator,
    /// Whether it has just begun, and what its record says was told to nobody.
    pub is_new: bool,
}

/// The longest sleep: the clock on the wall may be set in between.
const NAP: Duration = Duration::from_secs(20);

/// How long answers are passed on before it is looked whether all are.
const LAST_WORDS: Duration = Duration::from_millis(5);

/// How often the line at the bottom of a terminal is drawn.
const FRAME: Duration = Duration::from_secs(1);

/// Carries it on and returns the exit code.
pub fn carry(carrying: Carrying<'_>) -> Result<u8, CliError> {
    let runtime = event_loop()?;
    let Carrying { head, record, machine, settings, output, operator, is_new } = carrying;
    runtime.block_on(async {
        let signals = EndSignals::listen().map_err(|error| CliError::system("no signals", &error))?;
        let mut show = Show::new(output, settings);
        let rollout = record.reader();
        for event in rollout.events()? {
            let event = event?;
            match is_new {
                true => show.event(&head.spec, machine.state(), &event),
                false => show.past_event(&event),
            }
        }
        let (sender, ordered) = orders();
        let operator = RefCell::new(operator);
        let work = Work { head, rollout: &rollout, settings, operator: &operator };
        let mut carrier = Carrier { work, record, machine, show, signals, ordered, interrupted: 0, in_flight: 0 };
        // Gone before the record is let go: the next process that has it has a socket there too.
        let socket = ControlSocket::bind(rollout.dir());
        if let Err(error) = &socket {
            let text = format!("mcom: orders from other terminals will not reach this process: {}", plain(error));
            carrier.show.line(&text);
        }
        let mut passing = std::pin::pin!(pass_on(socket.as_ref().ok(), sender));
        let end = tokio::select! {
            end = carrier.go_on() => end?,
            never = &mut passing => match never {},
        };
        // Who comes now hears that it is ending; who was heard hears what came of it.
        carrier.ordered.close();
        while socket.as_ref().is_ok_and(ControlSocket::is_answering) {
            let _ = tokio::time::timeout(LAST_WORDS, &mut passing).await;
        }
        Ok(carrier.leave(end))
    })
}

/// Why the process ends.
enum End {
    /// There is nothing to do for it.
    Rests,
    /// The operator has left.
    Left,
    /// The record cannot be written any more, and hosts may have been touched.
    Lost(CliError),
}

struct Carrier<'a> {
    work: Work<'a>,
    record: RolloutRecord,
    machine: Machine,
    show: Show<'a>,
    signals: EndSignals,
    ordered: mpsc::Receiver<Ordered>,
    /// How often the operator has interrupted.
    interrupted: u32,
    /// Hosts that were running when a run was halted, and came to their end.
    in_flight: u64,
}

impl<'a> Carrier<'a> {
    async fn go_on(&mut self) -> Result<End, CliError> {
        let (mut running, mut asking): (Option<Running<'a>>, Option<Asking<'a>>) = (None, None);
        loop {
            if let Err(error) = self.perform(&mut running, &mut asking) {
                return self.give_up(error, running).await;
            }
            if running.is_none() && asking.is_none() && self.rests() {
                return Ok(End::Rests);
            }
            self.show.draw(&self.work.head.spec, self.machine.state(), now_ms());
            let nap = self.nap();
            tokio::select! {
                (run, hosts, came) = of(&mut running) => {
                    running = None;
                    self.show.run_ends();
                    match self.run_ended(run, &hosts, came) {
                        Some(input) => self.machine.handle(now_ms(), input),
                        None => return Ok(End::Left),
                    }
                }
                answered = of(&mut asking) => {
                    asking = None;
                    self.answered(answered);
                }
                Some((order, reply)) = self.ordered.recv() => {
                    let said = self.ordered(order);
                    if let Err(error) = self.perform(&mut running, &mut asking) {
                        return self.give_up(error, running).await;
                    }
                    // Only now it is on the disk.
                    let _ = reply.send(said);
                }
                _ = self.signals.next() => {
                    if self.is_left() {
                        leave_all(running, asking).await;
                        self.show.run_ends();
                        return Ok(End::Left);
                    }
                }
                () = tokio::time::sleep(nap) => self.wake(),
            }
        }
    }

    /// Does what the machine wants done, in its order. An error: it could not be recorded.
    fn perform(&mut self, running: &mut Option<Running<'a>>, asking: &mut Option<Asking<'a>>) -> Result<(), CliError> {
        while let Some(effect) = self.machine.poll_effect() {
            match effect {
                Effect::Record(event) => {
                    self.record.append(&event)?;
                    self.show.event(&self.work.head.spec, self.machine.state(), &event);
                }
                Effect::Run { run, of, hosts, fanouts, max_fail, halted } => {
                    *running = Some(self.run(Wanted { run, of, hosts, fanouts, max_fail, halted }));
                }
                Effect::Halt => {
                    if let Some(running) = running {
                        running.stop.halt();
                    }
                }
                Effect::Check { hosts, .. } => *asking = Some(self.work.ask(hosts, self.machine.state().stage)),
                Effect::Leave => {}
            }
        }
        // Whoever does not watch any more wants no answers.
        if let Some(asking) = asking.as_ref().filter(|_| self.machine.state().state != State::Soaking) {
            asking.stop.stop();
        }
        Ok(())
    }

    fn rests(&self) -> bool {
        !self.machine.state().state.goes_on()
    }

    fn run(&mut self, wanted: Wanted) -> Running<'a> {
        let shown = self.show.of_run(wanted.hosts.len());
        let running = self.work.run(wanted, shown);
        self.show.run_begins(running.stop.clone());
        running
    }

    /// What the machine is told of a run that has ended; none where the operator has left it.
    fn run_ended(&mut self, run: RunId, hosts: &HostRanges, came: Result<Came, CliError>) -> Option<Input> {
        match came {
            Ok(came) => {
                self.in_flight = in_flight(&came);
                let ends = ends(&came, hosts)?;
                Some(Input::RunEnded { stopped: stopped(&came, &run), run, hosts: ends })
            }
            Err(error) => Some(Input::RunImpossible { run, why: in_one_line(&error) }),
        }
    }

    fn answered(&mut self, answered: Result<Answered, String>) {
        let input = match answered {
            Ok(answered) => Input::Checked(answered),
            Err(why) => Input::CheckImpossible { why },
        };
        self.machine.handle(now_ms(), input);
    }

    fn ordered(&mut self, order: Order) -> Reply {
        match self.machine.can(&order) {
            Ok(()) => {
                self.interrupted = 0;
                self.machine.handle(now_ms(), Input::Asked(order));
                Reply::Taken
            }
            Err(refusal) => Reply::Refused { why: refusal.to_string() },
        }
    }

    /// An interrupt: the first one pauses where that is possible, the second leaves.
    fn is_left(&mut self) -> bool {
        self.interrupted += 1;
        if self.interrupted > 1 {
            return true;
        }
        let name = &self.work.head.spec.name;
        let order = Order { verb: Verb::Pause, who: who(), reason: None };
        match self.machine.can(&order) {
            Ok(()) => {
                self.show.line(&format!(
                    "interrupted: nothing new starts, what runs comes to its end\ninterrupt again to leave at once: mcom \
                     rollout resume {name} goes on"
                ));
                self.machine.handle(now_ms(), Input::Asked(order));
            }
            Err(refusal) => {
                self.show.line(&format!("mcom: {refusal}\ninterrupt again to leave at once"));
            }
        }
        false
    }

    fn nap(&self) -> Duration {
        let now = now_ms();
        let due = self.machine.next_timeout_ms().map(|due| Duration::from_millis(due.saturating_sub(now)));
        let most = if self.show.draws() { FRAME } else { NAP };
        due.map_or(most, |due| due.min(most))
    }

    fn wake(&mut self) {
        if self.machine.next_timeout_ms().is_some_and(|due| due <= now_ms()) {
            self.machine.handle(now_ms(), Input::Timeout);
        }
    }

    /// The rollout's record cannot be written: what runs comes to its end, and nothing is decided any more.
    async fn give_up(&mut self, error: CliError, running: Option<Running<'a>>) -> Result<End, CliError> {
        let name = &self.work.head.spec.name;
        if let Some(running) = running {
            running.stop.tell(&format!("mcom: {}; nothing new starts", error.message));
            running.stop.halt();
            let mut running = Some(running);
            tokio::select! {
                _ = of(&mut running) => {}
                _ = self.signals.next() => leave_all(running, None).await,
            }
            self.show.run_ends();
        }
        let error = error.hint(format!("when it can be written again: mcom rollout resume {name}"));
        if self.machine.state().runs.is_empty() { Err(error) } else { Ok(End::Lost(error)) }
    }

    /// Says why the process goes. Returns the exit code.
    fn leave(&mut self, end: End) -> u8 {
        let (spec, state) = (&self.work.head.spec, self.machine.state());
        match end {
            End::Rests => {
                let in_flight = if state.state == State::Done { 0 } else { self.in_flight };
                self.show.ended(spec, state, in_flight);
                of_state(state)
            }
            End::Left => {
                let (name, is) = (&spec.name, state.state.words());
                self.show.line(&format!("left: rollout {name} is {is}: mcom rollout resume {name} goes on"));
                exit::INTERRUPTED
            }
            End::Lost(error) => {
                self.show.line(error.to_string().trim_end());
                exit::HALTED
            }
        }
    }
}
