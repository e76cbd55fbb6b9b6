//! The hosts below this place in the tree (and its own): how far each has come, and through which link.
//!
//! A host is an index into one list here; ids become indexes at the edge, in constant time at the coordinator.

use crate::tree::edge::OpenEdge;
use crate::tree::effect::LinkId;
use mcom_model::{Access, HostId, HostSpec, Stream};
use mcom_wire::Begun;

/// Everybody that this place of the tree answers for.
#[derive(Default)]
pub(super) struct Hosts {
    pub(super) list: Vec<Host>,
    index: Index,
    /// Hosts without an outcome.
    pub(super) unended: usize,
    /// Hosts of which an outcome, or output that somebody will ask for, is still to come.
    pub(super) unsettled: usize,
}

/// From id to place in the list.
#[derive(Default)]
enum Index {
    /// The coordinator: the id is the place.
    #[default]
    Identity,
    /// A node: pairs ordered by id.
    Sorted(Vec<(HostId, u32)>),
}

/// One host.
pub(super) struct Host {
    pub(super) id: HostId,
    pub(super) spec: HostSpec,
    pub(super) phase: Phase,
    pub(super) pool: u32,
    /// The link whose assignment this host is part of.
    pub(super) link: Option<LinkId>,
    pub(super) flows: [Flow; 2],
    /// Its attempt may have begun under an earlier link: it is asked about before anything is started, and it is not
    /// called unreachable.
    pub(super) begun: bool,
    /// The user id that claimed its attempt, where that was said.
    pub(super) uid: Option<u32>,
    /// How a parent without keys reaches it.
    pub(super) access: Option<Box<Access>>,
    /// The edge above it, as its parent said (coordinator).
    pub(super) edge: Option<OpenEdge>,
    /// Over which link a parent asked for the means to log in on it, and which parent (node).
    pub(super) asked: Option<(LinkId, HostId)>,
    /// The coordinator reaches it through its parent's sshd, since that parent could not (coordinator).
    pub(super) transit: bool,
    /// Ended, and nothing more of its output will be asked for.
    pub(super) settled: bool,
}

/// How far a host has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Waiting,
    Linking,
    Linked,
    Claimed,
    Started,
    Ended,
}

/// One stream of a host's output, as it passes through here.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flow {
    /// Bytes that may have come, from the start of the stream.
    pub(super) allowed: u64,
    /// Bytes that came.
    pub(super) received: u64,
    /// Length of the whole body, once the receipt has said it.
    pub(super) len: Option<u64>,
    /// Bytes that the coordinator knows to be there and wants.
    pub(super) wanted: u64,
    /// Whether it stands in the coordinator's queue for grants.
    pub(super) queued: bool,
    /// Nothing more can come, or will be asked for.
    pub(super) closed: bool,
}

/// Both streams, for loops.
pub(super) const STREAMS: [Stream; 2] = [Stream::Out, Stream::Err];

impl Hosts {
    /// The hosts of a plan: ids are places.
    pub(super) fn of_plan(hosts: impl Iterator<Item = Host>) -> Self {
        Self::new(hosts.collect(), Index::Identity)
    }

    /// A node's own host and its members. A member that is named twice is taken once.
    pub(super) fn of_node(hosts: Vec<Host>) -> Self {
        let mut pairs: Vec<(HostId, u32)> = hosts.iter().map(|host| host.id).zip(0..).collect();
        pairs.sort_unstable();
        pairs.dedup_by_key(|pair| pair.0);
        if pairs.len() == hosts.len() {
            return Self::new(hosts, Index::Sorted(pairs));
        }
        let mut keep = vec![false; hosts.len()];
        pairs.iter().for_each(|&(_, place)| keep[place as usize] = true);
        let kept = hosts.into_iter().zip(keep).filter_map(|(host, keep)| keep.then_some(host));
        Self::of_node(kept.collect())
    }

    fn new(list: Vec<Host>, index: Index) -> Self {
        Self { unended: list.len(), unsettled: list.len(), list, index }
    }

    /// The place of a host in the list.
    pub(super) fn place(&self, id: HostId) -> Option<u32> {
        match &self.index {
            Index::Identity => ((id.0 as usize) < self.list.len()).then_some(id.0),
            Index::Sorted(pairs) => pairs.binary_search_by_key(&id, |pair| pair.0).ok().map(|found| pairs[found].1),
        }
    }

    pub(super) fn get(&self, ix: u32) -> &Host {
        &self.list[ix as usize]
    }

    pub(super) fn get_mut(&mut self, ix: u32) -> &mut Host {
        &mut self.list[ix as usize]
    }

    pub(super) fn flow(&mut self, ix: u32, stream: Stream) -> &mut Flow {
        &mut self.list[ix as usize].flows[stream as usize]
    }
}

impl Host {
    /// A host about which nothing is known; `credit` is what it may print unasked.
    pub(super) fn new(id: HostId, spec: HostSpec, pool: u32, credit: u64) -> Self {
        let flow = Flow { allowed: credit, ..Flow::default() };
        Self {
            id,
            spec,
            phase: Phase::Waiting,
            pool,
            link: None,
            flows: [flow; 2],
            begun: false,
            uid: None,
            access: None,
            edge: None,
            asked: None,
            transit: false,
            settled: false,
        }
    }

    /// The same for a host whose attempt may have begun.
    pub(super) fn begun(mut self, begun: Option<Begun>) -> Self {
        if let Some(begun) = begun {
            (self.begun, self.uid) = (true, begun.uid);
            for (flow, (from, upto)) in self.flows.iter_mut().zip(begun.from.into_iter().zip(begun.upto)) {
                (flow.received, flow.allowed) = (from, upto.max(from));
            }
        }
        self
    }

    /// What a child is told about an attempt that may have begun.
    pub(super) fn as_begun(&self) -> Option<Begun> {
        let of = |what: fn(&Flow) -> u64| [what(&self.flows[0]), what(&self.flows[1])];
        self.begun.then(|| Begun { from: of(|flow| flow.received), upto: of(|flow| flow.allowed), uid: self.uid })
    }

    pub(super) fn ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Moves on, or back where its link was lost; an ended host stays where it is.
    pub(super) fn reach(&mut self, phase: Phase) {
        if !self.ended() {
            self.phase = phase;
        }
    }
}

impl Flow {
    /// Whether the whole body came, and how long it is.
    pub(super) fn is_complete(&self) -> bool {
        self.len == Some(self.received)
    }

    /// Whether nothing more will come, given that bodies up to `inline` bytes travel with the outcome.
    pub(super) fn is_done(&self, inline: u64) -> bool {
        self.closed || self.len.is_none_or(|len| len <= inline || self.received >= len)
    }

    /// Bytes granted beyond what every host may send unasked, and not yet here.
    pub(super) fn outstanding(&self, credit: u64) -> u64 {
        self.allowed.saturating_sub(self.received.max(credit))
    }
}
