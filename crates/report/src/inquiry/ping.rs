//! Which hosts are there, how they were reached, how far away they are, and whether their clocks are right.

use super::answers::{Answer, AnswerOptions, AnswerStyle, fit, fold, no_answer, write_object, write_silent};
use crate::style::{Line, Tone};
use mcom_model::{HostAnswer, Outcome, Pong};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

/// A clock that is further off than this is named: logs of two hosts can no longer be read side by side.
const SKEW_MS: u64 = 1000;

/// What was seen from here while a host was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// How it was reached: `from here`, `by relay through mail7-dc1`.
    pub way: String,
    /// Whether its node had to be put there first.
    pub shipped: bool,
    /// The way there and back, through the tree.
    pub round_trip: Option<Duration>,
    /// How many milliseconds its clock is ahead of the one here.
    pub skew_ms: Option<i64>,
}

/// Writes which hosts answered, and which did not. `measured` has a place for each answer.
pub fn write_pings(
    answers: &[Answer],
    measured: &[Measured],
    options: &AnswerOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    match options.style {
        AnswerStyle::Fold => folded(answers, measured, options, out),
        AnswerStyle::Lines => lines(answers, measured, options, out),
        AnswerStyle::Json => json(answers, measured, out),
    }
}

/// What hosts that are reported together have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    way: &'a str,
    node: &'a str,
    arch: &'a str,
    shipped: bool,
}

fn folded(answers: &[Answer], measured: &[Measured], options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut groups: BTreeMap<Key<'_>, Vec<(&str, &Measured)>> = BTreeMap::new();
    for ((host, answer), seen) in answers.iter().zip(measured) {
        if let Ok(HostAnswer { pong: Some(Pong { node, arch, .. }), .. }) = answer {
            let key = Key { way: &seen.way, node, arch, shipped: seen.shipped };
            groups.entry(key).or_default().push((host, seen));
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, hosts)| Reverse(hosts.len()));
    for (key, hosts) in &groups {
        let mut line = Line::new().add(Tone::Good, format!("ok {}", hosts.len()));
        line.push_apart(Tone::Strong, fold(hosts.iter().map(|(host, _)| *host)));
        line.push_apart(Tone::Plain, fit(key.way));
        line.push_apart(Tone::Plain, node(key.node, key.arch, key.shipped));
        line.push_apart(Tone::Faint, round_trips(hosts.iter().filter_map(|(_, seen)| seen.round_trip)));
        options.line(out, &line)?;
    }
    for (host, seen) in groups.iter().flat_map(|(_, hosts)| hosts) {
        if let Some(skew) = seen.skew_ms.filter(|skew| skew.unsigned_abs() >= SKEW_MS) {
            let mut line = Line::new().add(Tone::Doubtful, format!("CLOCK {}", signed(skew)));
            line.push_apart(Tone::Strong, fit(host));
            options.line(out, &line)?;
        }
    }
    write_silent(answers, options, out)
}

fn lines(answers: &[Answer], measured: &[Measured], options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
    for ((host, answer), seen) in answers.iter().zip(measured) {
        let line = match answer {
            Ok(HostAnswer { pong: Some(pong), .. }) => {
                let mut line = Line::new().add(Tone::Good, "ok");
                line.push_apart(Tone::Plain, fit(&seen.way));
                line.push_apart(Tone::Plain, node(&pong.node, &pong.arch, seen.shipped));
                line.push_apart(Tone::Faint, round_trips(seen.round_trip));
                let skew = seen.skew_ms.map(|skew| format!("clock {}", signed(skew))).unwrap_or_default();
                let off = seen.skew_ms.is_some_and(|skew| skew.unsigned_abs() >= SKEW_MS);
                line.push_apart(if off { Tone::Doubtful } else { Tone::Faint }, skew);
                line
            }
            Ok(_) => Line::new().add(Tone::Doubtful, "UNKNOWN  its answer says nothing"),
            Err(outcome) => no_answer(outcome),
        };
        options.host_line(out, host, line)?;
    }
    Ok(())
}

/// `node 0.1.0 x86_64, put there now`.
fn node(version: &str, arch: &str, shipped: bool) -> String {
    format!("node {} {}{}", fit(version), fit(arch), if shipped { ", put there now" } else { "" })
}

/// `round trip 2.1 to 8.4 ms`.
fn round_trips(times: impl IntoIterator<Item = Duration>) -> String {
    let mut times: Vec<Duration> = times.into_iter().collect();
    times.sort_unstable();
    let text = |time: &Duration| format!("{:.1}", time.as_secs_f64() * 1e3);
    match times.as_slice() {
        [] => String::new(),
        [one] => format!("round trip {} ms", text(one)),
        [first, .., last] => format!("round trip {} to {} ms", text(first), text(last)),
    }
}

/// `+0.004 s`.
fn signed(ms: i64) -> String {
    let sign = if ms < 0 { '-' } else { '+' };
    let ms = ms.unsigned_abs();
    format!("{sign}{}.{:03} s", ms / 1000, ms % 1000)
}

#[derive(Serialize)]
struct Reached<'a> {
    way: &'a str,
    node: &'a str,
    arch: &'a str,
    shipped: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    round_trip_us: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skew_ms: Option<i64>,
}

#[derive(Serialize)]
struct Silent<'a> {
    outcome: Option<&'a Outcome>,
}

fn json(answers: &[Answer], measured: &[Measured], out: &mut dyn Write) -> io::Result<()> {
    for ((host, answer), seen) in answers.iter().zip(measured) {
        match answer {
            Ok(HostAnswer { pong: Some(pong), .. }) => {
                let reached = Reached {
                    way: &seen.way,
                    node: &pong.node,
                    arch: &pong.arch,
                    shipped: seen.shipped,
                    round_trip_us: seen.round_trip.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
                    skew_ms: seen.skew_ms,
                };
                write_object(out, host, reached)?;
            }
            Ok(_) => write_object(out, host, Silent { outcome: None })?,
            Err(outcome) => write_object(out, host, Silent { outcome: Some(outcome) })?,
        }
    }
    Ok(())
}
