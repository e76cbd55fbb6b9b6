//! The verbs.

use crate::args::groups::{
    ColorChoice, CredentialsArgs, InquiryArgs, LockArgs, OutputArgs, PaceArgs, PasswordArgs, PayloadArgs, SafetyArgs,
    SshArgs, TargetArgs, TreeArgs, YesArgs,
};
use crate::args::rollout::{RolloutArgs, StagesArgs};
use crate::args::value::{duration, user, whole};
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  mcom -h 'mail[1-100]-(dc1|dc2)' -s fix.sh      run a script on 200 hosts through two parents
  mcom -h @web -- systemctl is-active nginx      run a command, quoted for you
  mcom -h ^hosts.txt -c 'uptime | cut -d, -f1'   run shell text on the hosts of a file
  mcom plan -h @web -s fix.sh                    what would happen
  mcom log --failed                              the last run, what failed in it
  mcom resume                                    carry on the last run that did not finish
  mcom rollout start nginx-fix.toml              a change in stages, watched between them

Exit codes: 0 every host ok; 1-4 nothing was started; 10 some failed, 11 some unreachable, 12 both;
13 halted, 14 a rollout waits; 16 the state of a host is unknown; 130, 143 interrupted. All of them: docs/exit-codes.md";

/// Run a script or a command on many hosts in many datacenters, through a tree, over plain SSH.
///
/// Without a verb, mcom runs: `mcom -h PATTERN -s SCRIPT`.
#[derive(Parser, Clone, Debug)]
#[command(name = "mcom", version, disable_help_flag = true, disable_help_subcommand = true, color = clap::ColorChoice::Never)]
#[command(after_help = EXAMPLES, override_usage = "mcom [run] -h PATTERN (-s SCRIPT | -c TEXT | -- CMD...) [FLAGS]\n       mcom VERB [FLAGS]")]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub verb: Verb,
    /// Help
    #[arg(short = '?', long, global = true, action = clap::ArgAction::Help)]
    pub help: Option<bool>,
}

/// What to do.
#[derive(Subcommand, Clone, Debug)]
#[command(disable_help_flag = true)]
pub enum Verb {
    /// Run a script or command on the hosts, now; the verb may be left out
    Run(Box<RunArgs>),
    /// Resolve, choose parents, print the plan; ships nothing
    Plan(Box<PlanArgs>),
    /// Expand, fold, count and explain a pattern
    Hosts(HostsArgs),
    /// Carry on a run that did not finish: ask every host whose end is not known, start what was not started
    Resume(ResumeArgs),
    /// Run the same payload again on the hosts of a run that failed, could not be reached or did not run
    ///
    /// It is a new run with an id of its own. Pace, limits, reason and what happens where a host is held are those of
    /// the first run, but for what is typed here: mcom retry --lock-wait 10m
    Retry(RetryArgs),
    /// Follow a run that another process carries out
    ///
    /// It shows a run that goes on elsewhere: begun by another operator of this account, or at a terminal that was
    /// lost. Where nobody carries the run on, after a detach for example, mcom resume does.
    Watch(WatchArgs),
    /// End a run from any terminal of this machine: start nothing new, and end what runs
    Cancel(CancelArgs),
    /// A change that goes out in stages, watched: begun, paused, resumed, undone
    ///
    /// A file says which hosts, what is run on them, in which stages, how long each is watched and how its health is
    /// asked. It stops by itself where hosts go bad, and anybody on this machine can see how far it is.
    Rollout(RolloutArgs),
    /// The nested log of a run, the last one unless named; or that of a rollout
    Log(LogArgs),
    /// The runs of this machine's ledger; with -h, what earlier runs did to these hosts
    History(Box<HistoryArgs>),
    /// Which run holds each of these hosts now
    Who(Box<WhoArgs>),
    /// Whether these hosts are there, through the tree: by whom and which way, how far, and whether their clocks are right
    Ping(Box<PingArgs>),
    /// This machine's own set-up, and what to do where it will not do
    Doctor(DoctorArgs),
    /// The settings
    Config(ConfigArgs),
    /// Help, of one verb where it is named
    Help {
        /// The verb
        verb: Option<String>,
    },
}

