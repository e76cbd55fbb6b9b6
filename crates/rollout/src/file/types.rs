//! A rollout as its file says it, before anybody looked which hosts there are.

use crate::reach::{Reach, Share};
use crate::spec::OnFail;
use crate::window::Window;
use mcom_fleet::document::{DocumentError, Place};
use mcom_model::RunAs;

/// A value and its place in the file, for errors that are found later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

/// A rollout, as its file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutFile {
    /// The file, as it was named to mcom.
    pub file: String,
    /// The rollout's name.
    pub name: At<String>,
    /// Patterns of its hosts; at least one.
    pub hosts: Vec<At<String>>,
    /// Patterns of hosts that are left out.
    pub exclude: Vec<At<String>>,
    /// What is run.
    pub what: At<FilePayload>,
    /// Arguments of the script, and of the one that reverts it.
    pub args: Vec<String>,
    /// Environment of the payload, of what reverts it and of the health script.
    pub env: Vec<(String, String)>,
    /// Working directory of all three.
    pub cwd: Option<String>,
    /// The user that all three run as, where that is not the login user.
    pub run_as: Option<RunAs>,
    /// What reverts the payload: a script where that is one, a command where that is one.
    pub undo: Option<At<FilePayload>>,
    /// Why the change is made.
    pub reason: Option<String>,
    /// Milliseconds for the payload on each host.
    pub command_timeout_ms: Option<u64>,
    /// How hosts are asked whether they are well.
    pub health: Option<HealthFile>,
    /// The stages; at least one.
    pub stages: Vec<StageFile>,
    /// What is done where a stage fails.
    pub on_fail: OnFail,
    /// When stages may start.
    pub window: Option<At<Window>>,
}

/// What a file says is run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilePayload {
    /// A script's path, as typed.
    Script(String),
    /// Text for `/bin/sh -c`.
    Command(String),
}

/// How hosts are asked whether they are well. There is a script, a command, or both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HealthFile {
    /// The path of what runs on each host, as typed.
    pub script: Option<At<String>>,
    /// What runs on the admin host, for `/bin/sh -c`.
    pub command: Option<String>,
    /// Milliseconds from one round of questions to the next.
    pub every_ms: u64,
    /// Milliseconds within which the first healthy answer is due.
    pub within_ms: u64,
    /// Sick answers in a row that make a host bad.
    pub fails: u32,
    /// Untouched hosts that are asked too.
    pub control: u32,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StageFile {
    /// Its name; what it reaches, where the file gives none.
    pub name: String,
    /// How far the rollout reaches when this stage is behind it.
    pub reach: At<Reach>,
    /// Milliseconds that it is watched for.
    pub soak_ms: u64,
    /// Whether the next stage waits for an operator.
    pub approve: bool,
    /// Bad hosts that it may have.
    pub max_fail: u64,
    /// Whether one datacenter follows after another.
    pub by_dc: bool,
    /// How much of a datacenter runs at a time.
    pub batch: Option<Share>,
    /// The payload restarts its host, which must be back within so many milliseconds.
    pub reboots_ms: Option<u64>,
    /// Where it stands.
    pub at: Place,
}

impl RolloutFile {
    /// An error about what stands at `place`.
    pub fn error(&self, place: Place, message: impl Into<String>) -> DocumentError {
        DocumentError { file: self.file.clone(), place, message: message.into() }
    }
}
