//! `mcom rollout`, and the stages of a plain run.

use crate::args::groups::{LockArgs, OutputArgs, SshArgs, TreeArgs, YesArgs};
use crate::args::value::duration;
use clap::{Args, Subcommand};
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  mcom rollout init nginx-fix.toml        write a commented file to begin with
  mcom rollout plan nginx-fix.toml        its stages, hosts and earliest ends; touches nothing
  mcom rollout start nginx-fix.toml       begin it here; --detach goes on without this terminal
  mcom rollout status                     how far it is, and what to type next

NAME is the rollout's name, its id or the beginning of the id. Where none is typed, the one is
meant that is not over.";

/// `mcom rollout`.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct RolloutArgs {
    /// What to do.
    #[command(subcommand)]
    pub verb: RolloutVerb,
}

/// What to do with a rollout.
#[derive(Subcommand, Clone, Debug)]
#[command(disable_help_flag = true)]
pub enum RolloutVerb {
    /// Write a commented rollout file to begin with
    Init(RolloutInitArgs),
    /// What a file means: stages, their hosts, what follows, the earliest end; nothing is started
    Plan(Box<RolloutPlanArgs>),
    /// Begin the rollout that a file says, and carry it on here
    Start(Box<RolloutStartArgs>),
    /// How far a rollout is, and what to type next
    ///
    /// The exit code says the state: 0 done, 13 halted by bad hosts, by health or by an abort, 14 not at its end.
    Status(RolloutStatusArgs),
    /// The rollouts of this machine, the latest first
    List(RolloutListArgs),
    /// Follow a rollout that goes on elsewhere
    Watch(RolloutWatchArgs),
    /// Start nothing more for now; what runs comes to its end
    Pause(RolloutOrderArgs),
    /// End it; what is changed stays so, and what runs comes to its end
    Abort(RolloutOrderArgs),
    /// Go on after a pause, or where nobody carries it on any more; health is checked again
    Resume(Box<RolloutResumeArgs>),
    /// Let the next stage begin, where a stage waits for that
    Approve(Box<RolloutGoOnArgs>),
    /// Revert it where it began, with the script that its file names
    Undo(Box<RolloutUndoArgs>),
}

/// `mcom rollout init`.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutInitArgs {
    /// The file to write; never one that is there [default: rollout.toml]
    #[arg(value_name = "FILE")]
    pub file: Option<String>,
}

/// How the hosts of a rollout file are found and reached.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutReachArgs {
    /// An inventory file (TOML); may repeat; instead of the configured ones
    #[arg(short = 'i', long, value_name = "FILE", help_heading = "Targets")]
    pub inventory: Vec<String>,
    /// The one rule for datacenters: suffix, dns, none, or a regular expression with a group called dc
    #[arg(long, value_name = "RULE", help_heading = "Targets")]
    pub dc_from: Option<String>,
    /// The tree.
    #[command(flatten)]
    pub tree: TreeArgs,
    /// SSH.
    #[command(flatten)]
    pub ssh: SshArgs,
    /// Where another run holds a host.
    #[command(flatten)]
    pub lock: LockArgs,
}

/// `mcom rollout plan`.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutPlanArgs {
    /// The rollout file
    #[arg(value_name = "FILE")]
    pub file: String,
    /// How its hosts are found and reached.
    #[command(flatten)]
    pub reach: RolloutReachArgs,
    /// As one JSON object
    #[arg(long, help_heading = "Output")]
    pub json: bool,
}

/// `mcom rollout start`.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutStartArgs {
    /// The rollout file
    #[arg(value_name = "FILE")]
    pub file: String,
    /// How its hosts are found and reached.
    #[command(flatten)]
    pub reach: RolloutReachArgs,
    /// Why, instead of what the file says: kept in the record and told to the payload
    #[arg(long, value_name = "TEXT", help_heading = "Safety")]
    pub reason: Option<String>,
    /// What is confirmed beforehand.
    #[command(flatten)]
    pub yes: YesArgs,
    /// Whether it goes on without this terminal.
    #[command(flatten)]
    pub detach: DetachArgs,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// Whether a rollout goes on without the terminal.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct DetachArgs {
    /// Go on without this terminal; status and watch work from any other
    #[arg(long)]
    pub detach: bool,
    /// This is the process that goes on: it leaves the terminal.
    #[arg(long, hide = true, conflicts_with = "detach")]
    pub detached: bool,
}

/// `mcom rollout status`.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutStatusArgs {
    /// The rollout [default: the latest that is not over, else the latest]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// More: lists hosts
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// As one JSON object
    #[arg(long)]
    pub json: bool,
}

/// `mcom rollout list`.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutListArgs {
    /// One JSON object a rollout
    #[arg(long)]
    pub json: bool,
}

/// `mcom rollout watch`.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutWatchArgs {
    /// The rollout [default: the latest that is not over, else the latest]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcom rollout pause`, `mcom rollout abort`.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutOrderArgs {
    /// The rollout [default: the one that is not over]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Why: kept in the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcom rollout resume`.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutResumeArgs {
    /// Go on without the hosts that are bad; needs --reason. Without it those that were not reached are tried again, and
    /// health is asked again
    #[arg(long)]
    pub accept_bad: bool,
    /// As with approve.
    #[command(flatten)]
    pub go_on: RolloutGoOnArgs,
}

/// `mcom rollout approve`, and what `resume` has in common with it.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutGoOnArgs {
    /// The rollout [default: the one that is not over]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Leave out the rest of the soak; needs --reason
    #[arg(long)]
    pub skip_soak: bool,
    /// Go on whatever the hosts say about their health; needs --reason
    #[arg(long)]
    pub skip_health: bool,
    /// Why: kept in the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Whether it goes on without this terminal.
    #[command(flatten)]
    pub detach: DetachArgs,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// `mcom rollout undo`.
#[derive(Args, Clone, Debug, Default)]
pub struct RolloutUndoArgs {
    /// The rollout [default: the one that is not over]
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// Also on hosts that had the change before the rollout came to them
    #[arg(long)]
    pub all: bool,
    /// Why: kept in the record
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// What is confirmed beforehand.
    #[command(flatten)]
    pub yes: YesArgs,
    /// Whether it goes on without this terminal.
    #[command(flatten)]
    pub detach: DetachArgs,
    /// What is printed.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// The stages of a run: a rollout without a file.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Stages")]
pub struct StagesArgs {
    /// In stages, each until so many have it: 1,1/dc,10/dc,all; or 10%,all. A rollout without a file: see mcom rollout
    #[arg(long, value_name = "LIST")]
    pub stages: Option<String>,
    /// Time that each stage is watched before the next one begins [default: none]
    #[arg(long, value_name = "TIME", value_parser = duration, requires = "stages")]
    pub soak: Option<Duration>,
}
