//! Which hosts other rollouts of this machine hold: none of them is touched by two at a time.

use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::output::say;
use mcom_fleet::hostset::fold;
use mcom_ledger::{
    Hold, HoldError, RolloutListing, RolloutSummary, StoredRollout, UnreadableRollout, hold, list_open_rollouts,
    rollouts_dir,
};
use mcom_model::RunId;
use std::collections::BTreeSet;

/// Holds the rollouts of this machine still: what is found out about them is so until this is dropped.
pub fn held_still(who: &str, settings: &Settings) -> Result<Hold, CliError> {
    hold(&rollouts_dir(&settings.state_home.value), who).map_err(|error| match error {
        error @ HoldError::Busy { .. } => CliError::new(ErrorKind::Busy, error.to_string()),
        HoldError::Write(error) => error.into(),
    })
}

/// Refuses hosts that a rollout has which is not over, or that one may have whose record cannot be read; `but` is the
/// one that wants them.
pub fn refuse_held(hosts: &[&str], but: &RunId, leave_out: LeaveOut, settings: &Settings) -> Result<(), CliError> {
    let listing = list_open_rollouts(&rollouts_dir(&settings.state_home.value))?;
    if let Some(other) = listing.unreadable.iter().find(|other| other.may_be_open) {
        return Err(may_hold(other));
    }
    let others = listing.rollouts.iter().filter(|other| other.id != *but);
    others.into_iter().try_for_each(|other| refuse_overlap(hosts, other, leave_out))
}

/// Where hosts can be left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum LeaveOut {
    /// In a rollout's file.
    InFile,
    /// With a flag.
    ByFlag,
    /// Nowhere.
    Never,
}

fn refuse_overlap(hosts: &[&str], other: &RolloutSummary, leave_out: LeaveOut) -> Result<(), CliError> {
    let head = StoredRollout::open(&other.dir).and_then(|other| other.head())?;
    let theirs: BTreeSet<&str> = head.spec.plan.hosts.iter().map(|host| host.name.as_str()).collect();
    let both: Vec<&str> = hosts.iter().copied().filter(|name| theirs.contains(name)).collect();
    if both.is_empty() {
        return Ok(());
    }
    let (name, id, who) = (&other.name, &other.id, &other.who);
    let state = other.state.as_ref().map_or("about to begin", |state| state.state.words());
    let reason = other.reason.as_ref().map_or_else(String::new, |reason| format!(" \"{reason}\""));
    let (count, both) = (both.len(), fold(both));
    let are = if count == 1 { "host" } else { "hosts" };
    let message = format!("rollout {name} ({id}) of {who}{reason} is {state} and holds {count} of these {are}: {both}");
    let error = CliError::new(ErrorKind::Busy, message).hint(format!("how far it is: mcom rollout status {id}"));
    let error = match leave_out {
        LeaveOut::InFile => error.hint(format!("leave them out: exclude = \"{both}\" in the file")),
        LeaveOut::ByFlag => error.hint(format!("leave them out: -x '{both}'")),
        LeaveOut::Never => error,
    };
    Err(error.hint(format!("end it: mcom rollout abort {id}")))
}

fn may_hold(other: &UnreadableRollout) -> CliError {
    let (dir, why) = (other.dir.display(), &other.error);
    CliError::new(ErrorKind::Busy, format!("a rollout whose record cannot be read may hold hosts: {why}"))
        .hint(format!("look whether it is over: {dir}"))
        .hint(format!("once it holds no host, move its record away: mv '{dir}' /var/tmp/"))
}

/// Says which rollouts cannot be read, where the one is looked for that is meant.
pub(super) fn say_unreadable(listing: &RolloutListing) {
    for other in listing.unreadable.iter().filter(|other| other.may_be_open) {
        say(&format!("mcom: a rollout that may not be over cannot be read, and is left out: {}\n", other.error));
    }
}
