//! What will happen next: events ordered by time, and among equals by the order in which they were planned.

use crate::world::wire::Item;
use bytes::Bytes;
use mcom_engine::tree::LinkId;
use mcom_model::{Digest, HostId, Reason, Stream};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A place in a list of the world.
pub(crate) type Ix = usize;

/// Something that will happen.
#[derive(Debug)]
pub(crate) enum Event {
    /// The ssh that makes a link has got to its host, or has not.
    Opened { proc: Ix, link: LinkId },
    /// It was let in, and the node there speaks.
    LoggedIn { proc: Ix, link: LinkId },
    /// It has waited so long for an answer that the other end has hung up.
    LoginOver { proc: Ix, link: LinkId },
    /// It was not let in.
    LoginRefused { proc: Ix, link: LinkId, reason: Reason },
    /// A coordinator has signed what it granted, or could not.
    Granted { proc: Ix, ticket: u32, granted: Result<Bytes, Reason> },
    /// Something arrives at one end of a wire.
    Arrive { wire: Ix, up: bool, item: Item },
    /// A process wanted to be woken.
    Wake { proc: Ix },
    /// A stopped process goes on.
    Continue { proc: Ix },
    /// A node's driver does something about its own host.
    Node { proc: Ix, step: NodeStep },
    /// The attempt on a host moves on, unless the machine has booted since.
    Work { host: Ix, number: usize, boot: u32, step: Step },
    /// A piece of the spool is read by a node.
    Read { proc: Ix, stream: Stream },
    /// A coordinator's store has dealt with a body.
    Store { proc: Ix, digest: Digest, len: u64, good: bool },
    /// Something breaks.
    Blow,
    /// A machine that lost power is back.
    PowerOn { host: Ix },
    /// A link has been dead for so long that its parent must know.
    MustBeNoticed { wire: Ix },
    /// A node has heard nothing for so long that it must have left.
    MustHaveLeft { wire: Ix },
    /// The largest parent dies.
    Behead { silently: bool },
    /// The hosts that were at work below it must be so again.
    MustBeBack { head: Ix, since: u64, hosts: Vec<HostId> },
    /// The operator says something.
    Word(Word),
    /// A cancel of this coordinator has had its time.
    CancelOver { proc: Ix },
    /// The coordinator dies.
    Die(Death),
    /// Another coordinator carries the run on.
    Resume,
}

/// What the operator says to the coordinator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Cancel,
    Halt,
    /// The readers of the output are behind, or have caught up.
    Behind(bool),
}

/// How a coordinator ends before its run does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Death {
    /// It is killed: what it wrote is there.
    Killed,
    /// Its machine loses power: what it had not flushed may be there or not.
    PowerCut,
    /// The operator leaves, and lets the hosts go on.
    Detached,
}

/// What a node's driver does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeStep {
    /// Looks where the own attempt stands, and does what its mode says.
    Look,
    /// Starts the supervisor of what it claimed.
    Fork,
    /// Asks, because nobody holds the claim of what it follows.
    Conclude,
    /// Looks for the payload's blobs on its host.
    Blobs,
}

/// A step of the attempt on one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The supervisor takes the claim over.
    Begin,
    /// It takes the host's lock.
    Lock,
    /// It writes `started` and flushes it.
    Note,
    /// The payload is executed.
    Release,
    /// It has printed so many eighths of its output.
    Print(u64),
    End,
    TimeOut,
    Kill,
    /// The exit record is on the disk.
    Flush,
}

#[derive(Default)]
pub(crate) struct Queue {
    heap: BinaryHeap<Reverse<Planned>>,
    planned: u64,
}

struct Planned {
    at: u64,
    turn: u64,
    event: Event,
}

impl Queue {
    pub(crate) fn plan(&mut self, at: u64, event: Event) {
        self.planned += 1;
        self.heap.push(Reverse(Planned { at, turn: self.planned, event }));
    }

    /// When the next event is.
    pub(crate) fn next_at(&self) -> Option<u64> {
        self.heap.peek().map(|Reverse(planned)| planned.at)
    }

    pub(crate) fn next(&mut self) -> Option<(u64, Event)> {
        self.heap.pop().map(|Reverse(planned)| (planned.at, planned.event))
    }
}

impl Ord for Planned {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.turn).cmp(&(other.at, other.turn))
    }
}

impl PartialOrd for Planned {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Planned {}
