//! What can happen to a tree run.

use crate::tree::effect::LinkId;
use bytes::Bytes;
use mcom_model::{AskKind, Digest, Outcome, Reason, Receipt, Stream, Verdict};
use mcom_wire::{Down, HelloUp, Up};
use serde::{Deserialize, Serialize};

/// One thing that happened. The driver (or the simulator) hands them over one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Input {
    /// The time that [`TreeRun::next_timeout`](crate::tree::TreeRun::next_timeout) named has come.
    Timeout,
    /// A control message came from above. [`Down::Hello`] and [`Down::Blob`] are the driver's own business.
    FromParent(Down),
    /// The link upwards is gone.
    ParentLost(Reason),
    /// Every byte of one of the payload's blobs is here and matches its digest.
    BlobReady {
        /// Which of [`mcom_model::Payload::blobs`].
        index: u32,
    },
    /// A blob of an assignment whose hosts may have begun is not on this host.
    BlobMissing {
        /// Which of [`mcom_model::Payload::blobs`].
        index: u32,
    },
    /// A blob came, and is not what was promised.
    BlobBad {
        /// Which of [`mcom_model::Payload::blobs`].
        index: u32,
        /// What was seen.
        reason: Reason,
    },
    /// An [`Effect::OpenLink`](crate::tree::Effect::OpenLink) succeeded: the node at the other end has answered.
    LinkOpened {
        /// The link.
        link: LinkId,
        /// The node's first message.
        hello: HelloUp,
        /// Whether the node had to be put there first.
        node_shipped: bool,
    },
    /// An [`Effect::OpenLink`](crate::tree::Effect::OpenLink) failed; nothing was assigned there.
    LinkFailed {
        /// The link.
        link: LinkId,
        /// How.
        failure: LinkFailure,
    },
    /// The ssh that makes a link asks for what it needs to log in, once at a time (node).
    AgentAsked {
        /// The link.
        link: LinkId,
        /// What it asks for.
        kind: AskKind,
        /// As in [`mcom_wire::Ask`].
        #[serde(with = "crate::trace::hex")]
        bind: Bytes,
        /// As in [`mcom_wire::Ask`].
        #[serde(with = "crate::trace::hex")]
        request: Bytes,
    },
    /// Whether a parent may have what it asked for (coordinator).
    Judged {
        /// Which [`Effect::Judge`](crate::tree::Effect::Judge).
        ticket: u32,
        /// The verdict.
        verdict: Verdict,
    },
    /// It was signed, or could not be (coordinator).
    Granted {
        /// Which [`Effect::Grant`](crate::tree::Effect::Grant).
        ticket: u32,
        /// The signature or the certificate.
        #[serde(with = "crate::trace::hex_or_reason")]
        granted: Result<Bytes, Reason>,
    },
    /// An open link is gone.
    LinkLost {
        /// The link.
        link: LinkId,
        /// What was seen.
        reason: Reason,
    },
    /// A message came from below.
    FromChild {
        /// Over this link.
        link: LinkId,
        /// The message; never [`Up::Hello`].
        #[serde(with = "crate::trace::up")]
        message: Up,
    },
    /// This host's own attempt has moved on.
    Own(OwnEvent),
    /// A body is stored whole and its digest fits (coordinator).
    BodyStored {
        /// Its name.
        digest: Digest,
        /// Its length.
        len: u64,
    },
    /// A body could not be stored, or its bytes are not what its name says (coordinator).
    BodyBad {
        /// Its name.
        digest: Digest,
        /// What was seen.
        reason: Reason,
    },
    /// The ledger can no longer be written: nothing new may start (coordinator). Said before the next effect is taken,
    /// so that what waits behind the record that failed is taken back.
    LedgerFull,
    /// The operator lets nothing new start; what runs goes on (coordinator).
    HaltAsked,
    /// The operator asks to cancel (coordinator).
    CancelAsked {
        /// Who, where it was not the operator at the run's own terminal.
        by: Option<String>,
    },
    /// Whether the readers of the output are behind: while they are, no more of it is let come (coordinator).
    ReadersBehind(bool),
}

/// How the opening of a link failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LinkFailure {
    /// The host could not be reached: another parent may have more luck.
    Unreachable(Reason),
    /// The host was reached, and no node can work there.
    Refused(Reason),
}

/// What the supervisor of this host's own attempt says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnEvent {
    /// The attempt is claimed.
    Claimed {
        /// The boot id of the claim.
        boot: String,
        /// The user id that has it.
        uid: u32,
    },
    /// The attempt had begun here before; it is followed from now on, whether it runs or has ended.
    Attached {
        /// The boot id of the claim.
        boot: String,
    },
    /// Answer to [`OwnMode::Look`](crate::tree::OwnMode): no attempt has begun here, as far as can be seen now.
    NotBegun,
    /// Another run holds the host, and the attempt waits for it.
    Held {
        /// Who, what, why and since when.
        reason: Reason,
    },
    /// The payload is running.
    Started,
    /// There is more output in the spool. Said in [`mcom_model::OutputMode::Live`] only.
    Printed {
        /// The stream.
        stream: Stream,
        /// Bytes so far.
        len: u64,
    },
    /// A piece of the spool, as [`Effect::ReadOwn`](crate::tree::Effect::ReadOwn) allowed: in order, without gaps.
    Output {
        /// The stream.
        stream: Stream,
        /// Offset of the first byte.
        offset: u64,
        /// The bytes.
        #[serde(with = "crate::trace::hex")]
        bytes: Bytes,
    },
    /// No more of the spool can be read.
    OutputGone {
        /// What was seen.
        reason: Reason,
    },
    /// It is over: with a receipt, or before it started.
    Ended {
        /// How.
        outcome: Outcome,
        /// The proof, where the payload ran, and the small bodies.
        receipt: Option<Box<OwnReceipt>>,
    },
}

/// A receipt with the bodies that are small enough to travel with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct OwnReceipt {
    /// The receipt.
    pub receipt: Receipt,
    /// Standard output, where it has at most [`mcom_model::limits::BODY_INLINE`] bytes and travels at the end.
    #[serde(with = "crate::trace::hex_of_some")]
    pub out: Option<Bytes>,
    /// Standard error, likewise.
    #[serde(with = "crate::trace::hex_of_some")]
    pub err: Option<Bytes>,
}

/// Why a tree run wants to be woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimerReason {
    /// A link was silent: ask whether it lives.
    Heartbeat(LinkId),
    /// A link did not answer: it is dead.
    LinkDead(LinkId),
    /// No assignment came.
    NoAssignment,
    /// Nothing was heard from above.
    ParentSilent,
    /// Output that was let come does not come.
    OutputStalled,
    /// A host, or a group, whose link was lost is asked again.
    AskAgain(u32),
    /// The run's own deadline.
    Deadline,
    /// A cancel has had its time.
    CancelDeadline,
}
