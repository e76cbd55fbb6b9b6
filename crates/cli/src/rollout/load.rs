//! A rollout's file, with the scripts and hosts that it names. Every error says where in the file it comes from.

use crate::args::{AskedArgs, EnvVar, PaceArgs, PayloadArgs, RolloutReachArgs, RunAsArgs, SafetyArgs, TargetArgs};
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::request::{PayloadParts, Planned, Prepared, build, prepare};
use crate::resolve::{Fleet, StandardInput};
use crate::rollout::held::LeaveOut;
use crate::rollout::intent::{HealthIntent, Intent};
use crate::run::long_links;
use mcom_fleet::document::{DocumentError, Place};
use mcom_model::{PlanRequest, RunAs, RunAsTool};
use mcom_rollout::{At, FilePayload, HealthFile, RolloutFile};
use std::path::Path;
use std::time::Duration;

/// Reads a rollout's file. `reason` takes the place of the file's.
pub fn load<'a>(
    path: &str,
    reach: &'a RolloutReachArgs,
    reason: Option<&str>,
    settings: &Settings,
) -> Result<Intent<'a>, CliError> {
    let text = std::fs::read_to_string(path).map_err(|error| CliError::unreadable("the rollout file", path, &error))?;
    let file = mcom_rollout::file::parse(path, &text, jiff::tz::db()).map_err(document)?;
    let planned = planned(&file, reach, reason, settings)?;
    let payload = planned.plan.payload.clone().ok_or_else(|| at(&file, file.what.place, "there is nothing to run"))?;
    let undo = file.undo.as_ref().map(|undo| prepared(&file, undo, parts(&file, true))).transpose()?;
    let health = file.health.as_ref().map(|health| health_of(&file, health)).transpose()?;
    Ok(Intent {
        name: file.name.value.clone(),
        planned,
        payload,
        undo,
        health,
        stages: file.stages.clone(),
        on_fail: file.on_fail,
        window: file.window.as_ref().map(|window| window.value.clone()),
        links: long_links(&reach.ssh, settings),
        leave_out: LeaveOut::InFile,
        error_at: Box::new(move |place, message| document(file.error(place, message))),
    })
}

fn planned(
    file: &RolloutFile,
    reach: &RolloutReachArgs,
    reason: Option<&str>,
    settings: &Settings,
) -> Result<Planned, CliError> {
    let (script, command) = payload_of(file, &file.what.value);
    let env = file.env.iter().map(|(key, value)| EnvVar { key: key.clone(), value: value.clone() }).collect();
    let asked = AskedArgs {
        targets: targets(file, reach),
        payload: PayloadArgs {
            // A command has no arguments: these are the script's.
            argv: if script.is_some() { file.args.clone() } else { Vec::new() },
            script,
            command,
            env,
            cwd: file.cwd.clone(),
            run_as: run_as(file.run_as.as_ref()),
            ..PayloadArgs::default()
        },
        pace: PaceArgs { command_timeout: file.command_timeout_ms.map(Duration::from_millis), ..PaceArgs::default() },
        tree: reach.tree.clone(),
        ssh: reach.ssh.clone(),
        safety: SafetyArgs {
            reason: reason.map(str::to_owned).or_else(|| file.reason.clone()),
            once: true,
            lock: reach.lock.clone(),
        },
    };
    let request = asked.settle(settings)?;
    let names = request.asked.clone();
    build(request, settings, &StandardInput::default()).map_err(|error| blamed(file, &names, error, settings))
}

fn targets(file: &RolloutFile, reach: &RolloutReachArgs) -> TargetArgs {
    let text = |patterns: &[At<String>]| patterns.iter().map(|pattern| pattern.value.clone()).collect();
    TargetArgs {
        hosts: text(&file.hosts),
        exclude: text(&file.exclude),
        inventory: reach.inventory.clone(),
        dc_from: reach.dc_from.clone(),
        ..TargetArgs::default()
    }
}

