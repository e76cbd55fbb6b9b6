//! Exit codes: below 10 and not 0 means that no host was touched. `docs/exit-codes.md` lists them; a test compares.

use mcom_model::{EndedBy, Exit, Outcome, OutcomeKind, Tally};
use mcom_report::HostView;

/// Every host is ok, or was skipped because it has the payload.
pub const OK: u8 = 0;
/// An error of mcom or of this machine, before the start.
pub const OWN_ERROR: u8 = 1;
/// Usage or syntax: arguments, patterns, scripts, configuration, inventory.
pub const USAGE: u8 = 2;
/// A pattern matched no host; there is no such run, or none with anything left to do.
pub const NOTHING_MATCHED: u8 = 3;
/// Refused before the start: a saved plan that no longer holds, a run that another process carries on, what would be
/// unsafe, what the operator did not confirm.
pub const REFUSED: u8 = 4;
/// Some hosts failed, timed out or were killed.
pub const SOME_FAILED: u8 = 10;
/// Some hosts could not be reached, or nothing may start there.
pub const SOME_UNREACHABLE: u8 = 11;
/// Both: some failed, and some could not be reached.
pub const FAILED_AND_UNREACHABLE: u8 = 12;
/// Halted: some hosts did not run. Wins over those above. A rollout: paused by bad hosts or by health, aborted, undone.
pub const HALTED: u8 = 13;
/// A rollout waits: it is paused, a stage waits for approval, or it is not at its end.
pub const WAITS: u8 = 14;
/// The state of at least one host could not be learned. Wins over the others.
pub const UNKNOWN: u8 = 16;
/// Interrupted, or cancelled from elsewhere: nothing new started, and the run ended cleanly.
pub const INTERRUPTED: u8 = 130;
/// Terminated, after a clean cancel.
pub const TERMINATED: u8 = 143;
/// What `--maxrc` gives where a host could not be reached.
pub const MAXRC_UNREACHABLE: u8 = 255;

/// Every code with its name and meaning, in order.
pub const ALL: [(u8, &str, &str); 13] = [
    (OK, "OK", "every host is ok, or was skipped because it has the payload"),
    (OWN_ERROR, "OWN_ERROR", "an error of mcom or of this machine, before the start"),
    (USAGE, "USAGE", "usage or syntax: arguments, patterns, scripts, configuration, inventory"),
    (NOTHING_MATCHED, "NOTHING_MATCHED", "a pattern matched no host; no such run, or none with anything left to do"),
    (
        REFUSED,
        "REFUSED",
        "refused before the start: a saved plan that no longer holds, a run that another process carries on, a password that parents would see, a configuration that others may write, a rule of the policy, what the operator did not confirm, another number of hosts than --yes says",
    ),
    (SOME_FAILED, "SOME_FAILED", "some hosts failed, timed out or were killed"),
    (SOME_UNREACHABLE, "SOME_UNREACHABLE", "some hosts could not be reached, or nothing may start there"),
    (FAILED_AND_UNREACHABLE, "FAILED_AND_UNREACHABLE", "both: some failed, and some could not be reached"),
    (
        HALTED,
        "HALTED",
        "halted: some hosts did not run; wins over 10, 11 and 12; a rollout: paused by bad hosts or by health, aborted or undone",
    ),
    (WAITS, "WAITS", "a rollout waits: paused by an operator, for approval, or, as `status` says, not at its end"),
    (UNKNOWN, "UNKNOWN", "the state of at least one host could not be learned; wins over the others"),
    (
        INTERRUPTED,
        "INTERRUPTED",
        "interrupted, or cancelled from elsewhere: nothing new started, and the run ended cleanly",
    ),
    (TERMINATED, "TERMINATED", "terminated, after a clean cancel"),
];

/// The signal that ended a run early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndedBySignal {
    /// SIGINT.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// The exit code of a run that was ended so, by this signal where it came to this process.
pub fn of_run(tally: &Tally, by: Option<EndedBy>, signal: Option<EndedBySignal>) -> u8 {
    let any = |kinds: &[OutcomeKind]| kinds.iter().any(|&kind| tally.count(kind) > 0);
    if any(&[OutcomeKind::Unknown]) {
        return UNKNOWN;
    }
    match (signal, by) {
        (Some(EndedBySignal::Terminate), _) => return TERMINATED,
        (Some(EndedBySignal::Interrupt), _) | (None, Some(EndedBy::Cancel | EndedBy::Interrupt)) => return INTERRUPTED,
        (None, _) => {}
    }
    // What halted the run made some of the others what they are.
    if any(&[OutcomeKind::NotRun]) {
        return HALTED;
    }
    let failed = any(&[OutcomeKind::Failed, OutcomeKind::TimedOut, OutcomeKind::Killed]);
    let unreachable = any(&[OutcomeKind::Unreachable, OutcomeKind::Refused]);
    match (failed, unreachable) {
        (true, true) => FAILED_AND_UNREACHABLE,
        (true, false) => SOME_FAILED,
        (false, true) => SOME_UNREACHABLE,
        (false, false) => OK,
    }
}