/// The flags that make a plan, whatever the verb.
#[derive(Args, Clone, Debug, Default)]
pub struct AskedArgs {
    /// Which hosts.
    #[command(flatten)]
    pub targets: TargetArgs,
    /// What is run.
    #[command(flatten)]
    pub payload: PayloadArgs,
    /// How fast.
    #[command(flatten)]
    pub pace: PaceArgs,
    /// The tree.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// SSH.
    #[command(flatten)]
    pub ssh: SshArgs,
    /// Before anything starts.
    #[command(flatten)]
    pub safety: SafetyArgs,
}

/// `mcom run`.
#[derive(Args, Clone, Debug, Default)]
pub struct RunArgs {
    /// What is asked for.
    #[command(flatten)]
    pub asked: AskedArgs,
    /// What sudo wants to know.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// Carry out a plan: the id that mcom plan gave it, or a file of mcom plan --json; refused where it no longer holds
    #[arg(long, value_name = "ID|FILE", help_heading = "Safety", conflicts_with_all = [
        "hosts", "exclude", "inventory", "pick", "dc_from", "script", "command", "env", "cwd", "stdin", "argv", "sudo", "doas",
        "fanout", "connect_timeout", "command_timeout", "global_fanout", "deadline", "max_fail", "fail_fast",
        "parents", "width", "depth", "flat", "user", "credentials", "reason", "once", "no_lock", "lock_wait",
    ])]
    pub plan: Option<String>,
    /// Whether it may start without asking.
    #[command(flatten)]
    pub yes: YesArgs,
    /// In stages.
    #[command(flatten)]
    pub stages: StagesArgs,
    /// Print the plan and start nothing
    #[arg(short = 'n', long, help_heading = "Safety")]
    pub dry_run: bool,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcom plan`.
#[derive(Args, Clone, Debug, Default)]
pub struct PlanArgs {
    /// What is asked for.
    #[command(flatten)]
    pub asked: AskedArgs,
    /// The plan as the value that `run --plan` accepts
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// `mcom hosts`.
#[derive(Args, Clone, Debug, Default)]
pub struct HostsArgs {
    /// Which hosts.
    #[command(flatten)]
    pub targets: TargetArgs,
    /// One pattern for all of them
    #[arg(long, help_heading = "Output", conflicts_with_all = ["count", "explain", "json"])]
    pub fold: bool,
    /// How many they are
    #[arg(long, help_heading = "Output", conflicts_with_all = ["explain", "json"])]
    pub count: bool,
    /// Each term of the pattern, what it means and how many hosts it gives
    #[arg(long, help_heading = "Output", conflicts_with = "json")]
    pub explain: bool,
    /// One JSON object a host
    #[arg(long, help_heading = "Output")]
    pub json: bool,
    /// What was typed outside of flags: always refused, with advice.
    #[arg(hide = true, value_name = "WORD")]
    pub stray: Vec<String>,
}

/// `mcom resume`.
#[derive(Args, Clone, Debug, Default)]
pub struct ResumeArgs {
    /// The run: its id or the beginning of it; the latest one that did not finish unless named
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Try hosts that cannot be reached again for so long
    #[arg(long, value_name = "TIME", value_parser = duration)]
    pub wait: Option<Duration>,
    /// What sudo wants to know.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcom retry`.
