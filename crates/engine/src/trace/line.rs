//! The lines of a trace.

use crate::tree::{Input, TreeRun};
use mcom_model::{Plan, RecordedRun, RunClock, RunSpec, RunStart};
use serde::{Deserialize, Serialize};

/// The version of this form.
pub const VERSION: u32 = 1;

/// The first line: everything that a coordinator is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// [`VERSION`] of the writer.
    pub trace: u32,
    /// The plan.
    pub plan: Plan,
    /// What every node is told.
    pub spec: RunSpec,
    /// How the coordinator began.
    pub begin: Begin,
}

/// How a coordinator began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Begin {
    /// With a new run.
    Start(RunStart),
    /// With what an earlier one recorded.
    Resume {
        /// What it recorded.
        recorded: Box<RecordedRun>,
        /// Who carries the run on.
        who: String,
        /// From when on, in milliseconds since 1970.
        ms: u64,
    },
}

/// Every further line.
#[derive(Serialize, Deserialize)]
pub(super) struct InputLine<T> {
    pub(super) at: RunClock,
    pub(super) taken: u32,
    pub(super) input: T,
}

impl Head {
    /// The coordinator, fresh.
    pub fn engine(&self) -> TreeRun {
        match &self.begin {
            Begin::Start(start) => TreeRun::coordinator(&self.plan, self.spec.clone(), start.clone()),
            Begin::Resume { recorded, who, ms } => {
                TreeRun::resume(&self.plan, self.spec.clone(), recorded, who.clone(), *ms)
            }
        }
    }
}

/// The first line of a trace, with its end.
pub fn head_line(head: &Head) -> Result<String, serde_json::Error> {
    line(head)
}

/// The line of one input, with its end. So many effects were taken since the input before it: what comes of an effect
/// may be told before the next is taken.
pub fn input_line(at: RunClock, taken: u32, input: &Input) -> Result<String, serde_json::Error> {
    line(&InputLine { at, taken, input })
}

fn line<T: Serialize>(value: &T) -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string(value)?;
    text.push('\n');
    Ok(text)
}
