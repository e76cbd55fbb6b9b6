//! Flags that several verbs share, grouped as `--help` shows them.

use crate::args::value::{EnvVar, Pick, credentials, duration, user, whole};
use clap::{Args, ValueEnum};
use mcom_model::{Credentials, RunAs, RunAsTool};
use std::time::Duration;

/// Which hosts.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Targets")]
pub struct TargetArgs {
    /// Hosts, such as "mail[1-100]-(dc1|dc2)", @group, ^file, /regex/ or - for standard input; may repeat
    #[arg(short = 'h', long = "hosts", value_name = "PATTERN")]
    pub hosts: Vec<String>,
    /// Hosts to leave out, in the same grammar; may repeat
    #[arg(short = 'x', long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
    /// An inventory file (TOML); may repeat; instead of the configured ones
    #[arg(short = 'i', long, value_name = "FILE")]
    pub inventory: Vec<String>,
    /// Only N of the hosts, or N of each datacenter, chosen by a seed that is printed
    #[arg(long, value_name = "N|N/dc")]
    pub pick: Option<Pick>,
    /// The one rule for datacenters: suffix, dns, none, or a regular expression with a group called dc
    #[arg(long, value_name = "RULE")]
    pub dc_from: Option<String>,
}

/// What is run there.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Payload")]
pub struct PayloadArgs {
    /// A script; its interpreter line is honoured, its arguments come after --
    #[arg(short, long, value_name = "FILE|-", conflicts_with = "command")]
    pub script: Option<String>,
    /// Text for /bin/sh on each host
    #[arg(short, long, value_name = "TEXT")]
    pub command: Option<String>,
    /// Set a variable for the payload; may repeat
    #[arg(short, long = "env", value_name = "KEY=VAL")]
    pub env: Vec<EnvVar>,
    /// The payload's working directory; the user's home without it
    #[arg(long, value_name = "DIR")]
    pub cwd: Option<String>,
    /// A file for the payload's standard input; /dev/null without it
    #[arg(long, value_name = "FILE|-")]
    pub stdin: Option<String>,
    /// As which user.
    #[command(flatten)]
    pub run_as: RunAsArgs,
    /// What was typed outside of flags and --: always refused, with advice.
    #[arg(hide = true, value_name = "WORD")]
    pub stray: Vec<String>,
    /// A command and its arguments, quoted for you; with -s, the script's arguments
    #[arg(last = true, value_name = "CMD|ARG")]
    pub argv: Vec<String>,
}

/// As which user, where that is not the one who logs in.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Payload")]
pub struct RunAsArgs {
    /// As this user, root unless named, by sudo
    #[arg(long, value_name = "USER", num_args = 0..=1, require_equals = true, default_missing_value = "root", value_parser = user)]
    pub sudo: Option<String>,
    /// As this user, root unless named, by doas
    #[arg(long, value_name = "USER", num_args = 0..=1, require_equals = true, default_missing_value = "root", value_parser = user)]
    #[arg(conflicts_with = "sudo")]
    pub doas: Option<String>,
}

impl RunAsArgs {
    /// What was typed.
    pub fn run_as(&self) -> Option<RunAs> {
        let (tool, user) = match (&self.sudo, &self.doas) {
            (Some(user), _) => (RunAsTool::Sudo, user),
            (None, Some(user)) => (RunAsTool::Doas, user),
            (None, None) => return None,
        };
        Some(RunAs { tool, user: user.clone() })
    }
}

/// What sudo wants to know.
#[derive(Args, Clone, Copy, Debug, Default)]
#[command(next_help_heading = "Payload")]
pub struct PasswordArgs {
    /// Ask once for the password that sudo wants; only where no parent sees it: --credentials transit, or --flat
    #[arg(short = 'K', long)]
    pub ask_sudo_password: bool,
}

