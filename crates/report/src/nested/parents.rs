//! Branches by parent, to any depth: who commanded whom, until when, and how each subtree ended.
//!
//! A host stands below the parent over whose link its end was learned: what a lost parent had brought in stays with
//! it, and the rest stands below the parent that took its place.

use super::draw::Node;
use super::groups::group_nodes;
use super::hosts::{asked_again_nodes, host_nodes};
use super::root::Log;
use super::transit::transit_nodes;
use crate::format;
use crate::sanitise::sanitise_line;
use crate::state::{Parent, ParentTerm, TermEnd, Terms};
use crate::style::{Line, Tone};
use crate::words::counts;
use mcom_model::{HostId, RunClock, Tally};
use std::collections::{BTreeMap, BTreeSet};

/// The hosts of a datacenter by the terms of their parents.
struct Subtrees<'a> {
    log: Log<'a>,
    dc: usize,
    parents: &'a Terms,
    terms: &'a [ParentTerm],
    /// Which term came after each.
    next: BTreeMap<usize, usize>,
    /// The hosts of each term itself, without those of the parents below it.
    leaves: Vec<Vec<HostId>>,
    /// The terms below each.
    inner: Vec<Vec<usize>>,
    selected: BTreeSet<HostId>,
}

/// A node for every parent below the coordinator, with its subtree, and one for hosts that no parent had.
pub(super) fn parent_nodes(log: Log<'_>, dc: usize, hosts: &[HostId]) -> Vec<Node> {
    let parents = &log.view.dcs()[dc].parents;
    let terms = parents.all();
    let next = terms.iter().enumerate().filter_map(|(place, term)| Some((term.after?, place))).collect();
    let (leaves, inner) = (vec![Vec::new(); terms.len()], vec![Vec::new(); terms.len()]);
    let selected = hosts.iter().copied().collect();
    let mut subtrees = Subtrees { log, dc, parents, terms, next, leaves, inner, selected };
    let mut others = Vec::new();
    for &id in &log.view.info().dcs()[dc].hosts {
        match subtrees.term_of(id) {
            Some(term) => subtrees.leaves[term].push(id),
            None => others.push(id),
        }
    }
    let mut top = Vec::new();
    for (place, term) in terms.iter().enumerate() {
        match subtrees.above(place, term) {
            Some(above) => subtrees.inner[above].push(place),
            None => top.push(place),
        }
    }
    others.retain(|host| subtrees.selected.contains(host));
    let mut nodes: Vec<Node> = top.into_iter().filter_map(|term| subtrees.node(term)).collect();
    let by_transit = transit_nodes(log, dc, &others);
    let children = |hosts: &[HostId]| subtrees.leaf_nodes(hosts);
    nodes.extend(by_transit.into_iter().map(|(node, hosts)| Node { children: children(&hosts), ..node }));
    others.retain(|&host| log.view.host(host).is_none_or(|host| host.transit.is_none()));
    nodes.extend(subtrees.leaf_nodes(&others));
    nodes
}

