//! What is wanted, from a rollout's file or from the flags of a run: everything but which host is in which stage.

use crate::error::CliError;
use crate::request::{Planned, Prepared};
use crate::rollout::held::LeaveOut;
use mcom_fleet::document::Place;
use mcom_ledger::LongLinks;
use mcom_model::Payload;
use mcom_rollout::{OnFail, StageFile, Window};

/// A rollout that is wanted.
pub struct Intent<'a> {
    /// Its name.
    pub name: String,
    /// Its hosts, and what runs on them.
    pub planned: Planned,
    /// What runs on them.
    pub payload: Payload,
    /// What reverts that.
    pub undo: Option<Prepared>,
    /// How hosts are asked whether they are well.
    pub health: Option<HealthIntent>,
    /// The stages, as typed.
    pub stages: Vec<StageFile>,
    /// What is done where a stage fails.
    pub on_fail: OnFail,
    /// When stages may start.
    pub window: Option<Window>,
    /// How links are made from here.
    pub links: LongLinks,
    /// Where hosts can be left out.
    pub leave_out: LeaveOut,
    /// An error about what stands at a place of the file, or of a flag.
    pub error_at: Box<dyn Fn(Place, String) -> CliError + 'a>,
}

/// How hosts are asked whether they are well.
pub struct HealthIntent {
    /// What runs on each host.
    pub script: Option<Prepared>,
    /// What runs here.
    pub command: Option<String>,
    /// Milliseconds from one round of questions to the next.
    pub every_ms: u64,
    /// Milliseconds within which the first healthy answer is due.
    pub within_ms: u64,
    /// Sick answers in a row that make a host bad.
    pub fails: u32,
    /// Untouched hosts that are asked too.
    pub controls: u32,
}
