//! Who holds these hosts now.

use super::answers::{
    Answer, AnswerOptions, AnswerStyle, fit, fold, no_answer, quoted, run_of, write_json, write_silent,
};
use crate::format;
use crate::style::{Line, Tone};
use mcom_model::{Holder, HostAnswer};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes who holds which hosts, why and since when; which are free; and which could not be asked.
pub fn write_holders(answers: &[Answer], options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
    match options.style {
        AnswerStyle::Fold => folded(answers, options, out),
        AnswerStyle::Lines => lines(answers, options, out),
        AnswerStyle::Json => write_json(answers, out, |answer| Held { holder: answer.holder.as_ref().map(with_run) }),
    }
}

/// What the holds of one run on several hosts have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    run: &'a str,
    who: &'a str,
    what: &'a str,
    reason: Option<&'a str>,
}

fn folded(answers: &[Answer], options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut held: BTreeMap<Key<'_>, (&Holder, Vec<&str>)> = BTreeMap::new();
    let mut free = Vec::new();
    for (host, answer) in answers {
        match answer {
            Ok(HostAnswer { holder: Some(holder), .. }) => {
                let (first, hosts) = held.entry(key(holder)).or_insert_with(|| (holder, Vec::new()));
                if holder.since_ms < first.since_ms {
                    *first = holder;
                }
                hosts.push(host);
            }
            Ok(_) => free.push(host.as_str()),
            Err(_) => {}
        }
    }
    let mut held: Vec<(&Holder, Vec<&str>)> = held.into_values().collect();
    held.sort_by_key(|(holder, hosts)| (Reverse(hosts.len()), holder.since_ms));
    for (holder, hosts) in held {
        let mut line = Line::new().add(Tone::Doubtful, format!("HELD {}", hosts.len()));
        line.push_apart(Tone::Strong, fold(hosts));
        line.append(by(holder, options));
        options.line(out, &line)?;
    }
    if !free.is_empty() {
        let mut line = Line::new().add(Tone::Good, format!("free {}", free.len()));
        line.push_apart(Tone::Strong, fold(free));
        options.line(out, &line)?;
    }
    write_silent(answers, options, out)
}

fn lines(answers: &[Answer], options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
    for (host, answer) in answers {
        let line = match answer {
            Ok(HostAnswer { holder: Some(holder), .. }) => {
                let mut line = Line::new().add(Tone::Doubtful, "HELD");
                line.append(by(holder, options));
                line
            }
            Ok(_) => Line::new().add(Tone::Good, "free"),
            Err(outcome) => no_answer(outcome),
        };
        options.host_line(out, host, line)?;
    }
    Ok(())
}

fn key(holder: &Holder) -> Key<'_> {
    let Holder { attempt, who, what, reason, .. } = holder;
    Key { run: run_of(attempt), who, what, reason: reason.as_deref() }
}

/// `  by alice@bastion  run 8f3kabcd  fix.sh  "CHG123"  since 2026-07-22 14:02:11Z (3m04s ago)`.
fn by(holder: &Holder, options: &AnswerOptions) -> Line {
    let mut line = Line::new().add(Tone::Plain, format!("  by {}", fit(&holder.who)));
    line.push_apart(Tone::Plain, format!("run {}", fit(run_of(&holder.attempt))));
    line.push_apart(Tone::Plain, fit(&holder.what));
    line.push_apart(Tone::Plain, quoted(holder.reason.as_deref()));
    let since = format!("since {}{}", format::date_time(holder.since_ms), format::age(holder.since_ms, options.now_ms));
    line.push_apart(Tone::Faint, since);
    line
}

#[derive(Serialize)]
struct Held<'a> {
    holder: Option<WithRun<'a, Holder>>,
}

/// The run beside the attempt: what other verbs are given.
#[derive(Serialize)]
pub(super) struct WithRun<'a, T> {
    run: &'a str,
    #[serde(flatten)]
    rest: &'a T,
}

impl<'a, T> WithRun<'a, T> {
    pub(super) fn new(attempt: &'a str, rest: &'a T) -> Self {
        Self { run: run_of(attempt), rest }
    }
}

fn with_run(holder: &Holder) -> WithRun<'_, Holder> {
    WithRun::new(&holder.attempt, holder)
}
