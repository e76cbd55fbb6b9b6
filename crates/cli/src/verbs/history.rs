//! `mcom history`: the runs that this machine's ledger holds; with hosts, what earlier runs did to these. Newest first.

use crate::args::{HistoryArgs, InquiryArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::exit;
use crate::inquire::{Question, ask};
use crate::output::{print_bytes, say};
use crate::request::build;
use crate::resolve::StandardInput;
use crate::run::Terminal;
use crate::verbs::who::answer_options;
use mcom_ledger::{RunStatus, RunSummary, runs_dir};
use mcom_model::Inquiry;
use mcom_report::{HistoryRow, HistoryState, RolloutOfRun, history as table, history_json, write_past};

/// Runs of each host that are shown.
const LAST: u32 = 10;

/// Prints the runs. Returns the exit code.
pub fn history(args: &HistoryArgs, settings: &Settings) -> Result<u8, CliError> {
    if !args.asked.targets.hosts.is_empty() {
        return of_hosts(args, settings);
    }
    if args.asked != InquiryArgs::default() {
        return Err(CliError::new(ErrorKind::Usage, "these flags say how hosts are asked, and no hosts are given")
            .hint("what earlier runs did to hosts: mcom history -h PATTERN")
            .hint("the runs of this machine: mcom history"));
    }
    of_ledger(args, settings).map(|()| exit::OK)
}

/// What the hosts themselves know, whoever ran it and from where.
fn of_hosts(args: &HistoryArgs, settings: &Settings) -> Result<u8, CliError> {
    let planned = build(args.asked.settle(settings)?, settings, &StandardInput::default())?;
    let inquiry = Inquiry::History { last: args.last.unwrap_or(LAST) };
    let question = Question { inquiry, run_as: args.asked.run_as.run_as() };
    let asked = ask(&planned.plan, &question, &args.asked.ssh, settings)?;
    let mut text = Vec::new();
    write_past(&asked.answers, &answer_options(args.json, settings), &mut text).expect("memory can be written");
    print_bytes(&text)?;
    Ok(asked.code)
}

fn of_ledger(args: &HistoryArgs, settings: &Settings) -> Result<(), CliError> {
    let runs = runs_dir(&settings.state_home.value);
    let listing = mcom_ledger::list(&runs, args.last.map(|last| last as usize))?;
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
        rollout: run.rollout.map(|of| RolloutOfRun { id: of.id, name: of.name, stage: of.stage }),
        state: match run.status {
            RunStatus::Running => HistoryState::Running,
            RunStatus::Interrupted => HistoryState::Interrupted,
            RunStatus::Ended(end) => HistoryState::Ended { tally: end.tally, by: end.by, took: end.took },
        },
    }
}
