//! Every error of the program: its kind, what helps, and its exit code. A host that fails is no error: it is an
//! outcome.

use crate::exit;
use mcom_ledger::{OutputError, ReadError, WriteError};
use std::fmt;

/// An error that ends the program before any host was touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    /// What kind of error.
    pub kind: ErrorKind,
    /// Where and why, without a full stop.
    pub message: String,
    /// What to type, one line each; the kind's own hint where empty.
    pub hints: Vec<String>,
}

/// The kind of an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line is wrong.
    Usage,
    /// A pattern is wrong.
    Pattern,
    /// A term matched no host.
    NothingMatched,
    /// A script, or a file for standard input, cannot be used as it is.
    Payload,
    /// A file cannot be read or written.
    File,
    /// The configuration is wrong.
    Config,
    /// An inventory is wrong.
    Inventory,
    /// A saved plan cannot be used.
    Plan,
    /// A rollout's file is wrong.
    Rollout,
    /// There is no such rollout.
    NoRollout,
    /// A saved plan no longer holds.
    StalePlan,
    /// There is no ssh on this machine.
    NoSsh,
    /// The node for the hosts is not there.
    NoNode,
    /// The ledger cannot be used.
    Ledger,
    /// There is no such run in the ledger.
    NoRun,
    /// Another process carries the run on.
    Busy,
    /// The run has nothing left to do.
    NothingLeft,
    /// It would be unsafe, or the operator did not confirm it.
    Refused,
    /// The operator interrupted at a question.
    Interrupted,
}

impl ErrorKind {
    /// The exit code.
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::File | Self::NoSsh | Self::NoNode | Self::Ledger => exit::OWN_ERROR,
            Self::Usage | Self::Pattern | Self::Payload | Self::Config => exit::USAGE,
            Self::Inventory | Self::Plan | Self::Rollout => exit::USAGE,
            Self::NothingMatched | Self::NoRun | Self::NoRollout | Self::NothingLeft => exit::NOTHING_MATCHED,
            Self::StalePlan | Self::Busy | Self::Refused => exit::REFUSED,
            Self::Interrupted => exit::INTERRUPTED,
        }
    }

    /// What helps against every error of this kind.
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Self::Usage => Some("all flags: mcom --help"),
            Self::Pattern => Some("try a pattern without touching a host: mcom hosts -h PATTERN --explain"),
            Self::NothingMatched => Some("what a pattern matches: mcom hosts -h PATTERN --explain"),
            Self::Config => Some("the settings in force: mcom config show --origin"),
            Self::Plan | Self::StalePlan => {
                Some("make the plan again: mcom plan -h PATTERN -s SCRIPT --json > plan.json")
            }
            Self::NoSsh => Some("install OpenSSH's client (openssh-client, openssh-clients), or correct PATH"),
            Self::Ledger => Some("the ledger is below $XDG_STATE_HOME/mcom, ~/.local/state/mcom without it"),
            Self::NoRun => Some("the runs of this machine: mcom history"),
            Self::NoRollout => Some("the rollouts of this machine: mcom rollout list"),
            Self::Rollout => Some("a commented file to begin with: mcom rollout init"),
            Self::NothingLeft => Some("what came of it: mcom log RUN"),
            Self::Payload | Self::File | Self::Inventory | Self::NoNode => None,
            Self::Busy | Self::Refused | Self::Interrupted => None,
        }
    }
}

impl CliError {
    /// An error of `kind`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hints: Vec::new() }
    }

    /// Adds a line that says what to type.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Interrupted at a question, before anything was started.
    pub fn interrupted() -> Self {
        Self::new(ErrorKind::Interrupted, "interrupted: nothing was started")
    }

    /// Something that the system does not give.
    pub fn system(what: &str, error: &std::io::Error) -> Self {
        Self::new(ErrorKind::File, format!("{what}: {}", plain(error)))
    }

    /// A file that cannot be read.
    pub fn unreadable(what: &str, path: &str, error: &std::io::Error) -> Self {
        Self::new(ErrorKind::File, format!("{what} {path} cannot be read: {}", plain(error)))
    }
}

impl From<ReadError> for CliError {
    fn from(error: ReadError) -> Self {
        Self::new(ErrorKind::Ledger, error.to_string())
    }
}

impl From<WriteError> for CliError {
    fn from(error: WriteError) -> Self {
        Self::new(ErrorKind::Ledger, error.to_string())
    }
}

impl From<OutputError> for CliError {
    fn from(error: OutputError) -> Self {
        Self::new(ErrorKind::Ledger, error.to_string())
    }
}

/// What the system says, without Rust's `(os error 2)`.
pub fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "mcom: {}", self.message)?;
        match (self.hints.is_empty(), self.kind.hint()) {
            (true, Some(hint)) => writeln!(f, "  {hint}"),
            _ => self.hints.iter().try_for_each(|hint| writeln!(f, "  {hint}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_error_has_a_code_that_says_a_host_was_touched() {
        use ErrorKind::*;
        for kind in [
            Usage,
            Pattern,
            NothingMatched,
            Payload,
            File,
            Config,
            Inventory,
            Plan,
            Rollout,
            NoRollout,
            StalePlan,
            NoSsh,
            NoNode,
            Ledger,
            NoRun,
            Busy,
            NothingLeft,
            Refused,
        ] {
            assert!((1..10).contains(&kind.exit_code()), "{kind:?}");
        }
        assert_eq!(CliError::interrupted().kind.exit_code(), exit::INTERRUPTED);
    }

    #[test]
    fn hints_stand_below_the_message() {
        let error = CliError::new(ErrorKind::Usage, "no hosts");
        assert_eq!(error.to_string(), "mcom: no hosts\n  all flags: mcom --help\n");
        assert_eq!(error.hint("a").hint("b").to_string(), "mcom: no hosts\n  a\n  b\n");
    }
}