/// How fast and how long.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Pace")]
pub struct PaceArgs {
    /// Payloads running at once in each datacenter; never changes the tree [default: 32]
    #[arg(short, long, value_name = "N", value_parser = whole::<1, { u32::MAX }>, allow_negative_numbers = true)]
    pub fanout: Option<u32>,
    /// Time for one connection to be made [default: 10s]
    #[arg(short = 't', long, value_name = "TIME", value_parser = duration)]
    pub connect_timeout: Option<Duration>,
    /// Time for the payload on each host; it is ended after that
    #[arg(short = 'u', long, value_name = "TIME", value_parser = duration)]
    pub command_timeout: Option<Duration>,
    /// Payloads running at once over all datacenters, shared out fairly; each has its --fanout as well
    #[arg(long, value_name = "N", value_parser = whole::<1, { u32::MAX }>, allow_negative_numbers = true)]
    pub global_fanout: Option<u32>,
    /// Time for the whole run: nothing starts after that, and what runs is ended
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub deadline: Option<Duration>,
    /// Start nothing new when more than N hosts failed, timed out, were not reached or are unknown
    #[arg(long, value_name = "N", value_parser = whole::<0, { u32::MAX }>, allow_negative_numbers = true)]
    pub max_fail: Option<u32>,
    /// Start nothing new when one host is bad: --max-fail 0
    #[arg(short = 'k', long, conflicts_with = "max_fail")]
    pub fail_fast: bool,
}

/// The tree's shape.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Tree")]
pub struct TreeArgs {
    /// Hosts to prefer as parents; may repeat
    #[arg(long, value_name = "PATTERN")]
    pub parents: Vec<String>,
    /// Children per parent [default: 32]
    #[arg(long, value_name = "N", value_parser = whole::<1, { u32::MAX }>, allow_negative_numbers = true)]
    pub width: Option<u32>,
    /// Levels below this machine at most; 1 has no parents
    #[arg(long, value_name = "N", value_parser = whole::<1, { mcom_model::limits::LEVELS }>, allow_negative_numbers = true)]
    pub depth: Option<u32>,
    /// No datacenters and no parents: connect to every host from here
    #[arg(long, conflicts_with_all = ["depth", "parents", "dc_from"])]
    pub flat: bool,
}

/// How SSH connects.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "SSH")]
pub struct SshArgs {
    /// The user on every host whose target does not name one
    #[arg(short = 'l', long = "user", value_name = "USER")]
    pub user: Option<String>,
    /// An ssh option for the links from here, as after ssh -o; may repeat
    #[arg(short = 'o', value_name = "SSHOPT")]
    pub options: Vec<String>,
    /// The ssh_config for the links from here
    #[arg(short = 'F', value_name = "FILE")]
    pub config: Option<String>,
    /// A private key to log in with, before those of the ssh_config; may repeat
    #[arg(long, value_name = "FILE")]
    pub identity: Vec<String>,
    /// How parents log in on their children.
    #[command(flatten)]
    pub credentials: CredentialsArgs,
}

/// How parents log in on their children.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "SSH")]
pub struct CredentialsArgs {
    /// How parents log in on their children, where the inventory does not say it for a host
    #[arg(long, value_name = "WAY", value_parser = credentials())]
    pub credentials: Option<Credentials>,
}

/// What is asked or recorded before anything starts.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Safety")]
pub struct SafetyArgs {
    /// Why: kept in the ledger and told to the payload
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Skip hosts that already ran this payload ok
    #[arg(long)]
    pub once: bool,
    /// Where another run holds a host.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// What is confirmed beforehand.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Safety")]
pub struct YesArgs {
    /// Start without asking, on any number of hosts; with COUNT only where they are just so many
    #[arg(short, long, value_name = "COUNT", num_args = 0..=1, require_equals = true, default_missing_value = ANY, value_parser = yes)]
    yes: Option<Yes>,
}

/// Whether it was said beforehand that a run may start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Yes {
    /// It was not.
    #[default]
    Unsaid,
    /// On any number of hosts.
    Any,
    /// On just so many.
    Exactly(u64),
}

