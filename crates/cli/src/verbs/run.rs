//! `mcom run`: a script or command on the hosts, now.

use crate::args::{RunArgs, Yes};
use crate::config::Settings;
use crate::confirm::{confirm, is_asked};
use crate::error::{CliError, ErrorKind};
use crate::exit;
use crate::output::say;
use crate::policy::check_run;
use crate::request::{Made, Planned, build, planned_again};
use crate::resolve::StandardInput;
use crate::run::{Display, Execution, Shown, Terminal, execute, long_links, permitted};
use crate::verbs::plan::print_plan;
use crate::verbs::plan_already::{print_already, still_already};
use crate::verbs::plan_text::{pick_line, plan_brief};
use crate::verbs::rollout::in_stages;
use mcom_model::Plan;
use mcom_report::sanitise_line;

/// Plans, says what will happen, and carries it out. Returns the exit code.
pub fn run(args: &RunArgs, settings: &Settings) -> Result<u8, CliError> {
    let stdin = StandardInput::default();
    let (planned, saved) = match &args.plan {
        Some(plan) => planned_again(plan, settings, &stdin).map(|(planned, saved)| (planned, Some(saved)))?,
        None => (build(args.asked.settle(settings)?, settings, &stdin)?, None),
    };
    let Some(payload) = planned.plan.payload.clone() else { return Err(nothing_to_run()) };
    if let Some(stages) = &args.stages.stages {
        if let Some(saved) = &saved {
            still_already(saved, &planned.plan, &args.asked.ssh, settings)?;
        }
        return in_stages(stages, planned, payload, args, settings);
    }
    permitted(&planned.plan, args.password, settings)?;
    if args.dry_run {
        print_plan(&planned, &Made::default(), args.output.json)?;
        keeps_policy(&planned.plan, settings)?;
        return match args.output.json {
            true => Ok(exit::OK),
            false => print_already(&planned.plan, &args.asked.ssh, settings),
        };
    }
    keeps_policy(&planned.plan, settings)?;
    if let Some(saved) = &saved {
        still_already(saved, &planned.plan, &args.asked.ssh, settings)?;
    }
    let terminal = Terminal::of_process();
    announce(&planned, args, terminal, settings);
    confirm_plan("run", &planned, args.yes.yes(), settings)?;
    if let Some(saved) = &saved {
        // The question may have stood there for long.
        saved.is_untouched(&planned.plan, settings)?;
    }
    let display = Display::new(&args.output, settings, terminal, planned.plan.hosts.len());
    let links = long_links(&args.asked.ssh, settings);
    let shown = Shown { output: &args.output, display };
    let how = Execution { links, settings, shown, password: args.password, retry_of: None };
    execute(planned, payload, how)
}

/// What a person should see before it happens; the question shows the plan itself.
fn announce(planned: &Planned, args: &RunArgs, terminal: Terminal, settings: &Settings) {
    let plan = &planned.plan;
    if let Some(line) = pick_line(plan.request.pick.as_deref(), plan.hosts.len(), planned.before_pick) {
        say(&line);
    }
    let asked = is_asked(plan.hosts.len(), args.yes.yes(), settings);
    if terminal.err && !args.output.quiet && plan.hosts.len() > 1 && !asked {
        say(&plan_brief(plan, &planned.preferred));
    }
}

/// Refuses a run that breaks a rule of the policy.
pub(super) fn keeps_policy(plan: &Plan, settings: &Settings) -> Result<(), CliError> {
    check_run(plan, plan.request.reason.as_deref(), settings)
}

/// Has a plan confirmed, where that must be. `verb` is what is done with its payload: `run`.
pub(super) fn confirm_plan(verb: &str, planned: &Planned, yes: Yes, settings: &Settings) -> Result<(), CliError> {
    let plan = &planned.plan;
    let name = plan.payload.as_ref().map_or("it", |payload| payload.name.as_str());
    let what = format!("{verb} {}", sanitise_line(name.as_bytes()));
    let look = "the same with mcom plan in front, or mcom hosts -h PATTERN";
    confirm(&what, plan.hosts.len(), yes, look, || plan_brief(plan, &planned.preferred), settings)
}

fn nothing_to_run() -> CliError {
    CliError::new(ErrorKind::Usage, "there is nothing to run")
        .hint("a script: -s FILE; a command: -- CMD ARG... or -c 'text for the shell'")
        .hint("only to see the hosts: mcom hosts -h PATTERN; the tree: mcom plan -h PATTERN")
}
