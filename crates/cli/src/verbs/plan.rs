//! `mcom plan`, and `mcom run --dry-run`: the plan printed, nothing started.

use crate::args::{PasswordArgs, PlanArgs, SshArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::exit;
use crate::inquire::{Question, ask};
use crate::output::{print, say};
use crate::request::{Planned, build};
use crate::resolve::StandardInput;
use crate::run::permitted;
use crate::verbs::plan_text::{pick_line, plan_text};
use mcom_fleet::planner::{Ways, ways};
use mcom_model::{Inquiry, Plan};
use mcom_report::already_text;
use serde::Serialize;

/// A plan as `--json` prints it: what can be told from it stands beside what can be carried out.
#[derive(Serialize)]
struct PlanObject<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    ways: Ways,
}

/// Prints the plan. Returns the exit code.
pub fn plan(args: &PlanArgs, settings: &Settings) -> Result<u8, CliError> {
    let planned = build(args.asked.settle(settings)?, settings, &StandardInput::default())?;
    if planned.plan.request.once && planned.plan.payload.is_none() {
        return Err(CliError::new(ErrorKind::Usage, "--once skips hosts that have the payload, and there is none")
            .hint("a script: -s FILE; a command: -- CMD or -c TEXT"));
    }
    permitted(&planned.plan, PasswordArgs::default(), settings)?;
    print_plan(&planned, args.json)?;
    if args.json { Ok(exit::OK) } else { print_who_has_it(&planned.plan, &args.asked.ssh, settings) }
}

/// Where hosts that have the payload are skipped, asks them and prints how many those are. Returns the exit code.
pub(super) fn print_who_has_it(plan: &Plan, ssh: &SshArgs, settings: &Settings) -> Result<u8, CliError> {
    let Some(payload) = plan.payload_id().filter(|_| plan.request.once) else { return Ok(exit::OK) };
    let run_as = plan.payload.as_ref().and_then(|payload| payload.run_as.clone());
    let asked = ask(plan, &Question { inquiry: Inquiry::Has { payload }, run_as }, ssh, settings)?;
    print(&(already_text(&asked.answers) + "\n"))?;
    Ok(asked.code)
}

/// Prints a plan to standard output.
pub(super) fn print_plan(planned: &Planned, json: bool) -> Result<(), CliError> {
    let plan = &planned.plan;
    if let Some(line) = pick_line(plan.request.pick.as_deref(), plan.hosts.len(), planned.before_pick) {
        say(&line);
    }
    if json {
        let text = serde_json::to_string_pretty(&PlanObject { plan, ways: ways(plan) }).expect("a plan is JSON");
        return print(&(text + "\n"));
    }
    print(&plan_text(plan, &planned.preferred))
}
