//! `mcom rollout start`: begins a rollout, and carries it on.

use crate::args::{OutputArgs, RolloutStartArgs, Yes};
use crate::config::Settings;
use crate::confirm::{confirm, is_asked};
use crate::error::CliError;
use crate::output::say;
use crate::rollout::{Carrying, Laid, begin, carry, go_on_without, keeps_policy, lay, load, options, try_keys};
use crate::run::{Operator, Terminal};
use crate::verbs::rollout::plan::{brief, text};
use mcom_report::sanitise_line;
use std::fmt::Write as _;

/// How a rollout begins.
pub(super) struct Beginning<'a> {
    /// What was confirmed beforehand.
    pub(super) yes: Yes,
    /// How its hosts are looked at beforehand.
    pub(super) look: String,
    /// Whether it goes on without this terminal.
    pub(super) detach: bool,
    /// What is printed.
    pub(super) output: &'a OutputArgs,
}

/// Begins the rollout of a file. Returns the exit code.
pub(super) fn start(args: &RolloutStartArgs, settings: &Settings) -> Result<u8, CliError> {
    let laid = lay(load(&args.file, &args.reach, args.reason.as_deref(), settings)?, settings)?;
    keeps_policy(&laid, settings)?;
    let look = format!("mcom rollout plan {}", sanitise_line(args.file.as_bytes()));
    let how = Beginning { yes: args.yes.yes(), look, detach: args.detach.detach, output: &args.output };
    begun(laid, how, settings)
}

/// Says what it means, has it confirmed, and begins it. Returns the exit code.
pub(super) fn begun(laid: Laid, how: Beginning<'_>, settings: &Settings) -> Result<u8, CliError> {
    let Beginning { yes, look, detach, output } = how;
    let (hosts, name) = (laid.spec.plan.hosts.len(), sanitise_line(laid.spec.name.as_bytes()));
    let options = options(output, settings);
    if Terminal::of_process().err && !output.quiet && !output.json && !is_asked(hosts, yes, settings) {
        say(&text(&laid, false, &options));
    } else {
        say(&unreached(&laid));
    }
    confirm(&format!("start {name}"), hosts, yes, &look, || brief(&laid, &options), settings)?;
    let mut operator = Operator::default();
    if detach {
        // Nobody could type it again where it goes on.
        operator.leave_alone();
    }
    try_keys(&laid.spec, &laid.links, &mut operator, settings)?;
    operator.leave_alone();
    let (head, record, machine) = begin(laid, settings)?;
    if detach {
        let rollout = record.reader();
        drop(record);
        return go_on_without(&rollout, &head.spec.name, &["resume".to_owned(), head.spec.id.to_string()]);
    }
    carry(Carrying { head: &head, record, machine, settings, output, operator, is_new: true })
}

/// What is left out of a rollout, where nobody is shown its plan.
fn unreached(laid: &Laid) -> String {
    let mut text = String::new();
    if !laid.left_out.is_empty() {
        let (count, hosts) = (laid.left_out.len(), laid.left_out.fold());
        let _ = writeln!(text, "mcom: no stage reaches {count} of the hosts: {hosts}");
    }
    for stage in &laid.empty {
        let _ = writeln!(text, "mcom: {stage}");
    }
    text
}
