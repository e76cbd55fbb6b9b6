//! `mcom rollout`: what each of its verbs does.

mod follow;
mod init;
mod list;
mod orders;
mod plan;
mod stages;
mod start;
mod status;
mod undo;

pub use stages::in_stages;

use crate::args::{RolloutArgs, RolloutVerb};
use crate::config::Settings;
use crate::error::CliError;
use crate::trace;

/// Carries a verb of rollouts out. Returns the exit code.
pub fn rollout(args: &RolloutArgs, settings: &Settings) -> Result<u8, CliError> {
    match &args.verb {
        RolloutVerb::Init(args) => init::init(args),
        RolloutVerb::Plan(args) => plan::plan(args, settings),
        RolloutVerb::Start(args) => {
            trace::start(args.output.verbose);
            start::start(args, settings)
        }
        RolloutVerb::Status(args) => status::status(args, settings),
        RolloutVerb::List(args) => list::list(args, settings),
        RolloutVerb::Watch(args) => follow::watch(args, settings),
        RolloutVerb::Pause(args) => orders::pause(args, settings),
        RolloutVerb::Abort(args) => orders::abort(args, settings),
        RolloutVerb::Resume(args) => orders::resume(args, settings),
        RolloutVerb::Approve(args) => orders::approve(args, settings),
        RolloutVerb::Undo(args) => undo::undo(args, settings),
    }
}
