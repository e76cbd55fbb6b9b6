//! What earlier runs did on these hosts.

use super::answers::{
    Answer, AnswerOptions, AnswerStyle, fit, fold, no_answer, quoted, run_of, write_json, write_silent,
};
use super::holders::WithRun;
use crate::format;
use crate::style::{Line, Tone};
use crate::words::{BY_WEIGHT, detail, label, tone};
use mcom_model::{Digest, HostAnswer, Outcome, PastAttempt};
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::time::Duration;

/// Writes the runs of the past, the newest first: each with its hosts and how it ended there.
pub fn write_past(answers: &[Answer], options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
    match options.style {
        AnswerStyle::Fold => folded(answers, options, out),
        AnswerStyle::Lines => lines(answers, options, out),
        AnswerStyle::Json => write_json(answers, out, Past::new),
    }
}

/// What the attempts of one run on several hosts have in common.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a> {
    run: &'a str,
    who: &'a str,
    what: &'a str,
    payload: Digest,
    reason: Option<&'a str>,
}

/// One run on the hosts that know it.
struct Run<'a> {
    first: &'a PastAttempt,
    from: BTreeSet<&'a str>,
    /// By weight and words of the outcome.
    ends: BTreeMap<(usize, String), (&'a PastAttempt, Vec<&'a str>)>,
}

fn folded(answers: &[Answer], options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
    let mut runs: BTreeMap<Key<'_>, Run<'_>> = BTreeMap::new();
    for (host, past) in answers.iter().filter_map(|(host, answer)| Some((host, &answer.as_ref().ok()?.past))) {
        for attempt in past {
            let run = runs.entry(key(attempt)).or_insert_with(|| Run::new(attempt));
            run.add(host, attempt);
        }
    }
    let mut runs: Vec<Run<'_>> = runs.into_values().collect();
    runs.sort_by_key(|run| Reverse(run.first.began_ms));
    runs.iter().try_for_each(|run| run.write(options, out))?;
    let which = |is: fn(&HostAnswer) -> bool| {
        let hosts = answers.iter().filter(move |(_, answer)| answer.as_ref().is_ok_and(is));
        hosts.map(|(host, _)| host.as_str()).collect::<Vec<_>>()
    };
    let notes = [
        (which(|answer| answer.past.is_empty()), "no run is known there"),
        (which(|answer| answer.more), "there is more than is shown"),
    ];
    for (hosts, words) in notes.into_iter().filter(|(hosts, _)| !hosts.is_empty()) {
        let mut line = Line::new().add(Tone::Strong, fold(hosts));
        line.push(Tone::Faint, format!(": {words}"));
        options.line(out, &line)?;
    }
    write_silent(answers, options, out)
}

impl<'a> Run<'a> {
    const fn new(first: &'a PastAttempt) -> Self {
        Self { first, from: BTreeSet::new(), ends: BTreeMap::new() }
    }

    fn add(&mut self, host: &'a str, attempt: &'a PastAttempt) {
        if attempt.began_ms < self.first.began_ms {
            self.first = attempt;
        }
        self.from.extend(attempt.from.as_deref());
        let weight = |outcome: &Outcome| BY_WEIGHT.iter().position(|&kind| kind == outcome.kind());
        // What did not end comes first: it may run.
        let weight = attempt.outcome.as_ref().and_then(weight).map_or(0, |weight| weight + 1);
        let words = attempt.outcome.as_ref().map(detail).unwrap_or_default();
        self.ends.entry((weight, words)).or_insert_with(|| (attempt, Vec::new())).1.push(host);
    }

    fn write(&self, options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
        let began = self.first.began_ms;
        let began = format!("{}{}", format::date_time(began), format::age(began, options.now_ms));
        let mut line = Line::new().add(Tone::Plain, began);
        let from = match self.from.len() {
            0 | 1 => self.from.first().map(|from| fit(from)),
            several => Some(format!("{several} addresses")),
        };
        line.append(of_run(self.first, from));
        options.line(out, &line)?;
        for (attempt, hosts) in self.ends.values() {
            let mut line = Line::new().add(Tone::Plain, "    ");
            line.append(end(attempt, Some(hosts)));
            options.line(out, &line)?;
        }
        Ok(())
    }
}

