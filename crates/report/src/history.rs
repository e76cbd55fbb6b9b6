//! The table of runs.

use crate::format;
use crate::info::RolloutOfRun;
use crate::sanitise::sanitise_line;
use crate::style::{Line, Tone};
use crate::words::{counts, ended_by};
use mcom_model::{EndedBy, Tally};
use serde::Serialize;
use std::io::{self, Write};
use std::time::Duration;

/// One run of the table.
#[derive(Clone, Debug)]
pub struct HistoryRow {
    /// The run's id.
    pub run: String,
    /// Wall-clock start in milliseconds since 1970, UTC.
    pub started_ms: u64,
    /// Who ran it.
    pub who: String,
    /// Number of hosts.
    pub hosts: u64,
    /// What people call the payload.
    pub payload: String,
    /// Why it was run.
    pub reason: Option<String>,
    /// The run whose hosts it tries again.
    pub retry_of: Option<String>,
    /// The rollout that it belongs to.
    pub rollout: Option<RolloutOfRun>,
    /// Where it stands.
    pub state: HistoryState,
}

/// Where a run stands.
#[derive(Clone, Copy, Debug)]
pub enum HistoryState {
    /// It is being carried out.
    Running,
    /// Its coordinator is gone, and it has not ended.
    Interrupted,
    /// It has ended.
    Ended {
        /// Counts of outcomes.
        tally: Tally,
        /// What ended it.
        by: EndedBy,
        /// How long it took.
        took: Duration,
    },
}

/// Characters of a payload's name.
const PAYLOAD: usize = 30;

/// Writes the table, in the order given. No rows, no table.
pub fn history(rows: &[HistoryRow], color: bool, out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let heads = ["RUN", "STARTED", "WHO", "HOSTS", "PAYLOAD", "TOOK"].map(str::to_owned);
    let cells: Vec<[String; 6]> = std::iter::once(heads).chain(rows.iter().map(cells)).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..6).map(width).collect();
    let mut results = vec![Line::new().add(Tone::Faint, "RESULT")];
    results.extend(rows.iter().map(result));
    for (place, (row, result)) in cells.iter().zip(results).enumerate() {
        let mut line = Line::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push(if place == 0 { Tone::Faint } else { Tone::Plain }, format!("{cell:width$}  "));
        }
        line.append(result);
        writeln!(out, "{}", line.render(color).trim_end())?;
    }
    Ok(())
}

/// Writes one JSON object a run.
pub fn history_json(rows: &[HistoryRow], out: &mut dyn Write) -> io::Result<()> {
    for row in rows {
        serde_json::to_writer(&mut *out, &object(row))?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

fn cells(row: &HistoryRow) -> [String; 6] {
    let took = match row.state {
        HistoryState::Ended { took, .. } => format::duration(took),
        HistoryState::Running | HistoryState::Interrupted => "-".into(),
    };
    let payload = Line::new().add(Tone::Plain, sanitise_line(row.payload.as_bytes())).render_cut(false, PAYLOAD);
    let who = sanitise_line(row.who.as_bytes());
    [row.run.clone(), format::date_time(row.started_ms), who, format::number(row.hosts), payload, took]
}

fn result(row: &HistoryRow) -> Line {
    let mut line = match row.state {
        HistoryState::Running => Line::new().add(Tone::Strong, "RUNNING"),
        HistoryState::Interrupted => {
            let mut line = Line::new().add(Tone::Doubtful, "INTERRUPTED");
            let what = match &row.rollout {
                Some(rollout) => format!("rollout resume {}", sanitise_line(rollout.name.as_bytes())),
                None => format!("resume {}", row.run),
            };
            line.push_apart(Tone::Faint, format!("mcom {what}"));
            line
        }
        HistoryState::Ended { ref tally, by, .. } => {
            let mut line = counts(tally);
            line.push_apart(Tone::Doubtful, ended_by(by));
            line
        }
    };
    if let Some(rollout) = &row.rollout {
        line.push_apart(Tone::Faint, format!("rollout {}", rollout.text()));
    }
    if let Some(run) = &row.retry_of {
        line.push_apart(Tone::Faint, format!("retry of {}", sanitise_line(run.as_bytes())));
    }
    if let Some(reason) = &row.reason {
        line.push_apart(Tone::Faint, format!("\"{}\"", sanitise_line(reason.as_bytes())));
    }
    line
}

#[derive(Serialize)]
struct Object<'a> {
    v: u32,
    run: &'a str,
    started_ms: u64,
    who: &'a str,
    hosts: u64,
    payload: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rollout: Option<Rollout<'a>>,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<EndedBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tally: Option<serde_json::Value>,
}

#[derive(Serialize)]
struct Rollout<'a> {
    rollout: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
}

fn object(row: &HistoryRow) -> Object<'_> {
    let (state, took, by, tally) = match row.state {
        HistoryState::Running => ("running", None, None, None),
        HistoryState::Interrupted => ("interrupted", None, None, None),
        HistoryState::Ended { tally, by, took } => ("ended", Some(took), Some(by), Some(crate::json::tally(&tally))),
    };
    Object {
        v: crate::json::VERSION,
        run: &row.run,
        started_ms: row.started_ms,
        who: &row.who,
        hosts: row.hosts,
        payload: &row.payload,
        reason: row.reason.as_deref(),
        retry_of: row.retry_of.as_deref(),
        rollout: row.rollout.as_ref().map(|rollout| Rollout {
            rollout: rollout.id.as_str(),
            name: &rollout.name,
            stage: rollout.stage.as_deref(),
        }),
        state,
        took_ms: took.map(|took| u64::try_from(took.as_millis()).unwrap_or(u64::MAX)),
        by,
        tally,
    }
}