/// What `--yes` stands for without a count.
const ANY: &str = "any";

impl YesArgs {
    /// What was typed.
    pub fn yes(&self) -> Yes {
        self.yes.unwrap_or_default()
    }
}

fn yes(text: &str) -> Result<Yes, String> {
    if text == ANY {
        return Ok(Yes::Any);
    }
    let count = text.parse().map_err(|_| format!("`{text}` is no number of hosts: write --yes=300, or --yes"))?;
    Ok(Yes::Exactly(count))
}

/// What happens where another run holds a host.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Safety")]
pub struct LockArgs {
    /// Run also where another run holds the host
    #[arg(long, conflicts_with = "lock_wait")]
    pub no_lock: bool,
    /// Time to wait for another run that holds a host; refused there at once without it
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub lock_wait: Option<Duration>,
}

/// Which hosts are asked, and through whom.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct InquiryArgs {
    /// Which hosts.
    #[command(flatten)]
    pub targets: TargetArgs,
    /// The tree.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// SSH.
    #[command(flatten)]
    pub ssh: SshArgs,
    /// As which user they answer.
    #[command(flatten)]
    pub run_as: RunAsArgs,
    /// Time for one connection to be made [default: 10s]
    #[arg(short = 't', long, value_name = "TIME", value_parser = duration, help_heading = "SSH")]
    pub connect_timeout: Option<Duration>,
    /// What was typed outside of flags: always refused, with advice.
    #[arg(hide = true, value_name = "WORD")]
    pub stray: Vec<String>,
}

/// What is printed, and how.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// What hosts print: folded at the end, as lines when a host ends, as lines while it prints, or not at all
    #[arg(short = 'O', long, value_name = "HOW")]
    pub output: Option<OutputChoice>,
    /// Fold equal outputs, as in clush: -O fold
    #[arg(short = 'b', conflicts_with_all = ["output", "lines"])]
    pub fold: bool,
    /// Lines in the order of hosts, as in clush: -O lines
    #[arg(short = 'L', conflicts_with = "output")]
    pub lines: bool,
    /// No host names before lines, as in clush
    #[arg(short = 'N')]
    pub no_labels: bool,
    /// What outputs may differ in and still fold together
    #[arg(long, value_name = "WHAT", value_delimiter = ',')]
    pub fold_ignore: Vec<FoldIgnore>,
    /// One JSON object a line on standard output
    #[arg(long, conflicts_with_all = ["output", "fold", "lines", "no_labels"])]
    pub json: bool,
    /// Also write each host's output to DIR/HOST.out and DIR/HOST.err
    #[arg(long, value_name = "DIR")]
    pub outdir: Option<String>,
    /// More: lists hosts; twice: diagnostics on standard error
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Only results and errors
    #[arg(short, long, conflicts_with = "verbose")]
    pub quiet: bool,
    /// How progress is shown [default: auto]
    #[arg(long, value_name = "HOW")]
    pub progress: Option<ProgressChoice>,
    /// When to use colour [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub color: Option<ColorChoice>,
    /// Exit with the largest code of any host, 255 for one that could not be reached
    #[arg(short = 'S', long)]
    pub maxrc: bool,
}

/// `-O`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum OutputChoice {
    /// Raw for one host; folded on a terminal; lines as they arrive in a pipe
    Auto,
    /// Equal outputs once, with their hosts, at the end
    Fold,
    /// `host: line`, when a host has ended
    Lines,
    /// `host: line`, while it is printed
    Stream,
    /// Nothing
    None,
}

/// What outputs may differ in and still fold together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FoldIgnore {
    /// The host's own name
    Host,
    /// Dates and times
    Time,
    /// Numbers
    Num,
}

/// `--progress`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ProgressChoice {
    /// A live block on a terminal, lines elsewhere
    Auto,
    /// The live block
    Bar,
    /// A line now and then
    Line,
    /// Nothing
    None,
}

/// `--color`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}
