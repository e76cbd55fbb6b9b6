//! Collecting bodies at the coordinator: each digest is stored once, whoever printed it, and asked of another host
//! where the first is lost.

use crate::tree::credit::Credit;
use crate::tree::effect::Effect;
use crate::tree::hosts::{Flow, STREAMS};
use crate::tree::run::{Role, TreeRun};
use bytes::Bytes;
use mcom_model::{BodyRef, Digest, OutputMode, Reason, ReasonKind, Stream, What};
use std::collections::{BTreeMap, BTreeSet};

/// One stream of one host.
pub(super) type Source = (u32, Stream);

/// Every body that was named, and the credit under which large ones and live output come.
pub(super) struct Collection {
    bodies: BTreeMap<Digest, Body>,
    /// Digest of each stream whose body is not settled, to find the body when its bytes come.
    named: BTreeMap<Source, Digest>,
    /// Bodies that are neither stored nor lost.
    pending: usize,
    credit: Credit,
}

/// One body.
struct Body {
    state: BodyState,
    /// Further streams with the same bytes.
    others: Vec<Source>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BodyState {
    /// Its bytes come from here.
    Coming(Source),
    /// Its bytes are here, and are being stored.
    Storing,
    Stored,
    Lost,
}

impl Collection {
    pub(super) fn new(unasked: u64) -> Self {
        let (bodies, named) = (BTreeMap::new(), BTreeMap::new());
        Self { bodies, named, pending: 0, credit: Credit::new(unasked) }
    }

    pub(super) fn is_complete(&self) -> bool {
        let granted = self.credit.granted;
        debug_assert!(self.pending > 0 || granted == 0, "{} bytes of credit were never given back", granted);
        self.pending == 0
    }

    /// Whether a body has to be brought here now: nobody named it before, or it was lost.
    fn begin(&mut self, digest: Digest, state: BodyState) -> bool {
        let body = self.bodies.entry(digest).or_insert(Body { state: BodyState::Lost, others: Vec::new() });
        let fresh = body.state == BodyState::Lost;
        if fresh {
            body.state = state;
            self.pending += 1;
        }
        fresh
    }
}

impl TreeRun {
    fn collection(&mut self) -> &mut Collection {
        &mut self.coordinator_mut().expect("only the coordinator collects").collection
    }

    pub(super) fn credit(&mut self) -> &mut Credit {
        &mut self.collection().credit
    }

    /// Bodies that an earlier coordinator has stored.
    pub(super) fn stored_before(&mut self, bodies: &BTreeSet<Digest>) {
        let stored = |&digest: &Digest| (digest, Body { state: BodyState::Stored, others: Vec::new() });
        self.collection().bodies.extend(bodies.iter().map(stored));
    }

    /// A small body came with an outcome.
    pub(super) fn store_body(&mut self, digest: Digest, bytes: Bytes) {
        if self.collection().begin(digest, BodyState::Storing) {
            self.effects.push_back(Effect::StoreBody { digest, bytes });
        }
    }

    /// A host has ended: what it printed is named now, where there is a receipt.
    pub(super) fn collect(&mut self, ix: u32, bodies: Option<[BodyRef; 2]>) {
        let Some(bodies) = bodies else {
            let reason = Reason::new(ReasonKind::LinkLost, "the host ended without a receipt");
            return self.close_flows(ix, &reason);
        };
        let inline = self.inline();
        for (stream, body) in STREAMS.into_iter().zip(bodies) {
            if body.len == 0 {
                continue;
            }
            if body.len > inline {
                self.collect_stream((ix, stream), body);
            } else if !self.collection().bodies.contains_key(&body.digest) {
                let reason = Reason::new(ReasonKind::Internal, "it was named by an outcome and did not come with it");
                self.collection().begin(body.digest, BodyState::Storing);
                self.lose_body(body.digest, &reason);
            }
        }
        self.grant();
    }

    /// A body that does not travel with the outcome: it is brought here once, and shown wherever output is live.
    fn collect_stream(&mut self, source: Source, body: BodyRef) {
        let live = self.run_spec().output == OutputMode::Live;
        let flow: Flow = *self.hosts.flow(source.0, source.1);
        let collection = self.collection();
        let first = collection.begin(body.digest, BodyState::Coming(source));
        if flow.closed {
            if first {
                let reason = Reason::new(ReasonKind::LinkLost, "its host can no longer send it");
                self.lose_body(body.digest, &reason);
            }
            return;
        }
        collection.named.insert(source, body.digest);
        let known = collection.bodies.get_mut(&body.digest).expect("it was just begun");
        let stored = known.state == BodyState::Stored;
        if !first && !stored {
            known.others.push(source);
        }
        if first || live {
            self.want(source, body.len);
        } else if stored {
            self.let_go(source);
        }
        self.stream_moved(source);
    }

    /// Looks whether a stream has become whole, and does with it what its body needs.
    pub(super) fn stream_moved(&mut self, source: Source) {
        if !self.hosts.flow(source.0, source.1).is_complete() {
            return;
        }
        let collection = self.collection();
        let Some(&digest) = collection.named.get(&source) else { return };
        match collection.bodies.get(&digest).map(|body| body.state) {
            Some(BodyState::Coming(from)) if from == source => self.finish(source, digest),
            Some(BodyState::Stored) => {
                collection.named.remove(&source);
                self.drop_output(source);
            }
            _ => {}
        }
    }

