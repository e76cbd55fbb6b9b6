//! `mcom rollout plan`: what a file means, before anything runs.

use crate::args::RolloutPlanArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::exit;
use crate::output::print;
use crate::rollout::{Laid, keeps_policy, lay, load};
use crate::run::{Terminal, now_ms};
use mcom_report::rollout::{PlanOfRollout, RolloutOptions, plan_brief, plan_json, plan_text};

/// Prints the plan, also one that the policy refuses. Returns the exit code.
pub(super) fn plan(args: &RolloutPlanArgs, settings: &Settings) -> Result<u8, CliError> {
    let laid = lay(load(&args.file, &args.reach, None, settings)?, settings)?;
    let terminal = Terminal::of_process();
    let options = RolloutOptions {
        color: terminal.color(settings.color.value, terminal.out),
        width: (terminal.out && terminal.err).then_some(terminal.size.0),
        verbose: false,
    };
    print(&text(&laid, args.json, &options))?;
    keeps_policy(&laid, settings)?;
    Ok(exit::OK)
}

/// What was laid out, in words or as JSON.
pub(super) fn text(laid: &Laid, json: bool, options: &RolloutOptions) -> String {
    shown(laid, |plan| if json { plan_json(plan) } else { plan_text(plan, options) })
}

/// The same in a few lines.
pub(super) fn brief(laid: &Laid, options: &RolloutOptions) -> String {
    shown(laid, |plan| plan_brief(plan, options))
}

fn shown(laid: &Laid, show: impl FnOnce(&PlanOfRollout<'_>) -> String) -> String {
    let Laid { spec, window, left_out, empty, .. } = laid;
    let opens_ms = |ms| window.as_ref().map_or(ms, |window| window.opens_ms(ms));
    show(&PlanOfRollout { spec, now_ms: now_ms(), left_out, empty, opens_ms: &opens_ms })
}
