//! What is known about one host.

use mcom_model::{HostEvent, HostId, Outcome, OutcomeKind, Reason, Receipt, RunClock};

/// How far a host has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Nothing was said about it, or its link was lost before it could begin.
    #[default]
    Waiting,
    /// It may have begun, and its link was lost: it is asked again.
    Asking,
    /// A link is being made.
    Linking,
    /// Its node has answered.
    Linked,
    /// Another run holds it, and the attempt waits.
    Held,
    /// The payload runs.
    Running,
    /// It has its outcome.
    Ended,
}

impl Stage {
    /// All stages, in order.
    pub const ALL: [Self; 7] =
        [Self::Waiting, Self::Asking, Self::Linking, Self::Linked, Self::Held, Self::Running, Self::Ended];
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
    /// The child of the coordinator that it was last put below, or itself where it is one.
    pub head: Option<HostId>,
    /// When its link stood for the first time.
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
    /// When and why the link to it was lost, the last time.
    pub lost: Option<(RunClock, Reason)>,
    /// Why the coordinator reaches it itself, through its parent's sshd.
    pub transit: Option<Reason>,
    /// How often the link to it was lost.
    pub times_lost: u32,
    /// How often it was found to have begun under an earlier link, and was followed.
    pub times_attached: u32,
    /// Which other run holds it, or held it when that was last said.
    pub held: Option<Reason>,
    /// Since when it is known to run, where it runs now.
    pub(super) running_since: Option<RunClock>,
}

impl HostView {
    /// Takes in what was said. An outcome is final, whatever is said after it.
    pub(super) fn apply(&mut self, at: RunClock, said: &HostEvent) {
        match said {
            HostEvent::Linking { by } => {
                self.parent = Some((*by).into());
                self.leave(Stage::Waiting, Stage::Linking);
            }
            HostEvent::Linked { by, .. } => {
                self.parent = Some((*by).into());
                self.linked_at.get_or_insert(at);
                self.leave(Stage::Waiting, Stage::Linked);
                self.leave(Stage::Linking, Stage::Linked);
            }
            HostEvent::Chosen { below } => self.below = Some(*below),
            HostEvent::GaveWay { reason } => {
                self.gave_way = Some(reason.clone());
                self.leave(Stage::Linking, Stage::Waiting);
            }
            HostEvent::ParentLost { reason } | HostEvent::LinkLost { reason } => {
                self.lost = Some((at, reason.clone()));
                self.times_lost += 1;
                self.unlink();
            }
            HostEvent::Transit { reason } => {
                self.transit = Some(reason.clone());
                self.unlink();
            }
            HostEvent::Attached { .. } => {
                self.times_attached += 1;
                self.run(at);
            }
            HostEvent::Held { reason } => {
                self.held = Some(reason.clone());
                if self.started_at.is_none() {
                    self.reach(Stage::Held);
                }
            }
            HostEvent::Claimed { .. } => {
                if self.stage < Stage::Linked {
                    self.reach(Stage::Linked);
                }
            }
            HostEvent::Started => {
                self.started_at.get_or_insert(at);
                self.run(at);
            }
            HostEvent::Printed { .. } => self.run(at),
            HostEvent::Ended { outcome, receipt } => self.end(at, outcome, receipt.as_deref()),
        }
    }

    /// The way to it is gone: its own link, or that of a parent above it.
    pub(super) fn unlink(&mut self) {
        self.reach(if self.may_have_begun() { Stage::Asking } else { Stage::Waiting });
    }

    /// It has no outcome from now on, and is asked again.
    pub(super) fn withdraw(&mut self) {
        let begun = match self.outcome.take().map(|outcome| outcome.kind()) {
            Some(kind) => kind == OutcomeKind::Unknown,
            None => self.may_have_begun(),
        };
        (self.ended_at, self.receipt, self.held) = (None, None, None);
        self.stage = Stage::Waiting;
        self.running_since = None;
        if begun {
            self.stage = Stage::Asking;
        }
    }

    const fn may_have_begun(&self) -> bool {
        matches!(self.stage, Stage::Asking | Stage::Linked | Stage::Held | Stage::Running)
    }

    fn end(&mut self, at: RunClock, outcome: &Outcome, receipt: Option<&Receipt>) {
        self.ended_at = Some(at);
        self.outcome = Some(outcome.clone());
        self.receipt = receipt.cloned().map(Box::new);
        self.reach(Stage::Ended);
    }

    fn run(&mut self, at: RunClock) {
        if self.stage < Stage::Running {
            self.reach(Stage::Running);
            self.running_since = Some(self.started_at.unwrap_or(at));
        }
    }

    fn leave(&mut self, from: Stage, to: Stage) {
        if self.stage == from {
            self.reach(to);
        }
    }

    /// Events that come after the end change no stage.
    fn reach(&mut self, stage: Stage) {
        if self.stage != Stage::Ended {
            self.stage = stage;
            self.running_since = None;
        }
    }
}
