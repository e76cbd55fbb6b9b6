//! What a tree run wants done, in causal order.

use bytes::Bytes;
use mcom_model::{Access, AskKind, Digest, Edge, HostId, HostSpec, Reason, RunEvent, RunSpec, Stream};
use mcom_wire::{Down, Up};
use serde::{Deserialize, Serialize};

/// The name of a link to a child, chosen by the engine; never used twice in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LinkId(pub u32);

/// One thing to do. The driver does them in order: what is to be recorded durably stands before it does the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Write to the ledger and tell the views (coordinator).
    Record {
        /// The event.
        event: RunEvent,
        /// Whether it must be on disk before the next effect.
        durable: bool,
    },
    /// Make a link: connect, put the node there if it is missing, exchange hellos. Answered by one of
    /// [`Input::LinkOpened`](crate::tree::Input::LinkOpened) and [`Input::LinkFailed`](crate::tree::Input::LinkFailed).
    OpenLink {
        /// The link's name from now on.
        link: LinkId,
        /// The host's id in the plan.
        host: HostId,
        /// How to reach it.
        spec: HostSpec,
        /// With whose credentials.
        reach: Reach,
    },
    /// Hand the answer to the ssh that makes this link, and asked for it (node). Answers
    /// [`Input::AgentAsked`](crate::tree::Input::AgentAsked).
    AnswerAgent {
        /// The link.
        link: LinkId,
        /// The signature or the certificate, or why there is none.
        granted: Result<Bytes, Reason>,
    },
    /// A parent asked for something: look whether it may have it (coordinator). Answered by
    /// [`Input::Judged`](crate::tree::Input::Judged).
    Judge(Box<Asked>),
    /// Sign what was judged; it is recorded by now (coordinator). Answered by
    /// [`Input::Granted`](crate::tree::Input::Granted).
    Grant {
        /// What was judged.
        ticket: u32,
    },
    /// Close a link, or stop making it. Nothing more is said about it.
    CloseLink {
        /// The link.
        link: LinkId,
    },
    /// Send a control message down.
    SendDown {
        /// Over this link.
        link: LinkId,
        /// The message.
        message: Down,
    },
    /// Send the bytes of one of the payload's blobs down, after what was sent before.
    SendBlob {
        /// Over this link.
        link: LinkId,
        /// Which of [`mcom_model::Payload::blobs`].
        index: u32,
    },
    /// Send a message up.
    SendUp(Up),
    /// See to the attempt on this host, as its [`OwnMode`] says. It may be said a second time, after
    /// [`OwnEvent::NotBegun`](crate::tree::OwnEvent::NotBegun).
    StartOwn(Box<OwnStart>),
    /// Give this host's own attempt up where it has not started, for example because it waits for the host's lock. What
    /// runs goes on.
    GiveUpOwn,
    /// End this host's own attempt: TERM, grace, KILL.
    CancelOwn,
    /// Everybody above has what they want of this host's own attempt, which only looked: nothing of it is to stay (node).
    /// Nothing but [`Effect::Leave`] follows.
    ForgetOwn,
    /// Hand over this host's own output up to an offset, as it comes.
    ReadOwn {
        /// The stream.
        stream: Stream,
        /// Absolute offset, exclusive; never lowered.
        upto: u64,
    },
    /// Keep a piece of a host's output, and show it where output is shown live (coordinator).
    StoreOutput {
        /// The host.
        host: HostId,
        /// The stream.
        stream: Stream,
        /// Offset of the first byte: the pieces of one stream come in order, without gaps.
        offset: u64,
        /// The bytes.
        bytes: Bytes,
    },
    /// The output of this host kept so far is a whole body: check it, and give it its name (coordinator). Answered by
    /// [`Input::BodyStored`](crate::tree::Input::BodyStored) or [`Input::BodyBad`](crate::tree::Input::BodyBad).
    FinishOutput {
        /// The host.
        host: HostId,
        /// The stream.
        stream: Stream,
        /// The name that it must have.
        digest: Digest,
        /// The length that it must have.
        len: u64,
    },
    /// Keep a whole small body (coordinator). Answered like [`Effect::FinishOutput`].
    StoreBody {
        /// The name that it must have.
        digest: Digest,
        /// The bytes.
        bytes: Bytes,
    },
    /// Drop what is kept of a host's output without a name: it cannot become whole (coordinator).
    DropOutput {
        /// The host.
        host: HostId,
        /// The stream.
        stream: Stream,
    },
    /// Everything is said and done: close what is open and leave.
    Leave,
}

/// With whose credentials a link is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reach {
    /// With the SSH configuration and keys of whoever makes it.
    Own,
    /// With the coordinator's own, through the sshd of this host of the same datacenter (coordinator). Where that host
    /// itself cannot be reached, the failure is [`mcom_model::ReasonKind::ParentLost`].
    Through(Box<HostSpec>),
    /// With what the coordinator grants when it is asked (node).
    Asked {
        /// What is to be asked for.
        kind: AskKind,
        /// What the coordinator said about the host; without it nobody gets there.
        access: Option<Box<Access>>,
    },
}

/// Something that a parent asks for, with what the coordinator knows of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its name from now on; never used twice in a run.
    pub ticket: u32,
    /// The parent.
    pub parent: HostId,
    /// The child.
    pub child: HostId,
    /// What is asked for.
    pub kind: AskKind,
    /// What is known of the edge between them.
    pub edge: Edge,
    /// As in [`mcom_wire::Ask`].
    pub bind: Bytes,
    /// As in [`mcom_wire::Ask`].
    pub request: Bytes,
}

/// What is to be done about this host's own attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnMode {
    /// Claim it and start its supervisor. Where it was claimed before, follow it instead; where it was given up before
    /// its start, claim the next attempt in its place. Every blob is here.
    Start,
    /// Follow it where it was claimed before; where it was not, or was given up before its start, say
    /// [`OwnEvent::NotBegun`](crate::tree::OwnEvent::NotBegun). No blob is needed.
    Look,
    /// Follow it where it has started; where it has not, make sure that nobody ever starts it, and end it as
    /// [`mcom_model::Outcome::NotRun`]. No blob is needed.
    Void,
}

/// What the driver needs to start this host's own attempt, or to follow one that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnStart {
    /// What is to be done.
    pub mode: OwnMode,
    /// The run.
    pub spec: RunSpec,
    /// This host's id.
    pub me: HostId,
    /// Its name.
    pub name: String,
    /// Its datacenter's name.
    pub dc: String,
    /// Bytes of each stream that need not be handed over again.
    pub from: [u64; 2],
    /// Milliseconds from now until the payload must have ended, whatever its own time-out; none means no limit.
    pub deadline_ms: Option<u64>,
    /// The user id that claimed it under an earlier link, where that is known. Another user's spool does not know of
    /// the attempt, so nothing may be concluded from it, and nothing started.
    pub claimed_by: Option<u32>,
}
