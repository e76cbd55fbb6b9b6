//! `mcom rollout undo`: reverts a rollout where it began.

use crate::args::RolloutUndoArgs;
use crate::config::Settings;
use crate::confirm::confirm;
use crate::error::{CliError, ErrorKind};
use crate::policy::check_undo;
use crate::rollout::{LeaveOut, held_still, machine, options, refuse_held, stored_head, the_open_one};
use crate::run::who;
use crate::trace;
use crate::verbs::rollout::orders::Here;
use mcom_model::{HostId, HostRanges};
use mcom_report::rollout::status_text;
use mcom_report::sanitise_line;
use mcom_rollout::{Order, RolloutState, Verb};
use std::collections::BTreeSet;

/// Reverts it. Returns the exit code.
pub(super) fn undo(args: &RolloutUndoArgs, settings: &Settings) -> Result<u8, CliError> {
    trace::start(args.output.verbose);
    // One that is over is named: nobody means to revert whatever came last.
    let rollout = the_open_one(args.name.as_deref(), "undo", settings)?;
    let head = stored_head(&rollout)?;
    let order = Order { verb: Verb::Undo { skipped: args.all }, who: who(), reason: args.reason.clone() };
    let machine = machine(&rollout, &head)?;
    machine.can(&order).map_err(|refusal| CliError::new(ErrorKind::Refused, refusal.to_string()))?;
    let hosts = hosts(machine.state(), args.all);
    check_undo(hosts.len(), args.reason.as_deref(), settings)?;
    if machine.state().state.is_over() {
        // It has let its hosts go.
        let names: Vec<&str> = hosts.iter().map(|id| head.spec.plan.host(*id).name.as_str()).collect();
        let _held = held_still(&order.who, settings)?;
        refuse_held(&names, &head.spec.id, LeaveOut::Never, settings)?;
    }
    if !args.detach.detached {
        let name = sanitise_line(head.spec.name.as_bytes());
        let brief =
            || status_text(&head.spec, machine.state(), None, crate::run::now_ms(), &options(&args.output, settings));
        let look = format!("mcom rollout status -v {}", head.spec.id);
        confirm(&format!("undo {name}"), hosts.len(), args.yes.yes(), &look, brief, settings)?;
    }
    let mut words = vec!["undo".to_owned(), head.spec.id.to_string()];
    words.extend(args.all.then(|| "--all".to_owned()));
    words.extend(args.reason.iter().map(|reason| format!("--reason={reason}")));
    let here = Here { rollout: &rollout, head: &head, output: &args.output };
    here.or_without(order, args.detach.detach, args.detach.detached, &words, settings)
}

/// On which hosts something is reverted.
fn hosts(state: &RolloutState, all: bool) -> BTreeSet<HostId> {
    let (changed, half_changed) = (state.changed(), state.half_changed());
    let skipped = if all { state.skipped() } else { HostRanges::default() };
    [changed, half_changed, skipped].iter().flat_map(HostRanges::iter).collect()
}