impl Subtrees<'_> {
    /// The term that a host stands below, or its own.
    fn term_of(&self, id: HostId) -> Option<usize> {
        let host = self.log.view.host(id)?;
        let by = host.parent?;
        let own = self.parents.places_of(id).iter().copied().rfind(|&place| self.terms[place].by == by);
        let Parent::Host(parent) = by else { return own };
        let ended = host.ended_at.unwrap_or(RunClock::from_micros(u64::MAX));
        own.or_else(|| self.last_before(parent, ended, self.terms.len()))
    }

    /// The term below which another one began. It is an earlier one, so that a record in which two hosts are parents
    /// of each other still ends.
    fn above(&self, place: usize, term: &ParentTerm) -> Option<usize> {
        let Parent::Host(parent) = term.by else { return None };
        self.last_before(parent, term.since, place)
    }

    /// The last term of a parent that had begun by a moment, among the first `places`; else its first one there.
    fn last_before(&self, parent: HostId, at: RunClock, places: usize) -> Option<usize> {
        let of_parent = self.parents.places_of(parent);
        let of_parent = &of_parent[..of_parent.partition_point(|&place| place < places)];
        let begun = of_parent.iter().rfind(|&&place| self.terms[place].since <= at);
        begun.or(of_parent.first()).copied()
    }

    /// A parent with everything below it; none where nothing of it is shown.
    fn node(&self, term: usize) -> Option<Node> {
        let leaves: Vec<HostId> =
            self.leaves[term].iter().copied().filter(|host| self.selected.contains(host)).collect();
        let mut children = self.leaf_nodes(&leaves);
        children.extend(self.inner[term].iter().filter_map(|&inner| self.node(inner)));
        // A parent that was lost before it had brought anything in is part of the story all the same.
        let is_told = !self.log.options.filters() && self.is_loss(term);
        (is_told || !children.is_empty()).then(|| Node { children, ..Node::new(self.line(term)) })
    }

    /// Whether a term ended otherwise than with the parent going on under the next coordinator.
    fn is_loss(&self, place: usize) -> bool {
        match &self.terms[place].until {
            None => false,
            Some((_, TermEnd::LostAbove)) => self.terms[place].open > 0,
            Some((_, end)) => !(end.is_from_above() && self.next_host(place) == Some(self.terms[place].host)),
        }
    }

    /// Who took the place.
    fn next_host(&self, place: usize) -> Option<HostId> {
        self.next.get(&place).map(|&next| self.terms[next].host)
    }

    /// Everybody below a term.
    fn members(&self, term: usize, each: &mut dyn FnMut(HostId)) {
        self.leaves[term].iter().for_each(|&host| each(host));
        self.inner[term].iter().for_each(|&inner| self.members(inner, each));
    }

    fn leaf_nodes(&self, hosts: &[HostId]) -> Vec<Node> {
        if self.log.options.verbose > 1 {
            return host_nodes(self.log, hosts, None);
        }
        let mut nodes = group_nodes(self.log, self.dc, hosts, true);
        nodes.extend(asked_again_nodes(self.log, self.dc, hosts));
        nodes
    }

    /// `mail1-dc1  parent of 62  63 ok  since +0.3s  LOST +20.1s: no answer for 15 s, then mail2-dc1`.
    fn line(&self, place: usize) -> Line {
        let (view, term) = (self.log.view, &self.terms[place]);
        let mut tally = Tally::default();
        self.members(place, &mut |id| {
            let outcome = view.host(id).and_then(|host| host.outcome.as_ref());
            outcome.iter().for_each(|outcome| tally.add(outcome.kind()));
        });
        let mut line = Line::new().add(Tone::Strong, view.info().name(term.host));
        line.push_apart(Tone::Plain, format!("parent of {}", term.below));
        let counts = counts(&tally);
        if counts.width() > 0 {
            line.push(Tone::Plain, "  ");
            line.append(counts);
        }
        line.push_apart(Tone::Faint, format!("since {}", format::moment(term.since)));
        line.append(self.end(place, term));
        line
    }

    /// `  LOST +20.1s: no answer for 15 s, then mail2-dc1`; nothing where the term has not ended.
    fn end(&self, place: usize, term: &ParentTerm) -> Line {
        let Some((at, end)) = &term.until else { return Line::new() };
        let at = format::moment(*at);
        let (tone, mut text) = match end {
            TermEnd::Lost(reason) => (Tone::Bad, format!("  LOST {at}: {}", sanitise_line(reason.text.as_bytes()))),
            TermEnd::LostAbove if term.open == 0 => return Line::new(),
            TermEnd::LostAbove => (Tone::Doubtful, format!("  LOST {at} with the parent above it")),
            TermEnd::Interrupted => (Tone::Doubtful, format!("  until {at} (interrupted)")),
            TermEnd::RunEnded => (Tone::Faint, format!("  until {at} (run ended)")),
        };
        match self.next_host(place) {
            Some(next) if next == term.host => text += ", then again",
            Some(next) => text += &format!(", then {}", self.log.view.info().name(next)),
            None => {}
        }
        Line::new().add(tone, text)
    }
}
