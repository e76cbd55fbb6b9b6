//! Groups of hosts with equal outcomes and equal output.

use crate::bodies::{Bodies, read_small};
use crate::fold::mask::FoldIgnore;
use crate::fold::reasons::{common, together};
use crate::sanitise::sanitise_line;
use crate::state::{HostView, RunView};
use crate::words::{BY_WEIGHT, detail};
use mcom_model::{BodyRef, Digest, Exit, HostId, Outcome, OutcomeKind, ReasonKind, RunClock, Stream};
use std::collections::BTreeMap;

/// Bodies up to this size are masked before they are compared; longer ones are compared as they are.
const MASK_BYTES: u64 = 1 << 20;

/// Hosts that ended alike and printed the same.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub kind: OutcomeKind,
    /// In natural order of names; never empty.
    pub hosts: Vec<HostId>,
    /// The outcome of the first host.
    pub outcome: Outcome,
    pub out: BodyRef,
    pub err: BodyRef,
    /// Whether the outputs are equal only where something is overlooked.
    pub masked: bool,
    /// When the first and the last of them ended.
    pub ended: (RunClock, RunClock),
}

/// What two hosts of a group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    weight: usize,
    exit: Option<Exit>,
    reason: Option<(ReasonKind, Vec<u8>)>,
    out: (Digest, bool),
    err: (Digest, bool),
}

/// Groups the hosts that have ended: what needs attention first, then the largest, then in order of names.
pub(crate) fn groups(
    view: &RunView,
    hosts: impl IntoIterator<Item = HostId>,
    bodies: &dyn Bodies,
    ignore: FoldIgnore,
) -> Vec<Group> {
    let mut keys = Keys { bodies, ignore, by_digest: BTreeMap::new() };
    collect(view, hosts, |host, outcome, out, err| keys.key(host, outcome, out, err))
}

/// Groups the hosts that have ended by their outcomes alone, whatever they printed, in the same order.
pub(crate) fn groups_by_outcome(view: &RunView, hosts: impl IntoIterator<Item = HostId>) -> Vec<Group> {
    collect(view, hosts, |host, outcome, _, _| outcome_key(host, outcome, FoldIgnore::default()))
}

fn collect(
    view: &RunView,
    hosts: impl IntoIterator<Item = HostId>,
    mut key: impl FnMut(&str, &Outcome, &BodyRef, &BodyRef) -> Key,
) -> Vec<Group> {
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    for id in hosts {
        let Some(host) = view.host(id) else { continue };
        let (Some(outcome), Some(ended)) = (&host.outcome, host.ended_at) else { continue };
        let (out, err) = bodies_of(host);
        let key = key(view.info().name(id), outcome, &out, &err);
        let group = groups.entry(key).or_insert_with(|| Group {
            kind: outcome.kind(),
            hosts: Vec::new(),
            outcome: outcome.clone(),
            out,
            err,
            masked: false,
            ended: (ended, ended),
        });
        group.masked |= group.out.digest != out.digest || group.err.digest != err.digest;
        group.ended = (group.ended.0.min(ended), group.ended.1.max(ended));
        group.hosts.push(id);
    }
    let mut groups: Vec<(Key, Group)> = groups.into_iter().collect();
    groups.iter_mut().for_each(|(_, group)| group.hosts.sort_unstable());
    groups.sort_by_key(|(key, group)| (key.weight, std::cmp::Reverse(group.hosts.len()), group.hosts[0]));
    groups.into_iter().map(|(_, group)| group).collect()
}

/// What a host printed; empty without a receipt.
pub(crate) fn bodies_of(host: &HostView) -> (BodyRef, BodyRef) {
    match &host.receipt {
        Some(receipt) => (receipt.out, receipt.err),
        None => (BodyRef::empty(), BodyRef::empty()),
    }
}

impl Group {
    /// The first host's output on a stream.
    pub(crate) const fn body(&self, stream: Stream) -> &BodyRef {
        match stream {
            Stream::Out => &self.out,
            Stream::Err => &self.err,
        }
    }

    /// The exit or the reason, without the name of any one of several hosts. Fit for a terminal.
    pub(crate) fn detail(&self, view: &RunView) -> String {
        let text = detail(&self.outcome);
        if self.hosts.len() == 1 {
            return text;
        }
        let outcomes = self.hosts.iter().filter_map(|&id| view.host(id)?.outcome.as_ref());
        let text = match self.outcome.reason() {
            Some(_) => sanitise_line(together(outcomes.filter_map(Outcome::reason)).as_bytes()),
            None => text,
        };
        let own_name = FoldIgnore { host: true, ..FoldIgnore::default() };
        let masked = own_name.mask(view.info().name(self.hosts[0]), text.as_bytes());
        String::from_utf8(masked).unwrap_or(text)
    }

    /// Whether its hosts printed nothing.
    pub(crate) const fn is_silent(&self) -> bool {
        self.out.len == 0 && self.err.len == 0 && self.out.dropped == 0 && self.err.dropped == 0
    }
}

struct Keys<'a> {
    bodies: &'a dyn Bodies,
    ignore: FoldIgnore,
    /// Masked digests, where they are the same for every host.
    by_digest: BTreeMap<Digest, Digest>,
}

impl Keys<'_> {
    fn key(&mut self, host: &str, outcome: &Outcome, out: &BodyRef, err: &BodyRef) -> Key {
        Key {
            out: (self.digest(host, out), out.dropped > 0),
            err: (self.digest(host, err), err.dropped > 0),
            ..outcome_key(host, outcome, self.ignore)
        }
    }

    fn digest(&mut self, host: &str, body: &BodyRef) -> Digest {
        if !self.ignore.any() {
            return body.digest;
        }
        if let Some(masked) = self.by_digest.get(&body.digest) {
            return *masked;
        }
        // What cannot be read is compared by its name.
        let bytes = read_small(self.bodies, body, MASK_BYTES).ok().flatten();
        let masked = bytes.map_or(body.digest, |bytes| Digest::of(&self.ignore.mask(host, &bytes)));
        if !self.ignore.host {
            self.by_digest.insert(body.digest, masked);
        }
        masked
    }
}

/// The key of a silent host.
fn outcome_key(host: &str, outcome: &Outcome, ignore: FoldIgnore) -> Key {
    let kind = outcome.kind();
    let silent = (BodyRef::empty().digest, false);
    // Most reasons hold the host's name: they are equal when that is the only difference.
    let own_name = FoldIgnore { host: true, ..ignore };
    Key {
        weight: BY_WEIGHT.iter().position(|&other| other == kind).expect("every kind has a weight"),
        exit: if let Outcome::Failed { exit } = outcome { Some(*exit) } else { None },
        reason: outcome.reason().map(|reason| (reason.kind, own_name.mask(host, common(reason).as_bytes()))),
        out: silent,
        err: silent,
    }
}
