//! `mcom run --stages`: a rollout without a file.

use crate::args::RunArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::exit;
use crate::output::print;
use crate::request::Planned;
use crate::rollout::{Intent, LeaveOut, keeps_policy, lay, options};
use crate::run::long_links;
use crate::verbs::rollout::plan::text;
use crate::verbs::rollout::start::{Beginning, begun};
use mcom_model::{Payload, PayloadKind};
use mcom_rollout::OnFail;
use mcom_rollout::file::stages_of_flags;

/// Characters of a name that is made up.
const NAME: usize = 30;

/// Begins a rollout of what was planned, in these stages. Returns the exit code.
pub fn in_stages(
    stages: &str,
    mut planned: Planned,
    payload: Payload,
    args: &RunArgs,
    settings: &Settings,
) -> Result<u8, CliError> {
    refuse_what_has_no_meaning(args)?;
    let soak_ms = args.stages.soak.map_or(0, |soak| u64::try_from(soak.as_millis()).unwrap_or(u64::MAX));
    let usage = |message: String| CliError::new(ErrorKind::Usage, format!("--stages {stages}: {message}"));
    let stages = stages_of_flags(stages, soak_ms).map_err(usage)?;
    planned.plan.request.once = true;
    let intent = Intent {
        name: name(&payload),
        planned,
        payload,
        undo: None,
        health: None,
        stages,
        on_fail: OnFail::Pause,
        window: None,
        links: long_links(&args.asked.ssh, settings),
        leave_out: LeaveOut::ByFlag,
        error_at: Box::new(|_, message| usage(message)),
    };
    let laid = lay(intent, settings)?;
    if args.dry_run {
        print(&text(&laid, args.output.json, &options(&args.output, settings)))?;
        keeps_policy(&laid, settings)?;
        return Ok(exit::OK);
    }
    keeps_policy(&laid, settings)?;
    let look = "the same with --dry-run".to_owned();
    begun(laid, Beginning { yes: args.yes.yes(), look, detach: false, output: &args.output }, settings)
}

/// What is said of a whole run, and not of stages.
fn refuse_what_has_no_meaning(args: &RunArgs) -> Result<(), CliError> {
    let pace = &args.asked.pace;
    let refused = |flag: &str, hint: &str| {
        Err(CliError::new(
            ErrorKind::Usage,
            format!("{flag} says something of a whole run, and --stages makes several"),
        )
        .hint(hint))
    };
    if args.password.ask_sudo_password {
        return refused("-K", "let sudo do without on the hosts: NOPASSWD in sudoers");
    }
    if pace.deadline.is_some() {
        return refused("--deadline", "a limit for each host: --command-timeout TIME");
    }
    if pace.max_fail.is_some() || pace.fail_fast {
        return refused(
            "--max-fail",
            "each stage stops at its first bad host; other limits: max_fail in a rollout's file",
        );
    }
    Ok(())
}

/// A name for a rollout without a file: `fix` of `fix.sh`, `systemctl` of a command.
fn name(payload: &Payload) -> String {
    let first = payload.name.split_whitespace().next().unwrap_or_default();
    let first = match payload.kind {
        PayloadKind::Script => first.split('.').next().unwrap_or_default(),
        PayloadKind::Command | PayloadKind::Inquiry => first.rsplit('/').next().unwrap_or_default(),
    };
    let fits = |c: &char| c.is_ascii_alphanumeric() || "-_.".contains(*c);
    let name: String = first.chars().filter(fits).take(NAME).collect();
    match name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        true => name,
        false => "run".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::BlobRef;

    #[test]
    fn a_rollout_without_a_file_is_called_after_what_it_runs() {
        let of = |kind, text: &str| name(&Payload::plain(kind, text, BlobRef::of(b"")));
        assert_eq!(of(PayloadKind::Script, "fix.sh"), "fix");
        assert_eq!(of(PayloadKind::Script, "standard input"), "standard");
        assert_eq!(of(PayloadKind::Command, "/usr/bin/systemctl restart nginx"), "systemctl");
        assert_eq!(of(PayloadKind::Command, "[ -e /x ]"), "run");
    }
}
