//! What all views of answers share: their form, and the hosts that gave none.

use crate::fold::FoldIgnore;
use crate::sanitise::sanitise_line;
use crate::style::{Line, Tone};
use crate::words::{BY_WEIGHT, detail, label, tone};
use mcom_fleet::hostset;
use mcom_model::{HostAnswer, Outcome};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A host's name, and what it answered; or how the asking of it ended.
pub type Answer = (String, Result<HostAnswer, Outcome>);

/// How answers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerStyle {
    /// Equal answers once, with their hosts.
    Fold,
    /// Lines that begin with the host's name.
    Lines,
    /// A JSON object a host.
    Json,
}

/// How answers are written. Nothing here is looked up: the caller knows it.
#[derive(Clone, Copy, Debug)]
pub struct AnswerOptions {
    /// In which form.
    pub style: AnswerStyle,
    /// Wall-clock time in milliseconds since 1970, UTC: ages count to it.
    pub now_ms: u64,
    /// Whether to use colour.
    pub color: bool,
}

impl AnswerOptions {
    /// Writes a line.
    pub(super) fn line(&self, out: &mut dyn Write, line: &Line) -> io::Result<()> {
        writeln!(out, "{}", line.render(self.color))
    }

    /// Writes a line about one host.
    pub(super) fn host_line(&self, out: &mut dyn Write, host: &str, line: Line) -> io::Result<()> {
        let mut whole = Line::new().add(Tone::Strong, fit(host)).add(Tone::Plain, ": ");
        whole.append(line);
        self.line(out, &whole)
    }
}

/// The run of a `RUN.ATTEMPT`.
pub(super) fn run_of(attempt: &str) -> &str {
    attempt.split('.').next().unwrap_or(attempt)
}

/// Words of a host, fit for one line.
pub(super) fn fit(text: &str) -> String {
    sanitise_line(text.as_bytes())
}

/// `"CHG123"`.
pub(super) fn quoted(reason: Option<&str>) -> String {
    reason.map(|reason| format!("\"{}\"", fit(reason))).unwrap_or_default()
}

/// Hosts as a pattern that can be typed again.
pub(super) fn fold<'a>(hosts: impl IntoIterator<Item = &'a str>) -> String {
    fit(&hostset::fold(hosts))
}

/// `UNREACHABLE  connect to host mail4-dc3 port 22: Connection timed out`.
pub(super) fn no_answer(outcome: &Outcome) -> Line {
    let mut line = Line::new().add(tone(outcome.kind()), label(outcome.kind()));
    line.push_apart(Tone::Plain, detail(outcome));
    line
}

/// Writes the hosts that gave no answer, those with equal reasons together, with what mends it.
pub(super) fn write_silent(answers: &[Answer], options: &AnswerOptions, out: &mut dyn Write) -> io::Result<()> {
    let own_name = FoldIgnore { host: true, ..FoldIgnore::default() };
    let mut groups: BTreeMap<_, (&Outcome, Vec<&str>)> = BTreeMap::new();
    for (host, answer) in answers {
        let Err(outcome) = answer else { continue };
        let weight = BY_WEIGHT.iter().position(|&kind| kind == outcome.kind()).unwrap_or(BY_WEIGHT.len());
        let words = own_name.mask(host, detail(outcome).as_bytes());
        groups.entry((weight, words)).or_insert_with(|| (outcome, Vec::new())).1.push(host);
    }
    for ((_, words), (outcome, hosts)) in groups {
        let mut line = Line::new().add(tone(outcome.kind()), format!("{} {}", label(outcome.kind()), hosts.len()));
        let words = if hosts.len() == 1 { detail(outcome) } else { String::from_utf8_lossy(&words).into_owned() };
        line.push_apart(Tone::Strong, fold(hosts));
        line.push_apart(Tone::Plain, words);
        options.line(out, &line)?;
        if let Some(mend) = outcome.reason().and_then(|reason| reason.mend()) {
            options.line(out, &Line::new().add(Tone::Faint, format!("    → {mend}")))?;
        }
    }
    Ok(())
}

/// Writes one JSON object a host: `v`, `host`, and what `fields` makes of its answer.
pub(super) fn write_json<'a, T: Serialize>(
    answers: &'a [Answer],
    out: &mut dyn Write,
    fields: impl Fn(&'a HostAnswer) -> T,
) -> io::Result<()> {
    for (host, answer) in answers {
        match answer {
            Ok(answer) => write_object(out, host, fields(answer))?,
            Err(outcome) => write_object(out, host, NoAnswer { outcome })?,
        }
    }
    Ok(())
}

#[derive(Serialize)]
struct Object<'a, T> {
    v: u32,
    host: &'a str,
    #[serde(flatten)]
    fields: T,
}

#[derive(Serialize)]
struct NoAnswer<'a> {
    outcome: &'a Outcome,
}

/// Writes one JSON object about a host.
pub(super) fn write_object(out: &mut dyn Write, host: &str, fields: impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Object { v: crate::json::VERSION, host, fields })?;
    out.write_all(b"\n")
}
