//! `mcom plan`, and `mcom run --dry-run`: the plan printed, nothing shipped.

use crate::args::PlanArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::output::{print, say};
use crate::request::{Planned, build};
use crate::resolve::StandardInput;
use crate::verbs::plan_text::{pick_line, plan_text};

/// Prints the plan.
pub fn plan(args: &PlanArgs, settings: &Settings) -> Result<(), CliError> {
    let planned = build(args.asked.settle(settings)?, settings, &StandardInput::default())?;
    print_plan(&planned, args.json)
}

/// Prints a plan to standard output.
pub(super) fn print_plan(planned: &Planned, json: bool) -> Result<(), CliError> {
    let plan = &planned.plan;
    if let Some(line) = pick_line(plan.request.pick.as_deref(), plan.hosts.len(), planned.before_pick) {
        say(&line);
    }
    if json {
        let text = serde_json::to_string_pretty(plan).expect("a plan is JSON");
        return print(&(text + "\n"));
    }
    print(&plan_text(plan, &planned.preferred))
}
