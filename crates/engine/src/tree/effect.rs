//! What a tree run wants done, in causal order.

use bytes::Bytes;
use mcom_model::{Digest, HostId, HostSpec, RunEvent, RunSpec, Stream};
use mcom_wire::{Down, Up};

/// The name of a link to a child, chosen by the engine; never used twice in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
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
    /// Claim the attempt on this host and start its supervisor.
    StartOwn(Box<OwnStart>),
    /// End this host's own attempt: TERM, grace, KILL.
    CancelOwn,
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

/// What the driver needs to start this host's own attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnStart {
    /// The run.
    pub spec: RunSpec,
    /// This host's id.
    pub me: HostId,
    /// Its name.
    pub name: String,
    /// Its datacenter's name.
    pub dc: String,
}