/// The exit code of a run with `--maxrc`: the largest code of any host.
pub fn of_worst_host<'a>(hosts: impl Iterator<Item = &'a HostView>) -> u8 {
    hosts.map(of_host).max().unwrap_or(OK)
}

/// What a shell would say of the payload; what has no code of its own counts as not reached.
fn of_host(host: &HostView) -> u8 {
    let exit = match &host.outcome {
        Some(Outcome::Ok | Outcome::Skipped { .. }) => return OK,
        Some(Outcome::Failed { exit }) => Some(*exit),
        _ => host.receipt.as_ref().map(|receipt| receipt.exit),
    };
    let code = match exit {
        Some(Exit::Code(code)) => code,
        Some(Exit::Signal(signal)) => signal.saturating_add(128),
        None => return MAXRC_UNREACHABLE,
    };
    u8::try_from(code).unwrap_or(MAXRC_UNREACHABLE)
}

/// `docs/exit-codes.md`.
pub fn reference() -> String {
    let mut text = String::from(
        "# Exit codes\n\nBelow 10 and not 0 means that no host was touched. Generated from `crates/cli/src/exit.rs`; a \
         test compares the two.\n\n| code | name | meaning |\n|---|---|---|\n",
    );
    for (code, name, meaning) in ALL {
        text.push_str(&format!("| {code} | `{name}` | {meaning} |\n"));
    }
    text.push_str(&format!(
        "\nWith `-S`, `--maxrc`, the code is the largest one of any host, {MAXRC_UNREACHABLE} where one could not be \
         reached.\n"
    ));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(kinds: &[OutcomeKind]) -> Tally {
        let mut tally = Tally::default();
        kinds.iter().for_each(|&kind| tally.add(kind));
        tally
    }

    #[test]
    fn the_worst_host_decides() {
        use OutcomeKind::*;
        for (kinds, code) in [
            (&[Ok, Skipped][..], OK),
            (&[Ok, Failed], SOME_FAILED),
            (&[TimedOut], SOME_FAILED),
            (&[Ok, Refused], SOME_UNREACHABLE),
            (&[Failed, Unreachable], FAILED_AND_UNREACHABLE),
            (&[Ok, NotRun], HALTED),
            (&[Failed, Unreachable, NotRun], HALTED),
            (&[Unknown, NotRun], UNKNOWN),
            (&[Failed, Unreachable, Unknown], UNKNOWN),
        ] {
            assert_eq!(of_run(&tally(kinds), Some(EndedBy::Itself), None), code, "{kinds:?}");
        }
    }

    #[test]
    fn the_largest_code_of_any_host() {
        let host = |outcome| {
            let mut host = HostView::default();
            host.outcome = Some(outcome);
            host
        };
        let reason = mcom_model::Reason::new(mcom_model::ReasonKind::NoRoute, "no route");
        let ok = host(Outcome::Ok);
        let three = host(Outcome::Failed { exit: Exit::Code(3) });
        let killed = host(Outcome::Failed { exit: Exit::Signal(9) });
        let lost = host(Outcome::Unreachable { reason });
        assert_eq!(of_worst_host([&ok].into_iter()), 0);
        assert_eq!(of_worst_host([&ok, &three].into_iter()), 3);
        assert_eq!(of_worst_host([&three, &killed].into_iter()), 137);
        assert_eq!(of_worst_host([&three, &lost].into_iter()), 255);
    }

    #[test]
    fn a_clean_cancel_says_which_signal_but_never_hides_unknown() {
        use OutcomeKind::*;
        let cancelled = |kinds, signal| of_run(&tally(kinds), Some(EndedBy::Cancel), signal);
        assert_eq!(cancelled(&[Ok, NotRun], Some(EndedBySignal::Interrupt)), INTERRUPTED);
        assert_eq!(cancelled(&[Killed], Some(EndedBySignal::Terminate)), TERMINATED);
        assert_eq!(cancelled(&[Unknown], Some(EndedBySignal::Interrupt)), UNKNOWN);
        assert_eq!(cancelled(&[Killed], None), INTERRUPTED);
    }

    #[test]
    fn a_limit_that_kept_hosts_from_running_is_said_before_what_failed() {
        use OutcomeKind::*;
        let halted = |kinds, by| of_run(&tally(kinds), Some(by), None);
        assert_eq!(halted(&[Failed, NotRun], EndedBy::MaxFail), HALTED);
        assert_eq!(halted(&[TimedOut, NotRun], EndedBy::Deadline), HALTED);
        assert_eq!(halted(&[TimedOut, Ok], EndedBy::Deadline), SOME_FAILED);
        assert_eq!(halted(&[Failed, Unknown, NotRun], EndedBy::MaxFail), UNKNOWN);
    }
}
