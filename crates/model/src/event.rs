//! Everything that can be said about a run. The ledger, the live display, the log and JSON are readers of this
//! one stream.

use crate::clock::RunClock;
use crate::credentials::{AskKind, Verdict};
use crate::digest::Digest;
use crate::heard;
use crate::ids::{HostId, HostRanges, RunId};
use crate::outcome::{Outcome, Receipt, Stream, Tally};
use crate::reason::Reason;
use serde::{Deserialize, Serialize};

/// One thing that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunEvent {
    /// When the coordinator learned it.
    pub at: RunClock,
    /// What happened.
    #[serde(flatten)]
    pub what: What,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum What {
    /// The run began. Always the first event.
    RunStarted(RunStart),
    /// Frames that may start the payload on these hosts are about to be sent. Durable before they are.
    Intent {
        /// The hosts.
        hosts: HostRanges,
        /// The child over whose link the frames go.
        via: HostId,
    },
    /// Payload bytes were handed to the link of a child of the coordinator.
    Shipped {
        /// The child.
        host: HostId,
        /// Bytes.
        bytes: u64,
    },
    /// Something was said about a host.
    Host {
        /// The host.
        host: HostId,
        /// What was said.
        #[serde(flatten)]
        said: HostEvent,
    },
    /// A body is stored whole.
    BodyStored {
        /// Its name.
        digest: Digest,
        /// Its length in bytes.
        len: u64,
    },
    /// A body could not be brought here; the outcome stands.
    BodyLost {
        /// Its name.
        digest: Digest,
        /// Why.
        reason: Reason,
    },
    /// A parent asked for the means to log in on a host.
    Asked {
        /// The host to log in on.
        host: HostId,
        /// The parent.
        by: HostId,
        /// What it asked for.
        ask: AskKind,
        /// What was said to it. Recorded before anything is signed.
        #[serde(flatten)]
        verdict: Verdict,
    },
    /// A link said something that it may not say; it was closed.
    Violation {
        /// The host at the other end.
        host: HostId,
        /// What it said.
        reason: Reason,
    },
    /// Nothing new starts from here on; what runs goes on.
    Halted {
        /// What it was that stopped it.
        by: EndedBy,
        /// In words.
        reason: Reason,
    },
    /// The operator asked to cancel.
    CancelAsked {
        /// Who, where it was not the operator at the run's own terminal.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// A new coordinator carries the run on. The hosts named here have no outcome from now on, whatever was said of
    /// them before: they are asked again. All others keep theirs.
    Resumed {
        /// Who carries it on, as `user@host`.
        who: String,
        /// Wall-clock moment in milliseconds since 1970, UTC.
        ms: u64,
        /// The hosts that are asked or started.
        hosts: HostRanges,
    },
    /// Every host has its outcome. The last event of a finished run, unless it is resumed.
    RunEnded {
        /// Counts of outcomes.
        tally: Tally,
        /// What ended the run.
        by: EndedBy,
    },
}

/// The head of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunStart {
    /// The run.
    pub run: RunId,
    /// Wall-clock start in milliseconds since 1970, UTC.
    pub started_ms: u64,
    /// Number of hosts.
    pub hosts: u64,
}

/// What ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EndedBy {
    /// Every host got its turn.
    Itself,
    /// A cancel.
    Cancel,
    /// The ledger could not be written, so nothing new started.
    LedgerFull,
    /// The operator let nothing new start.
    Interrupt,
    /// More hosts were bad than `--max-fail` allows.
    MaxFail,
    /// The run's own deadline.
    Deadline,
}

/// Something said about one host, by itself or by the node above it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "kebab-case")]
pub enum HostEvent {
    /// A link to it is being made.
    Linking {
        /// By this parent; none is the coordinator.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<HostId>,
    },
    /// The link stands and the node there has answered.
    Linked {
        /// By this parent; none is the coordinator.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<HostId>,
        /// Whether the node had to be put there first.
        node_shipped: bool,
        /// Milliseconds it took.
        ms: u64,
    },
    /// It was chosen as the parent of some hosts.
    Chosen {
        /// How many hosts are below it.
        below: u64,
    },
    /// It could not be reached as a parent, so the next candidate takes its place. It stays in the run as a child.
    GaveWay {
        /// Why.
        reason: Reason,
    },
    /// It is a parent, and the link to it was lost.
    ParentLost {
        /// Why.
        reason: Reason,
    },
    /// The link to it was lost before it had ended. It is asked again, over another link.
    LinkLost {
        /// Why.
        reason: Reason,
    },
    /// Its parent cannot reach it without a key of its own. The coordinator goes on with it, through its parent's sshd.
    Transit {
        /// Why.
        reason: Reason,
    },
    /// The attempt had begun there under an earlier link. It is followed from the spool, where it runs or has ended.
    Attached {
        /// The boot id of the claim.
        #[serde(deserialize_with = "heard::word")]
        boot: String,
    },
    /// Another run holds the host, and the attempt waits for it.
    Held {
        /// Who, what, why and since when.
        reason: Reason,
    },
    /// The attempt is claimed there.
    Claimed {
        /// The host's boot id.
        #[serde(deserialize_with = "heard::word")]
        boot: String,
        /// The user id that has it: another user's spool does not know of it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        uid: Option<u32>,
    },
    /// The payload is running.
    Started,
    /// It has printed this much; the bytes go to the body.
    Printed {
        /// On which stream.
        stream: Stream,
        /// Bytes so far.
        len: u64,
    },
    /// It ended.
    Ended {
        /// How.
        outcome: Outcome,
        /// The proof, where the payload ran.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        receipt: Option<Box<Receipt>>,
    },
}
