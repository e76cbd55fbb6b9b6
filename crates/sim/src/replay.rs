//! Steps through a trace: feeds the inputs to a fresh coordinator, says what it wants done about each, and checks what
//! can be checked from there.

use mcom_engine::trace::{Begin, Trace, TraceError};
use mcom_engine::tree::{Effect, Input, TreeRun};
use mcom_model::{HostEvent, HostId, Outcome, RunClock, What};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What the coordinators of a run wrote, one after the other.
///
/// # Errors
/// Where the text is no trace.
pub fn parts(text: &str) -> Result<Vec<Part>, TraceError> {
    Ok(Trace::parse(text)?.into_iter().map(Part).collect())
}

/// What one coordinator wrote.
pub struct Part(Trace);

impl Part {
    /// How it began, in one line.
    pub fn in_words(&self) -> String {
        let head = &self.0.head;
        let (hosts, inputs) = (head.plan.hosts.len(), self.0.inputs.len());
        let how = match &head.begin {
            Begin::Start(_) => "starts".to_owned(),
            Begin::Resume { recorded, who, .. } => {
                let open = recorded.hosts.iter().filter(|host| host.outcome.is_none()).count();
                format!("is carried on by {who} with {open} hosts open")
            }
        };
        format!("run {} of {hosts} hosts {how}; {inputs} inputs", head.spec.run)
    }
}

/// One input, and what the coordinator wants done about it.
pub struct Step {
    at: RunClock,
    /// None is the beginning, before any input.
    input: Option<Input>,
    effects: Vec<Effect>,
}

/// The way through one part.
pub struct Steps<'a> {
    trace: &'a Trace,
    engine: TreeRun,
    next: usize,
    begun: bool,
    outcomes: BTreeMap<HostId, Outcome>,
    intended: BTreeSet<HostId>,
    ended: bool,
    broken: Vec<String>,
}

impl<'a> Steps<'a> {
    /// Before the first step.
    pub fn new(part: &'a Part) -> Self {
        let trace = &part.0;
        let engine = trace.head.engine();
        let (outcomes, intended, broken) = (BTreeMap::new(), BTreeSet::new(), Vec::new());
        Self { trace, engine, next: 0, begun: false, outcomes, intended, ended: false, broken }
    }

    /// The next step that is not later than `until` microseconds.
    pub fn next_until(&mut self, until: u64) -> Option<Step> {
        let (at, input) = if self.begun {
            let timed = self.trace.inputs.get(self.next).filter(|timed| timed.at.as_micros() <= until)?;
            self.next += 1;
            self.engine.handle(timed.at, timed.input.clone());
            (timed.at, Some(timed.input.clone()))
        } else {
            self.begun = true;
            (RunClock::ZERO, None)
        };
        // As many as were taken before the next input; after the last one, all.
        let most = self.trace.inputs.get(self.next).map_or(u32::MAX, |next| next.taken);
        let mut effects = Vec::new();
        while (effects.len() as u64) < u64::from(most)
            && let Some(effect) = self.engine.poll_effect()
        {
            self.check(at, &effect);
            effects.push(effect);
        }
        Some(Step { at, input, effects })
    }

    fn check(&mut self, at: RunClock, effect: &Effect) {
        let Effect::Record { event, .. } = effect else {
            if let Effect::SendDown { link, message: mcom_wire::Down::Assign(assignment) } = effect
                && !self.intended.contains(&assignment.me)
            {
                let (link, host) = (link.0, self.name(assignment.me).to_owned());
                self.broke(at, format!("invariant_intent_before_assignment: {host} over link {link}"));
            }
            return;
        };
        if self.ended && !matches!(event.what, What::Resumed { .. }) {
            self.broke(at, "invariant_last_event_is_last: something was recorded after the end".to_owned());
        }
        match &event.what {
            What::Intent { hosts, .. } => self.intended.extend(hosts.iter()),
            What::Host { host, said: HostEvent::Ended { outcome, receipt } } => {
                if outcome.has_receipt() && receipt.is_none() {
                    let name = self.name(*host).to_owned();
                    self.broke(at, format!("invariant_no_ok_without_receipt: {name} is called {outcome:?}"));
                }
                if let Some(first) = self.outcomes.insert(*host, outcome.clone()) {
                    let name = self.name(*host).to_owned();
                    self.broke(at, format!("invariant_one_outcome: {name} ended as {first:?} and {outcome:?}"));
                }
            }
            What::RunEnded { .. } => self.ended = true,
            _ => {}
        }
    }

    fn broke(&mut self, at: RunClock, text: String) {
        self.broken.push(format!("at {}: {text}", seconds(at)));
    }

    /// The invariants that did not hold so far.
    pub fn broken(&self) -> &[String] {
        &self.broken
    }

    fn name(&self, host: HostId) -> &str {
        self.trace.head.plan.hosts.get(host.0 as usize).map_or("?", |host| host.name.as_str())
    }

    /// Whether a step has to do with a host: it is spoken of, or at the other end of the link.
    pub fn concerns(&self, step: &Step, name: &str) -> bool {
        let Some((id, _)) = (0..).map(HostId).zip(&self.trace.head.plan.hosts).find(|(_, host)| host.name == name)
        else {
            return false;
        };
        let about = |text: &str| mentions(text, name, id);
        step.input.as_ref().is_some_and(|input| about(&format!("{input:?}")))
            || step.effects.iter().any(|effect| about(&format!("{effect:?}")))
    }

    /// A step in lines: the input, and each effect below it.
    pub fn in_words(&self, step: &Step) -> String {
        let what = step.input.as_ref().map_or_else(|| "the beginning".to_owned(), |input| format!("{input:?}"));
        let mut text = format!("{}  > {what}", seconds(step.at));
        for effect in &step.effects {
            write!(text, "\n                < {effect:?}").expect("a string takes everything");
        }
        text
    }

    /// Where the trace ends.
    pub fn end_in_words(&self) -> String {
        let (inputs, all) = (self.next, self.trace.inputs.len());
        let torn = if self.trace.torn { "; its last line was torn" } else { "" };
        let state = match (self.engine.is_over(), self.engine.next_timeout()) {
            (true, _) => "the run has ended".to_owned(),
            (false, Some((at, why))) => {
                let left = self.engine.hosts_left();
                format!("the run goes on: {left} hosts without an outcome, next timer {why:?} at {}", seconds(at))
            }
            (false, None) => {
                format!("the run goes on: {} hosts without an outcome, no timer", self.engine.hosts_left())
            }
        };
        format!("after {inputs} of {all} inputs{torn}: {state}")
    }
}

fn mentions(text: &str, name: &str, id: HostId) -> bool {
    text.contains(&format!("\"{name}\"")) || text.contains(&format!("{id:?}"))
}

fn seconds(at: RunClock) -> String {
    format!("+{:>5}.{:06}s", at.as_micros() / 1_000_000, at.as_micros() % 1_000_000)
}
