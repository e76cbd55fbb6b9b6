//! What a parent tells a child and what a child tells its parent.
//!
//! The control messages are the `serde_json` bodies of control frames; bulk bytes (blobs, bodies, live output)
//! have frames of their own with raw bodies.

use crate::secret::Secret;
use bytes::Bytes;
use mcom_model::{Access, AskKind, Digest, Epoch, HostEvent, HostId, HostSpec, OutputMode, Reason, RunSpec, Stream};
use serde::{Deserialize, Serialize};

/// The protocol spoken here. Two ends talk when their versions are equal: a node belongs to its coordinator's build.
pub const PROTOCOL: u32 = 2;

/// The first message down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloDown {
    /// [`PROTOCOL`] of the sender.
    pub protocol: u32,
    /// The digest of the node that the sender expects at the other end.
    pub node: Digest,
}

/// The first message up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HelloUp {
    /// [`PROTOCOL`] of the sender.
    pub protocol: u32,
    /// The digest of the node that is speaking.
    pub node: Digest,
    /// Its architecture, as `uname -m` has it.
    #[serde(deserialize_with = "mcom_model::heard::word")]
    pub arch: String,
    /// The host's boot id.
    #[serde(deserialize_with = "mcom_model::heard::word")]
    pub boot: String,
}

/// What a node is to do: run the payload on its own host, and command the members below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// The run.
    pub spec: RunSpec,
    /// The host that the node stands on.
    pub me: HostId,
    /// Its name, for the payload's environment.
    pub name: String,
    /// Its datacenter's name, for the payload's environment.
    pub dc: String,
    /// The epoch of this assignment.
    pub epoch: Epoch,
    /// Levels below this node that the shape still allows; none is no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub levels: Option<u32>,
    /// Payloads that may run at once in this subtree, this host's own included.
    pub window: u32,
    /// How many members follow in [`Down::Members`], in candidate order.
    pub members: u32,
    /// What is known of an attempt on the node's own host that may have begun under an earlier link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Begun>,
    /// Milliseconds that are left of the run's deadline; none means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// The public keys that the members below are logged in with by relay, each as in a `.pub` file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identities: Vec<String>,
}

/// One host below a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The id that it has in the plan.
    pub id: HostId,
    /// How to reach it.
    pub spec: HostSpec,
    /// What is known of an attempt there that may have begun under an earlier link.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun: Option<Begun>,
    /// How it is reached by a parent that holds no key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access: Option<Box<Access>>,
}

/// What is known of an attempt that may have begun: it is asked about before anything is started, and its blobs are
/// sent only when they are asked for ([`Up::Need`]).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begun {
    /// Bytes of each stream that are here already: output goes on from there.
    pub from: [u64; 2],
    /// Bytes of each stream that may come, from the start of the stream.
    pub upto: [u64; 2],
    /// The user id that claimed it, where that was said: a node of another user could not see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
}

/// What goes down a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "down", rename_all = "kebab-case")]
pub enum Down {
    /// Always first.
    Hello(HelloDown),
    /// The work. Once per link and epoch; the blobs of the payload follow as [`Down::Blob`], at once where the
    /// assignment is the first one of its hosts, and when they are asked for where it is not.
    Assign(Box<Assignment>),
    /// Hosts below the node, in candidate order, at most [`mcom_model::limits::HOSTS_PER_FRAME`] a frame.
    Members {
        /// The hosts.
        hosts: Vec<Member>,
    },
    /// A piece of a blob, in order. A data frame.
    #[serde(skip)]
    Blob {
        /// Which of the payload's blobs ([`mcom_model::Payload::blobs`]).
        index: u32,
        /// The bytes.
        bytes: Bytes,
    },
    /// A new window: payloads that may run at once in this subtree.
    Window {
        /// How many.
        window: u32,
    },
    /// Output of a host may be sent up to this offset.
    Allow {
        /// The host.
        host: HostId,
        /// The stream.
        stream: Stream,
        /// Absolute offset, exclusive. Never lowered.
        upto: u64,
    },
    /// The coordinator's answer to [`Up::Ask`]. A data frame.
    #[serde(skip)]
    Answer(Answer),
    /// The password for `sudo` on the node's own host: from the coordinator itself, over a link that no parent sees. The
    /// driver's own business. A data frame.
    #[serde(skip)]
    Password(Secret),
    /// Nothing more of this host's output will be allowed: its link may be let go.
    Settled {
        /// The host.
        host: HostId,
    },
    /// Start nothing new; what runs goes on. Hosts that did not start end as not run, for this reason.
    Halt {
        /// Why.
        reason: Reason,
    },
    /// Start nothing new, and end what runs.
    Cancel,
    /// Everything was collected: the node may leave.
    Release,
    /// Answer with [`Up::Pong`].
    Ping {
        /// Given back in the answer.
        seq: u64,
    },
}

/// What comes up a link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "up", rename_all = "kebab-case")]
pub enum Up {
    /// Always first.
    Hello(HelloUp),
    /// Something about a host of the subtree.
    Said {
        /// The host.
        host: HostId,
        /// What.
        event: HostEvent,
    },
    /// A whole small body, sent once per link, before the first outcome that names it. A data frame.
    #[serde(skip)]
    Body {
        /// Its name.
        digest: Digest,
        /// Its bytes, at most [`mcom_model::limits::BODY_INLINE`].
        bytes: Bytes,
    },
    /// A piece of a host's output, in order, within what was allowed. A data frame.
    #[serde(skip)]
    Output(OutputChunk),
    /// No more of a host's output can come: the link to it is gone, or its spool cannot be read.
    OutputGone {
        /// The host.
        host: HostId,
        /// Why.
        reason: Reason,
    },
    /// A parent asks the coordinator for the means to log in on one of its children. A data frame.
    #[serde(skip)]
    Ask(Ask),
    /// A blob of the payload is wanted: it is not on the node's host.
    Need {
        /// Which of the payload's blobs.
        index: u32,
    },
    /// Answer to [`Down::Ping`].
    Pong {
        /// As asked.
        seq: u64,
    },
}

/// A piece of a host's output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputChunk {
    /// The host.
    pub host: HostId,
    /// The stream.
    pub stream: Stream,
    /// Offset of the first byte in the stream.
    pub offset: u64,
    /// The bytes.
    pub bytes: Bytes,
}

/// What a parent asks for, so that its ssh can log in on a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The child.
    pub host: HostId,
    /// The parent.
    pub by: HostId,
    /// What is asked for.
    pub kind: AskKind,
    /// The body of the agent's `session-bind@openssh.com` message for the connection; empty for a certificate.
    pub bind: Bytes,
    /// The body of the agent's sign request, or the public key that is to be certified.
    pub request: Bytes,
}

/// What the coordinator answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The child.
    pub host: HostId,
    /// The parent that had asked.
    pub by: HostId,
    /// The signature or the certificate; or why there is none.
    pub granted: Result<Bytes, Reason>,
}

impl Assignment {
    /// Whether output travels while it is printed.
    pub fn is_live(&self) -> bool {
        self.spec.output == OutputMode::Live
    }
}
