//! The record of a rollout that begins, made in one step with the look whether another one holds its hosts.

use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::rollout::lay::Laid;
use crate::run::now_ms;
use mcom_fleet::hostset::fold;
use mcom_ledger::{
    HoldError, RolloutHead, RolloutRecord, RolloutSummary, StoredRollout, hold, list_rollouts, rollouts_dir,
};
use mcom_model::Plan;
use mcom_rollout::{Effect, Input, Machine, RolloutSpec};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Records a rollout whose hosts no other one holds. It has begun when this returns.
pub fn begin(laid: Laid, settings: &Settings) -> Result<(RolloutHead, RolloutRecord, Machine), CliError> {
    let Laid { spec, window, blobs, links, .. } = laid;
    let rollouts = rollouts_dir(&settings.state_home.value);
    let _held = hold(&rollouts, &spec.who).map_err(|error| match error {
        error @ HoldError::Busy { .. } => CliError::new(ErrorKind::Busy, error.to_string()),
        error @ HoldError::Write(_) => ledger(&error),
    })?;
    for other in
        list_rollouts(&rollouts).map_err(|error| ledger(&error))?.rollouts.iter().filter(|other| other.is_open())
    {
        refuse_overlap(&spec.plan, other)?;
    }
    // A question may have waited for its answer: the window, and the time that everything takes, count from here.
    let spec = RolloutSpec { started_ms: now_ms(), ..spec };
    let version = concat!("mcom ", env!("CARGO_PKG_VERSION"));
    let head = RolloutHead::new(spec, version, std::env::args().collect(), links);
    let mut record = RolloutRecord::create(&rollouts, &head).map_err(|error| ledger(&error))?;
    let mut begin = || {
        blobs.iter().try_for_each(|(blob, bytes)| record.store_blob(&blob.digest, bytes).map_err(|e| ledger(&e)))?;
        let mut machine = Machine::new(Arc::new(head.spec.clone()), window.clone());
        machine.handle(head.spec.started_ms, Input::CarryOn { who: head.spec.who.clone() });
        // With its first event on the disk it holds its hosts.
        match machine.poll_effect() {
            Some(Effect::Record(event)) => record.append(&event).map_err(|error| ledger(&error))?,
            _ => unreachable!("every rollout begins with an event"),
        }
        Ok(machine)
    };
    match begin() {
        Ok(machine) => Ok((head, record, machine)),
        Err(error) => {
            // It has not begun, and nobody is to wonder what it is.
            let _ = std::fs::remove_dir_all(record.dir());
            Err(error)
        }
    }
}

/// Refuses hosts that another rollout, which is not over, has.
fn refuse_overlap(plan: &Plan, other: &RolloutSummary) -> Result<(), CliError> {
    let head = StoredRollout::open(&other.dir).and_then(|other| other.head()).map_err(|error| ledger(&error))?;
    let theirs: BTreeSet<&str> = head.spec.plan.hosts.iter().map(|host| host.name.as_str()).collect();
    let both: Vec<&str> =
        plan.hosts.iter().map(|host| host.name.as_str()).filter(|name| theirs.contains(name)).collect();
    if both.is_empty() {
        return Ok(());
    }
    let (name, id, who) = (&other.name, &other.id, &other.who);
    let state = other.state.as_ref().map_or("about to begin", |state| state.state.words());
    let reason = other.reason.as_ref().map_or_else(String::new, |reason| format!(" \"{reason}\""));
    let (count, hosts) = (both.len(), fold(both));
    let are = if count == 1 { "host" } else { "hosts" };
    let message =
        format!("rollout {name} ({id}) of {who}{reason} is {state} and holds {count} of these {are}: {hosts}");
    Err(CliError::new(ErrorKind::Busy, message)
        .hint(format!("how far it is: mcom rollout status {id}"))
        .hint(format!(
            "leave its hosts out: exclude = \"{}\" in the file, or -x",
            fold(head.spec.plan.hosts.iter().map(|host| host.name.as_str()))
        ))
        .hint(format!("end it: mcom rollout abort {id}")))
}

fn ledger(error: &dyn std::error::Error) -> CliError {
    CliError::new(ErrorKind::Ledger, error.to_string())
}

/// The folder of a rollout's record, as text.
pub(super) fn folder(dir: &Path) -> String {
    dir.display().to_string()
}
