//! The trace of a simulated run's coordinators, in the form in which a real one writes it.

use crate::scenario::Scenario;
use mcom_engine::trace::{Begin, Head, VERSION, head_line, input_line};
use mcom_engine::tree::Input;
use mcom_model::RunClock;

/// The lines so far, where they are wanted.
pub(crate) struct Tracer {
    lines: Option<String>,
    /// Effects that were taken since the last input.
    taken: u32,
}

impl Tracer {
    pub(crate) fn new(wanted: bool) -> Self {
        Self { lines: wanted.then(String::new), taken: 0 }
    }

    /// A coordinator begins.
    pub(crate) fn head(&mut self, scenario: &Scenario, begin: Begin) {
        self.taken = 0;
        if let Some(text) = &mut self.lines {
            let (plan, spec) = (scenario.plan.clone(), scenario.spec.clone());
            let head = Head { trace: VERSION, plan, spec, begin };
            *text += &head_line(&head).expect("a plan has a JSON form");
        }
    }

    /// A coordinator is told something.
    pub(crate) fn input(&mut self, at: RunClock, input: &Input) {
        let taken = std::mem::take(&mut self.taken);
        if let Some(text) = &mut self.lines {
            *text += &input_line(at, taken, input).expect("an input has a JSON form");
        }
    }

    /// A coordinator's effect was taken.
    pub(crate) const fn taken(&mut self) {
        self.taken += 1;
    }

    pub(crate) fn finish(&mut self) -> String {
        self.lines.take().unwrap_or_default()
    }
}
