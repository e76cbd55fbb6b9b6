//! `mcom plan`, and `mcom run --dry-run`: the plan printed, nothing started.

use crate::args::{PasswordArgs, PlanArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::exit;
use crate::output::{print, say};
use crate::request::{Made, Planned, build, keep};
use crate::resolve::StandardInput;
use crate::run::{now_ms, permitted};
use crate::verbs::plan_already::{already, ask_already};
use crate::verbs::plan_text::{pick_line, plan_text};
use crate::verbs::run::keeps_policy;
use mcom_fleet::planner::{Ways, ways};
use mcom_model::Plan;
use mcom_report::already_text;
use serde::Serialize;

/// A plan as `--json` prints it: what can be told from it stands beside what can be carried out.
#[derive(Serialize)]
struct PlanObject<'a> {
    #[serde(flatten)]
    plan: &'a Plan,
    ways: Ways,
    #[serde(flatten)]
    made: &'a Made,
}

/// Prints the plan, and keeps it where it can be carried out. Returns the exit code.
pub fn plan(args: &PlanArgs, settings: &Settings) -> Result<u8, CliError> {
    // What happens from now on is not in the plan.
    let mut made = Made { made_ms: Some(now_ms()), ..Made::default() };
    let planned = build(args.asked.settle(settings)?, settings, &StandardInput::default())?;
    let plan = &planned.plan;
    if plan.payload.is_none() {
        if plan.request.once {
            return Err(CliError::new(ErrorKind::Usage, "--once skips hosts that have the payload, and there is none")
                .hint("a script: -s FILE; a command: -- CMD or -c TEXT"));
        }
        permitted(plan, PasswordArgs::default(), settings)?;
        print_plan(&planned, &made, args.json)?;
        return Ok(exit::OK);
    }
    permitted(plan, PasswordArgs::default(), settings)?;
    let refused = keeps_policy(plan, settings);
    if !args.json {
        print_plan(&planned, &made, false)?;
    }
    let asked = if refused.is_ok() { ask_already(plan, &args.asked.ssh, settings)? } else { None };
    made.already = asked.as_ref().map(|asked| already(&asked.answers));
    let kept = if refused.is_ok() { keep(plan, &mut made, &settings.state_home.value) } else { Ok(()) };
    if args.json {
        print_plan(&planned, &made, true)?;
    } else if let Some(asked) = &asked {
        print(&(already_text(&asked.answers) + "\n"))?;
    }
    refused?;
    say_kept(&made, kept, args.json);
    Ok(asked.map_or(exit::OK, |asked| asked.code))
}

/// How to carry the plan out. In JSON the plan says its id itself.
fn say_kept(made: &Made, kept: Result<(), String>, json: bool) {
    match (kept, &made.id) {
        (Err(why), _) => say(&format!(
            "mcom: the plan is not kept, and has no id: {why}\n  carry it out from a file: mcom plan ... --json > plan.json, \
             then mcom run --plan plan.json\n"
        )),
        (Ok(()), Some(id)) if !json => say(&format!("kept for 7 days; carry out just this: mcom run --plan {id}\n")),
        (Ok(()), _) => {}
    }
}

/// Prints a plan to standard output.
pub(super) fn print_plan(planned: &Planned, made: &Made, json: bool) -> Result<(), CliError> {
    let plan = &planned.plan;
    if let Some(line) = pick_line(plan.request.pick.as_deref(), plan.hosts.len(), planned.before_pick) {
        say(&line);
    }
    if json {
        let text = serde_json::to_string_pretty(&PlanObject { plan, ways: ways(plan), made }).expect("a plan is JSON");
        return print(&(text + "\n"));
    }
    print(&plan_text(plan, &planned.preferred))
}
