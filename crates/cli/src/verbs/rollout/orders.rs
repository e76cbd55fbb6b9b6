//! `mcom rollout pause`, `abort`, `resume` and `approve`: from any terminal of this machine.

use crate::args::{OutputArgs, RolloutGoOnArgs, RolloutOrderArgs, RolloutResumeArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::rollout::{Given, become_detached, give, go_on_without, machine, stored_head, the_open_one};
use crate::run::who;
use crate::trace;
use mcom_ledger::{RolloutHead, StoredRollout};
use mcom_rollout::{Order, Skip, Verb};

/// Starts nothing more for now. Returns the exit code.
pub(super) fn pause(args: &RolloutOrderArgs, settings: &Settings) -> Result<u8, CliError> {
    plain(Verb::Pause, args, settings)
}

/// Ends it. Returns the exit code.
pub(super) fn abort(args: &RolloutOrderArgs, settings: &Settings) -> Result<u8, CliError> {
    plain(Verb::Abort, args, settings)
}

/// Goes on. Returns the exit code.
pub(super) fn resume(args: &RolloutResumeArgs, settings: &Settings) -> Result<u8, CliError> {
    go_on(Verb::Resume(Skip { bad: args.accept_bad, ..skip(&args.go_on) }), &args.go_on, settings)
}

/// Passes the gate. Returns the exit code.
pub(super) fn approve(args: &RolloutGoOnArgs, settings: &Settings) -> Result<u8, CliError> {
    go_on(Verb::Approve(skip(args)), args, settings)
}

const fn skip(args: &RolloutGoOnArgs) -> Skip {
    Skip { soak: args.skip_soak, health: args.skip_health, bad: false }
}

fn plain(verb: Verb, args: &RolloutOrderArgs, settings: &Settings) -> Result<u8, CliError> {
    trace::start(args.output.verbose);
    let rollout = the_open_one(args.name.as_deref(), verb.word(), settings)?;
    let head = stored_head(&rollout)?;
    let order = Order { verb, who: who(), reason: args.reason.clone() };
    give(Given { rollout: &rollout, head: &head, order, settings, output: &args.output })
}

fn go_on(verb: Verb, args: &RolloutGoOnArgs, settings: &Settings) -> Result<u8, CliError> {
    trace::start(args.output.verbose);
    let rollout = the_open_one(args.name.as_deref(), verb.word(), settings)?;
    let head = stored_head(&rollout)?;
    let order = Order { verb, who: who(), reason: args.reason.clone() };
    let mut words = vec![verb.word().to_owned(), head.spec.id.to_string()];
    words.extend(args.skip_soak.then(|| "--skip-soak".to_owned()));
    words.extend(args.skip_health.then(|| "--skip-health".to_owned()));
    let accepts_bad = matches!(verb, Verb::Resume(skip) if skip.bad);
    words.extend(accepts_bad.then(|| "--accept-bad".to_owned()));
    words.extend(args.reason.iter().map(|reason| format!("--reason={reason}")));
    let here = Here { rollout: &rollout, head: &head, output: &args.output };
    here.or_without(order, args.detach.detach, args.detach.detached, &words, settings)
}

/// A rollout, and how it is shown at this terminal.
pub(super) struct Here<'a> {
    pub(super) rollout: &'a StoredRollout,
    pub(super) head: &'a RolloutHead,
    pub(super) output: &'a OutputArgs,
}

impl Here<'_> {
    /// Gives an order; where nobody carries the rollout on, it goes on here, or without this terminal.
    pub(super) fn or_without(
        self,
        order: Order,
        detach: bool,
        detached: bool,
        words: &[String],
        settings: &Settings,
    ) -> Result<u8, CliError> {
        let Self { rollout, head, output } = self;
        if detached {
            become_detached();
        }
        let carried_on = rollout.writer()?.is_some();
        if !detach || carried_on {
            return give(Given { rollout, head, order, settings, output });
        }
        refuse_now(rollout, head, &order)?;
        go_on_without(rollout, &head.spec.name, words)
    }
}

/// Refuses here what would be refused where nobody sees it.
fn refuse_now(rollout: &StoredRollout, head: &RolloutHead, order: &Order) -> Result<(), CliError> {
    let machine = machine(rollout, head)?;
    let is_just_that = matches!(order.verb, Verb::Resume(skip) if !skip.any()) && machine.state().state.goes_on();
    match machine.can(order) {
        Err(refusal) if !is_just_that => Err(CliError::new(ErrorKind::Refused, refusal.to_string())),
        _ => Ok(()),
    }
}