fn lines(answers: &[Answer], options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
    for (host, answer) in answers {
        let answer = match answer {
            Ok(answer) => answer,
            Err(outcome) => {
                options.host_line(out, host, no_answer(outcome))?;
                continue;
            }
        };
        for attempt in &answer.past {
            let mut line = Line::new().add(Tone::Plain, format::date_time(attempt.began_ms));
            line.push(Tone::Plain, "  ");
            line.append(end(attempt, None));
            let took = attempt.ended_ms.map(|ended| Duration::from_millis(ended.saturating_sub(attempt.began_ms)));
            line.push_apart(Tone::Faint, took.map(format::duration).unwrap_or_default());
            line.append(of_run(attempt, attempt.from.as_deref().map(fit)));
            options.host_line(out, host, line)?;
        }
        let note = match (answer.past.is_empty(), answer.more) {
            (true, _) => "no run",
            (false, true) => "… there is more",
            (false, false) => continue,
        };
        options.host_line(out, host, Line::new().add(Tone::Faint, note))?;
    }
    Ok(())
}

fn key(attempt: &PastAttempt) -> Key<'_> {
    let PastAttempt { attempt, who, what, payload, reason, .. } = attempt;
    Key { run: run_of(attempt), who, what, payload: *payload, reason: reason.as_deref() }
}

/// `  run 8f3kabcd  alice@bastion from 10.1.0.7  fix.sh 8e1a46  "CHG123"`; of one that reverts another payload also
/// `reverts 77aa01`.
fn of_run(attempt: &PastAttempt, from: Option<String>) -> Line {
    let mut line = Line::new().add(Tone::Plain, "  ");
    line.push(Tone::Strong, format!("run {}", fit(run_of(&attempt.attempt))));
    let from = from.map(|from| format!(" from {from}")).unwrap_or_default();
    line.push_apart(Tone::Plain, format!("{}{from}", fit(&attempt.who)));
    line.push_apart(Tone::Plain, fit(&attempt.what));
    line.push(Tone::Faint, format!(" {}", attempt.payload.short()));
    let reverts = attempt.undoes.map(|payload| format!("reverts {}", payload.short()));
    line.push_apart(Tone::Faint, reverts.unwrap_or_default());
    line.push_apart(Tone::Plain, quoted(attempt.reason.as_deref()));
    line
}

/// `FAILED 2  mail[11-12]-dc1  exit 1`; without hosts `FAILED  exit 1`.
fn end(attempt: &PastAttempt, hosts: Option<&[&str]>) -> Line {
    let (tone, word, words) = match &attempt.outcome {
        Some(outcome) => (tone(outcome.kind()), label(outcome.kind()), detail(outcome)),
        None => (Tone::Doubtful, "NO END".to_owned(), "it runs, or nobody wrote down how it ended".to_owned()),
    };
    let count = hosts.map(|hosts| format!(" {}", hosts.len())).unwrap_or_default();
    let mut line = Line::new().add(tone, format!("{word}{count}"));
    line.push_apart(Tone::Strong, hosts.map(|hosts| fold(hosts.iter().copied())).unwrap_or_default());
    line.push_apart(Tone::Plain, words);
    line
}

#[derive(Serialize)]
struct Past<'a> {
    past: Vec<WithRun<'a, PastAttempt>>,
    more: bool,
}

impl<'a> Past<'a> {
    fn new(answer: &'a HostAnswer) -> Self {
        let past = answer.past.iter().map(|attempt| WithRun::new(&attempt.attempt, attempt));
        Self { past: past.collect(), more: answer.more }
    }
}