fn run_as(run_as: Option<&RunAs>) -> RunAsArgs {
    let user = |tool| run_as.filter(|run_as| run_as.tool == tool).map(|run_as| run_as.user.clone());
    RunAsArgs { sudo: user(RunAsTool::Sudo), doas: user(RunAsTool::Doas) }
}

/// The script's path as it is found from here, or the command.
fn payload_of(file: &RolloutFile, what: &FilePayload) -> (Option<String>, Option<String>) {
    match what {
        FilePayload::Script(path) => (Some(beside(&file.file, path)), None),
        FilePayload::Command(text) => (None, Some(text.clone())),
    }
}

/// A path that a file names, which stands in the file's own folder.
fn beside(file: &str, path: &str) -> String {
    match Path::new(file).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.join(path).to_string_lossy().into_owned(),
        _ => path.to_owned(),
    }
}

fn prepared(file: &RolloutFile, what: &At<FilePayload>, parts: PayloadParts) -> Result<Prepared, CliError> {
    let (script, command) = payload_of(file, &what.value);
    let parts = if script.is_some() { parts } else { PayloadParts { args: Vec::new(), ..parts } };
    let request = PlanRequest { script, command, ..PlanRequest::default() };
    let prepared = prepare(&request, parts, &StandardInput::default());
    let prepared = prepared.map_err(|error| placed(file, what.place, error))?;
    prepared.ok_or_else(|| at(file, what.place, "there is nothing to run"))
}

/// What goes with a payload of the file. A check has no arguments of its own.
fn parts(file: &RolloutFile, with_args: bool) -> PayloadParts {
    PayloadParts {
        args: if with_args { file.args.clone() } else { Vec::new() },
        env: file.env.clone(),
        cwd: file.cwd.clone(),
        run_as: file.run_as.clone(),
    }
}

fn health_of(file: &RolloutFile, health: &HealthFile) -> Result<HealthIntent, CliError> {
    let script = health.script.as_ref().map(|script| {
        let what = At { value: FilePayload::Script(script.value.clone()), place: script.place };
        prepared(file, &what, parts(file, false))
    });
    Ok(HealthIntent {
        script: script.transpose()?,
        command: health.command.clone(),
        every_ms: health.every_ms,
        within_ms: health.within_ms,
        fails: health.fails,
        controls: health.control,
    })
}

/// Puts the place in the file before an error of the plan: the pattern that has it, or the script.
fn blamed(file: &RolloutFile, request: &PlanRequest, error: CliError, settings: &Settings) -> CliError {
    match error.kind {
        ErrorKind::Pattern | ErrorKind::NothingMatched => {
            let fails = |pattern: &&At<String>| {
                let request =
                    PlanRequest { hosts: vec![pattern.value.clone()], exclude: Vec::new(), ..request.clone() };
                let stdin = StandardInput::default();
                Fleet::load(&request, settings, &stdin).and_then(|fleet| fleet.hosts(&request)).is_err()
            };
            let all = file.hosts.iter().chain(&file.exclude);
            let place = all.into_iter().find(fails).or(file.hosts.first()).map(|pattern| pattern.place);
            place.map_or_else(|| error.clone(), |place| placed(file, place, error.clone()))
        }
        ErrorKind::Payload | ErrorKind::File => placed(file, file.what.place, error),
        _ => error,
    }
}

fn placed(file: &RolloutFile, place: Place, error: CliError) -> CliError {
    // What the file names is for the file to mend.
    let kind = if error.kind == ErrorKind::File { ErrorKind::Rollout } else { error.kind };
    CliError { kind, message: file.error(place, error.message).to_string(), ..error }
}

fn at(file: &RolloutFile, place: Place, message: &str) -> CliError {
    document(file.error(place, message))
}

fn document(error: DocumentError) -> CliError {
    CliError::new(ErrorKind::Rollout, error.to_string())
}
