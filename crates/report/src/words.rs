//! The words for outcomes, the same in every view.

use crate::format;
use crate::info::RunInfo;
use crate::sanitise::sanitise_line;
use crate::state::Turn;
use crate::style::{Line, Tone};
use mcom_model::{EndedBy, Exit, Outcome, OutcomeKind, Reason, ReasonKind, RunClock, Tally};
use std::time::Duration;

/// Kinds of outcomes, the ones that need attention first.
pub(crate) const BY_WEIGHT: [OutcomeKind; 9] = [
    OutcomeKind::Failed,
    OutcomeKind::TimedOut,
    OutcomeKind::Killed,
    OutcomeKind::Unreachable,
    OutcomeKind::Refused,
    OutcomeKind::Unknown,
    OutcomeKind::NotRun,
    OutcomeKind::Skipped,
    OutcomeKind::Ok,
];

/// Whether somebody has to look at a host that ended so.
pub(crate) const fn is_bad(kind: OutcomeKind) -> bool {
    !matches!(kind, OutcomeKind::Ok | OutcomeKind::Skipped)
}

/// Whether hosts that ended so are named even where they printed nothing: a host that was skipped says through whom it
/// has the payload.
pub(crate) const fn is_named(kind: OutcomeKind) -> bool {
    !matches!(kind, OutcomeKind::Ok)
}

/// The word in a list: what needs attention stands in capitals, so that colour is not needed to find it.
pub(crate) fn label(kind: OutcomeKind) -> String {
    if is_bad(kind) { kind.words().to_uppercase() } else { kind.words().to_owned() }
}

pub(crate) const fn tone(kind: OutcomeKind) -> Tone {
    match kind {
        OutcomeKind::Ok => Tone::Good,
        OutcomeKind::Skipped => Tone::Faint,
        OutcomeKind::NotRun | OutcomeKind::Unknown => Tone::Doubtful,
        _ => Tone::Bad,
    }
}

/// What the word leaves open: the exit, or the reason. Fit for a terminal.
pub(crate) fn detail(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed { exit: Exit::Code(code) } => format!("exit {code}"),
        Outcome::Failed { exit: Exit::Signal(signal) } => format!("signal {signal}{}", signal_name(*signal)),
        Outcome::Ok | Outcome::TimedOut | Outcome::Killed => String::new(),
        Outcome::Unreachable { reason }
        | Outcome::Refused { reason }
        | Outcome::Skipped { reason }
        | Outcome::NotRun { reason }
        | Outcome::Unknown { reason } => sanitise_line(reason.text.as_bytes()),
    }
}

/// The class of a reason: `connect timeout`.
pub(crate) fn words_of(kind: ReasonKind) -> String {
    let name = serde_json::to_value(kind).ok();
    name.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().replace('-', " ")
}

/// `72 ok 3 FAILED`.
pub(crate) fn counts(tally: &Tally) -> Line {
    let kinds = std::iter::once(OutcomeKind::Ok).chain(BY_WEIGHT.into_iter().filter(|&kind| kind != OutcomeKind::Ok));
    let mut line = Line::new();
    for kind in kinds.filter(|&kind| tally.count(kind) > 0) {
        if line.width() > 0 {
            line.push(Tone::Plain, " ");
        }
        line.push(tone(kind), format!("{} {}", tally.count(kind), label(kind)));
    }
    line
}

/// `171 ok, 3 failed, 1 unreachable`.
pub(crate) fn counts_in_words(tally: &Tally) -> String {
    let kinds = OutcomeKind::ALL.into_iter().filter(|&kind| tally.count(kind) > 0);
    let words = kinds.map(|kind| format!("{} {}", format::number(tally.count(kind)), kind.words()));
    words.collect::<Vec<_>>().join(", ")
}

/// What ended a run, where it was not itself.
pub(crate) const fn ended_by(by: EndedBy) -> &'static str {
    match by {
        EndedBy::Itself => "",
        EndedBy::Cancel => "CANCELLED",
        EndedBy::LedgerFull => "HALTED: the ledger could not be written",
        EndedBy::MaxFail => "HALTED: too many hosts were bad",
        EndedBy::Deadline => "HALTED: the deadline came",
        EndedBy::Interrupt => "HALTED by the operator",
    }
}

/// What halted a run, behind the word for it: ` by the operator`, `: 4 hosts are bad, --max-fail 3`. The reason that
/// is recorded speaks to each host.
pub(crate) fn halt(info: &RunInfo, by: EndedBy, reason: &Reason, bad: u64) -> String {
    match by {
        EndedBy::Interrupt => " by the operator".to_owned(),
        EndedBy::LedgerFull => ": the ledger could not be written".to_owned(),
        EndedBy::Deadline => match info.deadline_ms {
            Some(ms) => format!(": the deadline of {} came", format::duration(Duration::from_millis(ms))),
            None => ": the deadline came".to_owned(),
        },
        EndedBy::MaxFail => {
            let are = if bad == 1 { "is" } else { "are" };
            let limit = info.max_fail.map(|limit| format!(", --max-fail {limit}"));
            format!(": {} {are} bad{}", format::hosts(bad), limit.unwrap_or_default())
        }
        EndedBy::Itself | EndedBy::Cancel => format!(": {}", sanitise_line(reason.text.as_bytes())),
    }
}

/// `halted +12.0s: 4 hosts are bad, --max-fail 3`.
pub(crate) fn turn_line(info: &RunInfo, at: RunClock, turn: &Turn) -> Line {
    let at = format::moment(at);
    let text = match turn {
        Turn::Halted { by, reason, bad } => format!("halted {at}{}", halt(info, *by, reason, *bad)),
        Turn::CancelAsked { by: None } => format!("cancel asked {at}"),
        Turn::CancelAsked { by: Some(by) } => format!("cancel asked {at} by {}", sanitise_line(by.as_bytes())),
        Turn::Resumed { who, asked, to_start } => {
            let who = sanitise_line(who.as_bytes());
            let hosts = match (*asked, *to_start) {
                (asked, 0) => format!("{} asked again", format::hosts(asked)),
                (0, to_start) => format!("{} to start", format::hosts(to_start)),
                (asked, to_start) => {
                    format!("{} asked again, {} to start", format::hosts(asked), format::number(to_start))
                }
            };
            format!("resumed {at} by {who} ({hosts})")
        }
    };
    Line::new().add(Tone::Doubtful, text)
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        1 => " (HUP)",
        2 => " (INT)",
        3 => " (QUIT)",
        4 => " (ILL)",
        6 => " (ABRT)",
        7 => " (BUS)",
        8 => " (FPE)",
        9 => " (KILL)",
        11 => " (SEGV)",
        13 => " (PIPE)",
        14 => " (ALRM)",
        15 => " (TERM)",
        24 => " (XCPU)",
        25 => " (XFSZ)",
        _ => "",
    }
}
