//! `mcom run`: a script or command on the hosts, now.

use crate::args::RunArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::exit;
use crate::output::say;
use crate::request::{Planned, build, planned_again};
use crate::resolve::StandardInput;
use crate::run::{Display, Execution, Shown, Terminal, execute, long_links, permitted};
use crate::verbs::plan::{print_plan, print_who_has_it};
use crate::verbs::plan_text::{pick_line, plan_brief};

/// Plans, says what will happen, and carries it out. Returns the exit code.
pub fn run(args: &RunArgs, settings: &Settings) -> Result<u8, CliError> {
    let stdin = StandardInput::default();
    let planned = match &args.plan {
        Some(path) => planned_again(path, settings, &stdin)?,
        None => build(args.asked.settle(settings)?, settings, &stdin)?,
    };
    let Some(payload) = planned.plan.payload.clone() else { return Err(nothing_to_run()) };
    if args.dry_run {
        permitted(&planned.plan, args.password, settings)?;
        print_plan(&planned, args.output.json)?;
        return match args.output.json {
            true => Ok(exit::OK),
            false => print_who_has_it(&planned.plan, &args.asked.ssh, settings),
        };
    }
    let terminal = Terminal::of_process();
    announce(&planned, args, terminal);
    let display = Display::new(&args.output, settings, terminal, planned.plan.hosts.len());
    let links = long_links(&args.asked.ssh, settings);
    let shown = Shown { output: &args.output, display };
    let how = Execution { links, settings, shown, password: args.password, retry_of: None };
    execute(planned, payload, how)
}

/// What a person should see before it happens.
fn announce(planned: &Planned, args: &RunArgs, terminal: Terminal) {
    let plan = &planned.plan;
    if let Some(line) = pick_line(plan.request.pick.as_deref(), plan.hosts.len(), planned.before_pick) {
        say(&line);
    }
    if terminal.err && !args.output.quiet && plan.hosts.len() > 1 {
        say(&plan_brief(plan, &planned.preferred));
    }
}

fn nothing_to_run() -> CliError {
    CliError::new(ErrorKind::Usage, "there is nothing to run")
        .hint("a script: -s FILE; a command: -- CMD ARG... or -c 'text for the shell'")
        .hint("only to see the hosts: mcom hosts -h PATTERN; the tree: mcom plan -h PATTERN")
}
