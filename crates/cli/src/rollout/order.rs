//! An order from this terminal: given to the process that carries the rollout on, or followed here where nobody does.

use crate::args::OutputArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::output::say;
use crate::rollout::carry::{Carrying, carry};
use crate::rollout::code::of_order;
use crate::rollout::keys::try_keys;
use crate::rollout::orders::{self, Reply};
use crate::run::{Operator, now_ms, who};
use mcom_ledger::{ReopenError, RolloutHead, RolloutRecord, StoredRollout, Writer};
use mcom_rollout::{Input, Machine, Order, RolloutState, State, Verb, Window};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a process is waited for that comes, or goes, or does not answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often it is tried.
const AGAIN: Duration = Duration::from_millis(50);

/// An order, and how what follows is shown.
pub struct Given<'a> {
    /// The rollout.
    pub rollout: &'a StoredRollout,
    /// Its head.
    pub head: &'a RolloutHead,
    /// What is asked.
    pub order: Order,
    /// The settings.
    pub settings: &'a Settings,
    /// What is printed.
    pub output: &'a OutputArgs,
}

/// Gives the order, and carries the rollout on where nobody else does. Returns the exit code.
pub fn give(given: Given<'_>) -> Result<u8, CliError> {
    let until = Instant::now() + PATIENCE;
    loop {
        let (writer, why) = match RolloutRecord::reopen(given.rollout.dir(), &who()) {
            Ok(record) => return follow_here(given, record),
            Err(ReopenError::Busy { writer }) => match orders::order(given.rollout.dir(), &given.order) {
                Ok(Reply::Taken) => return Ok(taken(&given, &writer)),
                Ok(Reply::Refused { why }) => return Err(CliError::new(ErrorKind::Refused, why)),
                Err(why) => (writer, why),
            },
            Err(ReopenError::Read(error)) => return Err(error.into()),
            Err(ReopenError::Write(error)) => return Err(error.into()),
        };
        if Instant::now() >= until {
            return Err(no_answer(&given, &writer, &why));
        }
        std::thread::sleep(AGAIN);
    }
}

/// Nobody carries it on: this process does.
fn follow_here(given: Given<'_>, record: RolloutRecord) -> Result<u8, CliError> {
    let Given { rollout, head, order, settings, output } = given;
    let mut machine = machine(rollout, head)?;
    let goes_on = machine.state().state.goes_on();
    // Where it was left alone, to go on is all that is asked.
    let is_just_that = goes_on && matches!(order.verb, Verb::Resume(skip) if !skip.any());
    if !is_just_that {
        machine.can(&order).map_err(|refusal| CliError::new(ErrorKind::Refused, refusal.to_string()))?;
    }
    let mut operator = Operator::default();
    // Whatever is to be typed is typed while somebody is there; and an abort is never refused for want of a key.
    let begins = !matches!(order.verb, Verb::Pause | Verb::Abort) && machine.state().state != State::Aborting;
    if begins {
        try_keys(&head.spec, &head.ssh, &mut operator, settings)?;
        operator.leave_alone();
    }
    // Whoever carried it on first would begin what an order is there to prevent.
    let first = if is_just_that { Input::CarryOn { who: order.who } } else { Input::Asked(order) };
    machine.handle(now_ms(), first);
    carry(Carrying { head, record, machine, settings, output, operator, is_new: false })
}

/// What decides, as the record left it.
pub fn machine(rollout: &StoredRollout, head: &RolloutHead) -> Result<Machine, CliError> {
    let hosts = head.spec.plan.hosts.len();
    let state = rollout.state()?.unwrap_or_else(|| RolloutState::new(hosts));
    let window = head.spec.window.as_deref().map(|text| Window::parse(text, jiff::tz::db()));
    let window = window.transpose().map_err(|error| {
        let message = format!("the window of rollout {} cannot be used here: {error}", head.spec.name);
        CliError::new(ErrorKind::Config, message)
    })?;
    Ok(Machine::carried_on(Arc::new(head.spec.clone()), window, state))
}

fn taken(given: &Given<'_>, writer: &Writer) -> u8 {
    if !given.output.quiet {
        let (verb, name) = (given.order.verb, &given.head.spec.name);
        say(&format!("{verb}: {writer} carries it out\n  how far it is: mcom rollout status {name}\n"));
    }
    of_order(given.order.verb)
}

fn no_answer(given: &Given<'_>, writer: &Writer, why: &str) -> CliError {
    let name = &given.head.spec.name;
    CliError::new(
        ErrorKind::Busy,
        format!("rollout {name} is being carried on by {writer}, which does not answer: {why}"),
    )
    .hint(format!("end that process, then try again: kill {}", writer.pid))
}
