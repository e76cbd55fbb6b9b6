//! Reads a rollout's file. What is wrong is said with its place, before any host is touched.

use crate::file::keys::{self, Level};
use crate::file::stages;
use crate::file::types::{At, FilePayload, HealthFile, RolloutFile};
use crate::spec::OnFail;
use crate::window::Window;
use jiff::tz::TimeZoneDatabase;
use mcom_fleet::document::{self, DocumentError, EnvVar, Found, Section, duration, nearest, user};
use mcom_fleet::pattern;
use mcom_model::{RunAs, RunAsTool, limits};

/// Longer than anybody watches a change; sums of such times stay far from the end of the calendar.
const LONGEST_MS: u64 = 366 * 24 * 60 * 60 * 1000;
pub(super) const LONGEST_NAME: usize = 64;
/// Asked more often, hosts do nothing but answer.
const SHORTEST_EVERY_MS: u64 = 1000;
const MOST_FAILS: u64 = 100;

const EVERY_MS: u64 = 30_000;
const WITHIN_MS: u64 = 120_000;
const FAILS: u32 = 2;

/// Reads a rollout's file. `file_name` is its name in messages; time zones are looked up in `zones`.
pub fn parse(file_name: &str, text: &str, zones: &TimeZoneDatabase) -> Result<RolloutFile, DocumentError> {
    let top = document::parse(file_name, text)?;
    keys::only(&top, Level::Top)?;
    let what = what(&top)?;
    let undo = undo(&top, &what.value)?;
    let (on_fail, window) = policy(&top, undo.is_some(), zones)?;
    Ok(RolloutFile {
        file: file_name.to_owned(),
        name: name(&top)?,
        hosts: hosts(&top)?,
        exclude: patterns(&top, "exclude")?,
        args: args(&top, &what.value)?,
        env: env(&top)?,
        cwd: filled(&top, "cwd")?.map(|cwd| cwd.value),
        run_as: run_as(&top)?,
        reason: filled(&top, "reason")?.map(|reason| reason.value),
        command_timeout_ms: time(&top, "command_timeout")?.map(|timeout| timeout.value),
        health: health(&top)?,
        stages: stages::read(&top)?,
        what,
        undo,
        on_fail,
        window,
    })
}

fn name(top: &Section<'_>) -> Result<At<String>, DocumentError> {
    match top.text("name")? {
        Some(name) => plain_name(top, name),
        None => Err(top.error(0, "the rollout has no name: add name = \"nginx-fix\"")),
    }
}

/// A name that can be typed as one word, and shown everywhere.
fn plain_name(section: &Section<'_>, name: Found<String>) -> Result<At<String>, DocumentError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let fits = name.value.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.value.chars().all(plain);
    if !fits || name.value.len() > LONGEST_NAME {
        let wanted = format!("letters, digits, `.`, `_` and `-`, a letter or digit first, {LONGEST_NAME} at most");
        return Err(section.error(name.at, format!("`{}` is not a name: write {wanted}", name.value.escape_debug())));
    }
    Ok(at(section, name))
}

fn hosts(top: &Section<'_>) -> Result<Vec<At<String>>, DocumentError> {
    let hosts = patterns(top, "hosts")?;
    if hosts.is_empty() {
        return Err(top.error(top.offset("hosts"), "the rollout has no hosts: add hosts = \"web[1-75]-(fra1|ams1)\""));
    }
    Ok(hosts)
}

fn patterns(top: &Section<'_>, key: &str) -> Result<Vec<At<String>>, DocumentError> {
    let found = top.texts(key)?.unwrap_or_default();
    found.into_iter().map(|text| pattern_at(top, text)).collect()
}

/// A pattern that can be read. Which hosts it means is found where the inventory is.
pub(super) fn pattern_at(section: &Section<'_>, text: Found<String>) -> Result<At<String>, DocumentError> {
    match pattern::parse(&text.value) {
        Ok(_) => Ok(at(section, text)),
        Err(error) => Err(section.error(text.at, error.to_string())),
    }
}