#[derive(Args, Clone, Debug, Default)]
pub struct RetryArgs {
    /// The run: its id or the beginning of it; the last one unless named
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Whether it may start without asking.
    #[command(flatten)]
    pub yes: YesArgs,
    /// Print the plan and start nothing
    #[arg(short = 'n', long)]
    pub dry_run: bool,
    /// How fast, where it is not to be as before.
    #[command(flatten)]
    pub pace: PaceArgs,
    /// What sudo wants to know.
    #[command(flatten)]
    pub password: PasswordArgs,
    /// How parents log in on their children, where it is not to be as before.
    #[command(flatten)]
    pub credentials: CredentialsArgs,
    /// Why: kept in the ledger and told to the payload; that of the run unless given
    #[arg(long, value_name = "TEXT", help_heading = "Safety")]
    pub reason: Option<String>,
    /// Where another run holds a host.
    #[command(flatten)]
    pub lock: LockArgs,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcom watch`.
#[derive(Args, Clone, Debug, Default)]
pub struct WatchArgs {
    /// The run: its id or the beginning of it; the latest one that goes on unless named
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcom cancel`.
#[derive(Args, Clone, Debug, Default)]
pub struct CancelArgs {
    /// The run: its id or the beginning of it; the latest one that goes on unless named
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcom log`.
#[derive(Args, Clone, Debug, Default)]
pub struct LogArgs {
    /// The run: its id or the beginning of it; or a rollout: its name or id
    #[arg(value_name = "RUN")]
    pub run: Option<String>,
    /// Only these hosts of the run; a pattern over their names
    #[arg(short = 'h', long = "hosts", value_name = "PATTERN")]
    pub hosts: Vec<String>,
    /// Only hosts that are not ok
    #[arg(long)]
    pub failed: bool,
    /// Only hosts whose name or output has a match
    #[arg(long, value_name = "REGEX")]
    pub grep: Option<String>,
    /// One line a host, by name or by time, instead of groups
    #[arg(long, value_name = "ORDER")]
    pub by: Option<LogOrder>,
    /// Unfold a level; may repeat
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// The exact bytes that the hosts of -h printed, and nothing else
    #[arg(long, requires = "hosts", conflicts_with_all = ["failed", "grep", "by", "verbose", "json"])]
    pub raw: bool,
    /// The recorded events, one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// When to use colour [default: auto]
    #[arg(long, value_name = "WHEN")]
    pub color: Option<ColorChoice>,
}

/// `mcom log --by`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogOrder {
    /// In natural order of names
    Host,
    /// As they ended
    Time,
}

/// `mcom history`.
#[derive(Args, Clone, Debug, Default)]
pub struct HistoryArgs {
    /// The hosts to ask, where any are named.
    #[command(flatten)]
    pub asked: InquiryArgs,
    /// So many runs at most [default: all; with -h 10 of each host]
    #[arg(long, value_name = "N", value_parser = whole::<1, 1000>, allow_negative_numbers = true)]
    pub last: Option<u32>,
    /// One JSON object a run, or a host
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// `mcom who`.
#[derive(Args, Clone, Debug, Default)]
pub struct WhoArgs {
    /// The hosts to ask.
    #[command(flatten)]
    pub asked: InquiryArgs,
    /// One JSON object a host
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// `mcom ping`.
#[derive(Args, Clone, Debug, Default)]
pub struct PingArgs {
    /// The hosts to ask.
    #[command(flatten)]
    pub asked: InquiryArgs,
    /// Collect the keys of hosts that are not known yet, show them, ask, and keep them in known_hosts
    #[arg(long, conflicts_with = "json")]
    pub learn: bool,
    /// Keep the keys without being asked
    #[arg(short, long, requires = "learn")]
    pub yes: bool,
    /// One JSON object a host
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// `mcom doctor`.
#[derive(Args, Clone, Debug, Default)]
pub struct DoctorArgs {
    /// Only the line that a host needs in authorized_keys, to let parents in by certificate
    #[arg(long)]
    pub ca: bool,
    /// The user that the line is for [default: the configured one, or the one who calls]
    #[arg(short = 'l', long = "user", value_name = "USER", value_parser = user, requires = "ca")]
    pub user: Option<String>,
    /// One JSON object a check
    #[arg(long, conflicts_with = "ca")]
    pub json: bool,
}

/// `mcom config`.
#[derive(Args, Clone, Debug)]
pub struct ConfigArgs {
    /// What to do with them.
    #[command(subcommand)]
    pub verb: ConfigVerb,
}

/// What to do with the settings.
#[derive(Subcommand, Clone, Debug)]
pub enum ConfigVerb {
    /// Every setting and its value
    #[command(disable_help_flag = true)]
    Show {
        /// Also where each value comes from
        #[arg(long)]
        origin: bool,
    },
}

/// The reference of the command line, `docs/cli.md`, made from the definitions above.
pub fn reference() -> String {
    let mut text = String::from(
        "# Command line reference\n\nGenerated from the program; a test compares the two. How patterns, datacenters and \
         the printed output work is in the guide.\n",
    );
    let mut root = Cli::command().term_width(100);
    section(&mut text, "mcom", &mut root);
    root.build();
    for verb in root.get_subcommands_mut() {
        let name = format!("mcom {}", verb.get_name());
        section(&mut text, &name, verb);
        for inner in verb.get_subcommands_mut() {
            section(&mut text, &format!("{name} {}", inner.get_name()), inner);
        }
    }
    text
}

fn section(text: &mut String, name: &str, command: &mut clap::Command) {
    let help = command.clone().term_width(100).render_long_help().to_string();
    text.push_str(&format!("\n## {name}\n\n```text\n"));
    for line in help.trim_end().lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text.push_str("```\n");
}
