//! The settings as rows of text: `mcom config show`.

use crate::args::size_text;
use crate::config::policy::{Forbidden, PolicySettings};
use crate::config::settings::{LinkSettings, Setting, Settings};
use clap::ValueEnum;
use std::time::Duration;

/// One setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingRow {
    /// Its key in the file, with the section before it.
    pub key: String,
    /// Its value as the file would have it; `-` where it is not set.
    pub value: String,
    /// Where it comes from.
    pub origin: String,
}

/// Every setting, in the order of the reference.
pub fn rows(settings: &Settings) -> Vec<SettingRow> {
    let s = settings;
    let mut rows = vec![
        row("inventory", &s.inventory, |paths| list(paths)),
        row("dc_from_name", &s.dc_from_name, |rule| optional(rule.as_ref().map(|(text, _)| quoted(text)))),
        row("fanout", &s.fanout, ToString::to_string),
        row("opening", &s.opening, ToString::to_string),
        row("width", &s.width, ToString::to_string),
        row("depth", &s.depth, |depth| optional(depth.map(|depth| depth.to_string()))),
        row("connect_timeout", &s.connect_timeout, |time| quoted(&time_text(*time))),
        row("command_timeout", &s.command_timeout, |time| optional(time.map(|time| quoted(&time_text(time))))),
        row("global_fanout", &s.global_fanout, |count| optional(count.map(|count| count.to_string()))),
        row("deadline", &s.deadline, |time| optional(time.map(|time| quoted(&time_text(time))))),
        row("max_fail", &s.max_fail, |count| optional(count.map(|count| count.to_string()))),
        row("lock_wait", &s.lock_wait, |time| optional(time.map(|time| quoted(&time_text(time))))),
        row("output_cap", &s.output_cap, |bytes| quoted(&size_text(*bytes))),
        row("credentials", &s.credentials, |way| quoted(way.word())),
        row("output", &s.output, word),
        row("fold_ignore", &s.fold_ignore, |words| {
            format!("[{}]", words.iter().map(word).collect::<Vec<_>>().join(", "))
        }),
        row("progress", &s.progress, word),
        row("color", &s.color, word),
    ];
    rows.extend(links("ssh", &s.ssh));
    rows.push(row("ssh.identity", &s.ssh_identity, |paths| list(paths)));
    rows.extend(links("ssh.inner", &s.inner));
    rows.push(row("certificate.ca", &s.certificate.ca, |key| optional(key.as_deref().map(quoted))));
    rows.push(row("certificate.source", &s.certificate.source, |ranges| list(ranges)));
    rows.push(row("certificate.minutes", &s.certificate.minutes, ToString::to_string));
    rows.extend(policy(&s.policy));
    rows.push(row("(ledger)", &s.state_home, |home| quoted(&mcom_ledger::runs_dir(home).display().to_string())));
    rows
}

fn policy(policy: &PolicySettings) -> Vec<SettingRow> {
    let number = |number: &Option<u64>| optional(number.map(|number| number.to_string()));
    let mut rows = vec![
        row("policy.confirm_above", &policy.confirm_above, ToString::to_string),
        row("policy.reason_above", &policy.reason_above, number),
        row("policy.stages_above", &policy.stages_above, number),
    ];
    rows.extend(policy.forbidden.iter().map(|set| row("policy.forbidden", set, forbidden)));
    if policy.forbidden.is_empty() {
        rows.push(row("policy.forbidden", &Setting::built_in(()), |()| optional(None)));
    }
    rows
}

fn forbidden(set: &Forbidden) -> String {
    let hosts: Vec<String> = set.hosts.iter().map(|pattern| pattern.text().to_owned()).collect();
    format!("{{ hosts = {}, at_most = {}, why = {} }}", list(&hosts), set.at_most, quoted(&set.why))
}

fn links(section: &str, links: &LinkSettings) -> [SettingRow; 3] {
    let key = |key: &str| format!("{section}.{key}");
    [
        row(&key("config"), &links.config, |path| optional(path.as_deref().map(quoted))),
        row(&key("user"), &links.user, |user| optional(user.as_deref().map(quoted))),
        row(&key("options"), &links.options, |options| list(options)),
    ]
}

fn row<T>(key: &str, setting: &Setting<T>, text: impl Fn(&T) -> String) -> SettingRow {
    SettingRow { key: key.to_owned(), value: text(&setting.value), origin: setting.origin.to_string() }
}

fn word<T: ValueEnum>(value: &T) -> String {
    optional(value.to_possible_value().map(|value| quoted(value.get_name())))
}

fn list(texts: &[String]) -> String {
    format!("[{}]", texts.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", "))
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

fn optional(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// A duration as it is typed.
pub(crate) fn time_text(time: Duration) -> String {
    let millis = time.as_millis();
    for (unit, size) in [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000)] {
        if millis > 0 && millis.is_multiple_of(size) {
            return format!("{}{unit}", millis / size);
        }
    }
    format!("{millis}ms")
}