fn what(top: &Section<'_>) -> Result<At<FilePayload>, DocumentError> {
    if !top.holds("bundle") {
        return match (filled(top, "script")?, filled(top, "command")?) {
            (Some(script), None) => Ok(at(top, map(script, FilePayload::Script))),
            (None, Some(command)) => Ok(at(top, map(command, FilePayload::Command))),
            (Some(script), Some(command)) => {
                let both = "`script` and `command` are both there: keep the one that is to run";
                Err(top.error(script.at.max(command.at), both))
            }
            (None, None) => {
                Err(top.error(0, "nothing is run: add script = \"FILE\", or command = \"TEXT\" for /bin/sh"))
            }
        };
    }
    let advice = "put it on the hosts first, and run a script";
    Err(top.error(top.offset("bundle"), format!("a folder as payload is not supported: {advice}")))
}

fn undo(top: &Section<'_>, what: &FilePayload) -> Result<Option<At<FilePayload>>, DocumentError> {
    let kind = match what {
        FilePayload::Script(_) => FilePayload::Script,
        FilePayload::Command(_) => FilePayload::Command,
    };
    Ok(filled(top, "undo")?.map(|undo| at(top, map(undo, kind))))
}

fn args(top: &Section<'_>, what: &FilePayload) -> Result<Vec<String>, DocumentError> {
    let Some(args) = top.texts("args")? else { return Ok(Vec::new()) };
    match what {
        FilePayload::Script(_) => Ok(args.into_iter().map(|arg| arg.value).collect()),
        FilePayload::Command(_) => {
            let message = "`args` are a script's: write them into the command's text";
            Err(top.error(top.offset("args"), message))
        }
    }
}

fn env(top: &Section<'_>) -> Result<Vec<(String, String)>, DocumentError> {
    let mut words: Vec<Found<String>> = Vec::new();
    if top.has_section("env") {
        if let Some(table) = top.section("env")? {
            for key in table.keys() {
                let value = table.text(&key.value)?.map(|value| value.value).unwrap_or_default();
                words.push(Found { value: format!("{}={value}", key.value), at: key.at });
            }
        }
    } else {
        words = top.texts("env")?.unwrap_or_default();
    }
    let pair = |word: Found<String>| match word.value.parse::<EnvVar>() {
        Ok(var) => Ok((var.key, var.value)),
        Err(message) => Err(top.error(word.at, message)),
    };
    words.into_iter().map(pair).collect()
}

fn run_as(top: &Section<'_>) -> Result<Option<RunAs>, DocumentError> {
    let by = |key, tool| -> Result<_, DocumentError> {
        let Some(name) = top.text_or_flag(key, "root")? else { return Ok(None) };
        let user = user(&name.value).map_err(|message| top.error(name.at, message))?;
        Ok(Some(Found { value: RunAs { tool, user }, at: name.at }))
    };
    match (by("sudo", RunAsTool::Sudo)?, by("doas", RunAsTool::Doas)?) {
        (Some(sudo), Some(doas)) => {
            Err(top.error(sudo.at.max(doas.at), "`sudo` and `doas` are both there: keep the one that the hosts have"))
        }
        (sudo, doas) => Ok(sudo.or(doas).map(|found| found.value)),
    }
}

fn health(top: &Section<'_>) -> Result<Option<HealthFile>, DocumentError> {
    let Some(section) = top.section("health")? else { return Ok(None) };
    keys::only(&section, Level::Health)?;
    let here = top.offset("health");
    let script = filled(&section, "script")?.map(|script| at(&section, script));
    let command = match section.section("global")? {
        Some(global) => Some(health_command(&global, section.offset("global"))?),
        None => None,
    };
    let every = time(&section, "every")?;
    if let Some(every) = every.as_ref().filter(|every| every.value < SHORTEST_EVERY_MS) {
        return Err(section.error(every.at, "`every` must be 1s or more: hosts would do nothing but answer"));
    }
    let control = section.number("control", 0..=limits::HOSTS)?;
    match (&script, &command, control.as_ref().filter(|control| control.value > 0)) {
        (None, None, _) => {
            let advice = "add script = \"FILE\" to it, or a [health.global] with command = \"TEXT\"";
            return Err(section.error(here, format!("[health] asks nothing: {advice}")));
        }
        (None, Some(_), Some(control)) => {
            let advice = "add script = \"FILE\" to [health]";
            return Err(section.error(control.at, format!("`control` hosts are asked by a script: {advice}")));
        }
        _ => {}
    }
    Ok(Some(HealthFile {
        script,
        command,
        every_ms: every.map_or(EVERY_MS, |every| every.value),
        within_ms: time(&section, "within")?.map_or(WITHIN_MS, |within| within.value),
        fails: small(section.number("fails", 1..=MOST_FAILS)?, FAILS),
        control: small(control, 0),
    }))
}

