//! What is known about one host.

use mcom_model::{HostEvent, HostId, Outcome, Reason, Receipt, RunClock};

/// How far a host has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing was said about it.
    #[default]
    Waiting,
    /// A link is being made.
    Linking,
    /// Its node has answered.
    Linked,
    /// The payload runs.
    Running,
    /// It has its outcome.
    Ended,
}

/// Who makes the link to a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Parent {
    /// The coordinator.
    Coordinator,
    /// A host.
    Host(HostId),
}

impl From<Option<HostId>> for Parent {
    fn from(by: Option<HostId>) -> Self {
        by.map_or(Self::Coordinator, Self::Host)
    }
}

/// One host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostView {
    /// How far it has come.
    pub stage: Stage,
    /// Who made the link to it, or was the last to try.
    pub parent: Option<Parent>,
    /// When the link stood.
    pub linked_at: Option<RunClock>,
    /// When the payload's bytes had been handed to the link to it; known of children of the coordinator.
    pub shipped_at: Option<RunClock>,
    /// When the payload was started.
    pub started_at: Option<RunClock>,
    /// When it ended.
    pub ended_at: Option<RunClock>,
    /// How it ended.
    pub outcome: Option<Outcome>,
    /// The proof, where the payload ran.
    pub receipt: Option<Box<Receipt>>,
    /// How many hosts it was made the parent of; none: it is no parent.
    pub below: Option<u64>,
    /// Why it could not be reached as a parent.
    pub gave_way: Option<Reason>,
    /// When and why the link to it was lost.
    pub lost: Option<(RunClock, Reason)>,
}

impl HostView {
    /// Takes in what was said.
    pub(super) fn apply(&mut self, at: RunClock, said: &HostEvent) {
        match said {
            HostEvent::Linking { by } => {
                self.parent = Some((*by).into());
                self.reach(Stage::Linking);
            }
            HostEvent::Linked { by, .. } => {
                self.parent = Some((*by).into());
                self.linked_at = Some(at);
                self.reach(Stage::Linked);
            }
            HostEvent::Chosen { below } => self.below = Some(*below),
            HostEvent::GaveWay { reason } => {
                self.gave_way = Some(reason.clone());
                if self.stage == Stage::Linking {
                    self.stage = Stage::Waiting;
                }
            }
            HostEvent::ParentLost { reason } => self.lost = Some((at, reason.clone())),
            HostEvent::LinkLost { .. } | HostEvent::Held { .. } => {}
            HostEvent::Attached { .. } => self.reach(Stage::Running),
            HostEvent::Claimed { .. } => self.reach(Stage::Linked),
            HostEvent::Started => {
                self.started_at.get_or_insert(at);
                self.reach(Stage::Running);
            }
            HostEvent::Printed { .. } => self.reach(Stage::Running),
            HostEvent::Ended { outcome, receipt } => self.end(at, outcome, receipt.as_deref()),
        }
    }

    fn end(&mut self, at: RunClock, outcome: &Outcome, receipt: Option<&Receipt>) {
        self.ended_at = Some(at);
        self.outcome = Some(outcome.clone());
        self.receipt = receipt.cloned().map(Box::new);
        self.reach(Stage::Ended);
    }

    /// Stages are never taken back by events that come late.
    fn reach(&mut self, stage: Stage) {
        self.stage = self.stage.max(stage);
    }
}
