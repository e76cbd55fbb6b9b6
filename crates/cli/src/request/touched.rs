//! Which runs have touched the hosts of a plan since it was made.

use crate::error::CliError;
use mcom_fleet::hostset::HostSet;
use mcom_ledger::{ReadError, RunSummary, StoredRun};
use mcom_model::Plan;
use mcom_report::sanitise_line;
use std::path::Path;

/// As many runs are looked at first; where all of them are younger than the plan, four times as many, and so on.
const LOOKED_AT: usize = 16;

/// A line for each run of the ledger that started at this time or later and has hosts of the plan, the newest first.
pub(super) fn touched_since(made_ms: u64, plan: &Plan, runs: &Path) -> Result<Vec<String>, CliError> {
    let hosts: HostSet = plan.hosts.iter().map(|host| host.name.as_str()).collect();
    let since = started_since(made_ms, runs)?;
    let lines = since.into_iter().map(|run| line_of(&run, &hosts)).collect::<Result<Vec<_>, _>>()?;
    Ok(lines.into_iter().flatten().collect())
}

fn started_since(made_ms: u64, runs: &Path) -> Result<Vec<RunSummary>, ReadError> {
    let mut limit = LOOKED_AT;
    loop {
        let listing = mcom_ledger::list(runs, Some(limit))?;
        let all = listing.runs.len() + listing.unreadable.len() < limit;
        let since: Vec<_> = listing.runs.into_iter().filter(|run| run.started_ms >= made_ms).collect();
        // They come newest first: one that is older is followed by older ones.
        if all || since.len() < limit - listing.unreadable.len() {
            return Ok(since);
        }
        limit *= 4;
    }
}

/// What a run says of these hosts; none where it has none of them.
fn line_of(run: &RunSummary, hosts: &HostSet) -> Result<Option<String>, ReadError> {
    let head = StoredRun::open(&run.dir)?.head()?;
    let shared = head.plan.hosts.iter().filter(|host| hosts.contains(&host.name)).count();
    if shared == 0 {
        return Ok(None);
    }
    let clean = |text: &str| sanitise_line(text.as_bytes());
    let (who, what) = (clean(&run.who), clean(&run.payload));
    let these =
        if hosts.len() == 1 { "this host".to_owned() } else { format!("{shared} of these {} hosts", hosts.len()) };
    Ok(Some(format!("run {} of {who} has touched {these} since: {what}", run.run)))
}