fn health_command(global: &Section<'_>, here: usize) -> Result<String, DocumentError> {
    keys::only(global, Level::Global)?;
    match filled(global, "command")? {
        Some(command) => Ok(command.value),
        None => {
            Err(global.error(here, "[health.global] asks nothing: add command = \"TEXT\" for /bin/sh on this machine"))
        }
    }
}

fn policy(
    top: &Section<'_>,
    has_undo: bool,
    zones: &TimeZoneDatabase,
) -> Result<(OnFail, Option<At<Window>>), DocumentError> {
    let Some(section) = top.section("policy")? else { return Ok((OnFail::Pause, None)) };
    keys::only(&section, Level::Policy)?;
    let on_fail = match section.text("on_fail")? {
        Some(word) => on_fail(&section, &word, has_undo)?,
        None => OnFail::Pause,
    };
    let window = match section.text("window")? {
        Some(text) => {
            let window = Window::parse(&text.value, zones);
            let value = window.map_err(|error| section.error(text.at, error.to_string()))?;
            Some(at(&section, Found { value, at: text.at }))
        }
        None => None,
    };
    Ok((on_fail, window))
}

fn on_fail(section: &Section<'_>, word: &Found<String>, has_undo: bool) -> Result<OnFail, DocumentError> {
    let on_fail = match word.value.as_str() {
        "pause" => OnFail::Pause,
        "abort" => OnFail::Abort,
        "undo" if has_undo => OnFail::Undo,
        "undo" => {
            let message = "`on_fail` is 'undo', and nothing says how: add undo = \"FILE\" at the top, or write pause";
            return Err(section.error(word.at, message));
        }
        other => {
            let meant = nearest(other, &["pause", "abort", "undo"]);
            let meant = meant.map(|meant| format!(": did you mean `{meant}`?")).unwrap_or_default();
            let message = format!("`on_fail` is '{other}', and must be one of pause, abort, undo{meant}");
            return Err(section.error(word.at, message));
        }
    };
    Ok(on_fail)
}

/// A text that says something.
pub(super) fn filled(section: &Section<'_>, key: &str) -> Result<Option<Found<String>>, DocumentError> {
    match section.text(key)? {
        Some(text) if text.value.trim().is_empty() => {
            Err(section.error(text.at, format!("`{key}` is empty: fill it in, or leave the line out")))
        }
        text => Ok(text),
    }
}

/// A time in milliseconds.
pub(super) fn time(section: &Section<'_>, key: &str) -> Result<Option<Found<u64>>, DocumentError> {
    let Some(text) = section.text_of(key, "a time in quotes, such as \"30s\" or \"2h\"")? else { return Ok(None) };
    let time = duration(&text.value).map_err(|message| section.error(text.at, message))?;
    match u64::try_from(time.as_millis()).ok().filter(|&ms| ms <= LONGEST_MS) {
        Some(value) => Ok(Some(Found { value, at: text.at })),
        None => Err(section.error(text.at, format!("`{key}` is {}, and must be 366d or less", text.value))),
    }
}

/// A value with its place in the file.
pub(super) fn at<T>(section: &Section<'_>, found: Found<T>) -> At<T> {
    At { place: section.place(found.at), value: found.value }
}

fn map<T, U>(found: Found<T>, how: impl Fn(T) -> U) -> Found<U> {
    Found { value: how(found.value), at: found.at }
}

fn small(found: Option<Found<u64>>, otherwise: u32) -> u32 {
    found.and_then(|found| u32::try_from(found.value).ok()).unwrap_or(otherwise)
}
