//! What will happen next: events ordered by time, and among equals by the order in which they were planned.

use crate::world::wire::Item;
use mcom_engine::tree::LinkId;
use mcom_model::{Digest, Stream};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A place in a list of the world.
pub(crate) type Ix = usize;

/// Something that will happen.
#[derive(Debug)]
pub(crate) enum Event {
    /// The opening of a link has come to its end, one way or the other.
    Opened { proc: Ix, link: LinkId, host: Ix },
    /// Something arrives at one end of a wire.
    Arrive { wire: Ix, up: bool, item: Item },
    /// A process wanted to be woken.
    Wake { proc: Ix },
    /// A stopped process goes on.
    Continue { proc: Ix },
    /// The attempt on a host moves on.
    Work { host: Ix, step: Step },
    /// A piece of a host's spool is read.
    Read { host: Ix, stream: Stream },
    /// The coordinator's store has dealt with a body.
    Store { digest: Digest, len: u64, good: bool },
    /// Something breaks.
    Blow,
    /// The operator interrupts.
    Cancel,
    /// A cancel has had its time.
    CancelOver,
}

/// A step of the attempt on one host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Refuse,
    Claim,
    Start,
    /// It has printed so many eighths of its output.
    Print(u64),
    End,
    TimeOut,
    Kill,
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