    fn finish(&mut self, source: Source, digest: Digest) {
        let collection = self.collection();
        collection.named.remove(&source);
        let body = collection.bodies.get_mut(&digest).expect("a body that was named");
        body.state = BodyState::Storing;
        let (host, stream) = (self.hosts.get(source.0).id, source.1);
        let len = self.hosts.flow(source.0, stream).received;
        self.effects.push_back(Effect::FinishOutput { host, stream, digest, len });
    }

    fn drop_output(&mut self, (ix, stream): Source) {
        let host = self.hosts.get(ix).id;
        self.effects.push_back(Effect::DropOutput { host, stream });
    }

    pub(super) fn body_stored(&mut self, digest: Digest, len: u64) {
        if self.coordinator_mut().is_none() {
            return;
        }
        let collection = self.collection();
        let Some(body) = collection.bodies.get_mut(&digest).filter(|body| body.state == BodyState::Storing) else {
            return;
        };
        body.state = BodyState::Stored;
        collection.pending -= 1;
        let others = std::mem::take(&mut body.others);
        self.record(What::BodyStored { digest, len }, false);
        for source in others {
            self.let_go(source);
        }
    }

    /// The body of a stream is here already: the stream's own bytes are not needed. Live output still comes, to be
    /// shown.
    fn let_go(&mut self, source: Source) {
        let live = self.run_spec().output == OutputMode::Live;
        let flow = self.hosts.flow(source.0, source.1);
        if !flow.is_complete() && (flow.closed || live) {
            return;
        }
        if flow.is_complete() {
            return self.stream_moved(source);
        }
        flow.closed = true;
        self.collection().named.remove(&source);
        self.settle_if_done(source.0);
    }

    pub(super) fn body_bad(&mut self, digest: Digest, reason: &Reason) {
        if self.coordinator_mut().is_none() {
            return;
        }
        let storing = self.collection().bodies.get(&digest).is_some_and(|body| body.state == BodyState::Storing);
        if storing {
            self.try_other(digest, reason);
            self.grant();
        }
    }

    /// The bytes of a body cannot come from where they were to come from: asks another host that has them.
    fn try_other(&mut self, digest: Digest, reason: &Reason) {
        while let Some(source) = self.collection().bodies.get_mut(&digest).and_then(|body| body.others.pop()) {
            let flow: Flow = *self.hosts.flow(source.0, source.1);
            if flow.is_complete() {
                return self.finish(source, digest);
            }
            if flow.closed {
                continue;
            }
            let body = self.collection().bodies.get_mut(&digest).expect("it was just looked up");
            body.state = BodyState::Coming(source);
            return self.want(source, flow.len.unwrap_or_default());
        }
        self.lose_body(digest, reason);
    }

    fn lose_body(&mut self, digest: Digest, reason: &Reason) {
        let collection = self.collection();
        collection.pending -= 1;
        collection.bodies.get_mut(&digest).expect("a body that was named").state = BodyState::Lost;
        self.record(What::BodyLost { digest, reason: reason.clone() }, false);
    }

    /// Whether this host has ended, and everything of its output that is not here can come from others (coordinator).
    pub(super) fn is_held_elsewhere(&self, ix: u32) -> bool {
        let Role::Coordinator(coordinator) = &self.role else { return false };
        let collection = &coordinator.collection;
        let ours = |state: BodyState| matches!(state, BodyState::Coming((from, _)) if from == ix);
        // Of several that were lost together, the last one is still asked.
        let can_send = |ix: u32, stream: Stream| {
            let flow = &self.hosts.get(ix).flows[stream as usize];
            flow.is_complete() || !flow.closed
        };
        let elsewhere = |digest: &Digest| {
            let body = collection.bodies.get(digest);
            body.is_some_and(|body| !ours(body.state) || body.others.iter().any(|&(ix, stream)| can_send(ix, stream)))
        };
        let named: Vec<&Digest> = STREAMS.iter().filter_map(|&stream| collection.named.get(&(ix, stream))).collect();
        self.hosts.get(ix).ended() && named.into_iter().all(elsewhere)
    }

    /// No more of a host's output can come: gives its credit back, and looks for others with the same bodies.
    pub(super) fn close_flows(&mut self, ix: u32, reason: &Reason) {
        let unasked = self.credit().unasked;
        for stream in STREAMS {
            let flow = self.hosts.flow(ix, stream);
            if flow.closed || flow.is_complete() {
                continue;
            }
            flow.closed = true;
            let (outstanding, partial) = (flow.outstanding(unasked), flow.received > 0);
            self.credit().granted -= outstanding;
            if partial {
                self.drop_output((ix, stream));
            }
            let Some(digest) = self.collection().named.remove(&(ix, stream)) else { continue };
            let coming = BodyState::Coming((ix, stream));
            if self.collection().bodies.get(&digest).is_some_and(|body| body.state == coming) {
                self.try_other(digest, reason);
            }
        }
        self.grant();
    }
}
