//! `mcom history`: the runs that this machine's ledger holds, newest first.

use crate::args::HistoryArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::output::{print_bytes, say};
use crate::run::Terminal;
use mcom_ledger::{RunStatus, RunSummary, runs_dir};
use mcom_report::{HistoryRow, HistoryState, history as table, history_json};

/// Prints the runs.
pub fn history(args: &HistoryArgs, settings: &Settings) -> Result<(), CliError> {
    let runs = runs_dir(&settings.state_home.value);
    let listing =
        mcom_ledger::list(&runs, None).map_err(|error| CliError::new(ErrorKind::Ledger, error.to_string()))?;
    let rows: Vec<HistoryRow> = listing.runs.into_iter().map(row).collect();
    let terminal = Terminal::of_process();
    let mut text = Vec::new();
    let written = if args.json {
        history_json(&rows, &mut text)
    } else {
        table(&rows, terminal.color(settings.color.value, terminal.out), &mut text)
    };
    written.expect("memory can be written");
    print_bytes(&text)?;
    if rows.is_empty() && listing.unreadable.is_empty() {
        say(&format!("no run is recorded under {}\n", runs.display()));
    }
    for error in listing.unreadable {
        say(&format!("mcom: left out: {error}\n"));
    }
    Ok(())
}

fn row(run: RunSummary) -> HistoryRow {
    HistoryRow {
        run: run.run.to_string(),
        started_ms: run.started_ms,
        who: run.who,
        hosts: run.hosts,
        payload: run.payload,
        reason: run.reason,
        retry_of: run.retry_of.map(|run| run.to_string()),
        state: match run.status {
            RunStatus::Running => HistoryState::Running,
            RunStatus::Interrupted => HistoryState::Interrupted,
            RunStatus::Ended(end) => HistoryState::Ended { tally: end.tally, by: end.by, took: end.took },
        },
    }
}
