//! The invariants by name. Numbers are those of architecture.md.

use crate::check::{Check, Seen};
use crate::scenario::Scenario;
use crate::world::host::SimHost;
use mcom_model::{Digest, HostId, HostRanges, Outcome, OutcomeKind, Receipt, Stream, What, limits};

impl Check {
    /// 1: every host ends in exactly one outcome. Here: never in two.
    pub(super) fn invariant_one_outcome(&mut self, host: HostId, outcome: &Outcome) {
        let first = self.hosts[host.0 as usize].outcome.replace(outcome.clone());
        if let Some(first) = first {
            self.broke("invariant_one_outcome", || format!("host {} ended as {first:?} and {outcome:?}", host.0));
        }
    }

    /// 2: one attempt starts at most once on a host.
    pub(crate) fn invariant_one_start(&mut self, host: HostId, starts: u32) {
        self.started += 1;
        if starts > 1 {
            self.broke("invariant_one_start", || format!("host {} started {starts} times", host.0));
        }
    }

    /// 3: no `ok` without an exit receipt from that host; nor anything else that the host does not bear out.
    pub(super) fn invariant_no_ok_without_receipt(
        &mut self,
        host: HostId,
        outcome: &Outcome,
        receipt: Option<&Receipt>,
        truth: &[SimHost],
    ) {
        let really = truth[host.0 as usize].spool.really();
        if outcome.has_receipt() && (receipt.is_none() || really != Some(outcome.kind())) {
            let receipt = receipt.is_some();
            self.broke("invariant_no_ok_without_receipt", || {
                format!("host {} is said to have ended as {outcome:?} (receipt: {receipt}), really {really:?}", host.0)
            });
        }
    }

    /// 4: the payload crosses the long link once per datacenter, and again only to a host that does not have it when
    /// its parent was lost. Where no parent can be had, each child of the coordinator gets it once.
    pub(crate) fn invariant_payload_once_per_datacenter(&mut self, host: HostId, index: u32, wrong: Option<&str>) {
        if let Some(why) = wrong {
            self.broke("invariant_payload_once_per_datacenter", || {
                format!("blob {index} was sent over the long link to host {}: {why}", host.0)
            });
        }
    }

    /// 6: a parent speaks only for the hosts below it.
    pub(crate) fn invariant_parent_speaks_only_below(
        &mut self,
        host: HostId,
        under: Option<usize>,
        cause: Option<usize>,
    ) {
        if under.is_none() || under != cause {
            self.broke("invariant_parent_speaks_only_below", || {
                format!("host {} was put below wire {under:?}, and was believed over wire {cause:?}", host.0)
            });
        }
    }

    /// 7: what is on the way in the whole tree is bounded, whatever hosts print.
    pub(super) fn invariant_memory_bounded(&mut self) {
        // What was on its way when nobody wanted it any more, or its host was asked again, comes on top for a moment.
        let bound = limits::OUTPUT_IN_FLIGHT * 3 / 2 + self.started * 2 * self.credit;
        let output = self.output;
        if output > bound {
            self.broke("invariant_memory_bounded", || format!("{output} bytes of output are on the way, over {bound}"));
        }
    }

    /// 7: no host is granted more than its share at a time.
    pub(crate) fn invariant_grant_bounded(&mut self, host: HostId, stream: Stream, upto: u64) {
        let credit = self.credit;
        let seen = &mut self.hosts[host.0 as usize];
        seen.allowed[stream as usize] = upto;
        let out = |seen: &Seen, at: usize| seen.allowed[at].saturating_sub(seen.stored[at].max(credit));
        let granted = out(seen, 0) + out(seen, 1);
        if granted > limits::OUTPUT_GRANT {
            self.broke("invariant_grant_bounded", || format!("host {} was granted {granted} bytes at once", host.0));
        }
    }

    /// 5: nothing runs before the whole payload is there, with the digest that it must have.
    pub(crate) fn invariant_payload_before_start(&mut self, host: HostId, here: usize, all: usize) {
        if here < all {
            self.broke("invariant_payload_before_start", || {
                format!("host {} starts with {here} of {all} parts of its payload", host.0)
            });
        }
    }

    /// A small body crosses each link once.
    pub(crate) fn invariant_body_once_per_link(&mut self, fresh: bool, digest: Digest) {
        if !fresh {
            self.broke("invariant_body_once_per_link", || format!("body {} was sent up twice", digest.short()));
        }
    }

    /// What is stored under a name has that name.
    pub(crate) fn invariant_body_has_its_digest(&mut self, digest: Digest, bytes: &[u8]) {
        if Digest::of(bytes) != digest {
            self.broke("invariant_body_has_its_digest", || format!("other bytes as body {}", digest.short()));
        }
    }

    /// Who carries a run on asks those that have no outcome, and lets the others be.
    pub(super) fn invariant_resume_keeps_outcomes(&mut self, hosts: &HostRanges) {
        let open = self.open.take();
        if open.as_ref() != Some(hosts) {
            self.broke("invariant_resume_keeps_outcomes", || format!("{hosts:?} are asked, and open are {open:?}"));
        }
    }

    /// A silent link is given up in time.
    pub(crate) fn invariant_death_is_noticed(&mut self, host: HostId) {
        self.broke("invariant_death_is_noticed", || format!("the link to host {} is dead and still held", host.0));
    }

    /// When a parent has died, everybody who was at work below it is heard of again in time.
    pub(crate) fn invariant_subtree_is_back(&mut self, host: HostId, since: u64) {
        let heard = self.hosts[host.0 as usize].at_work;
        if heard <= Some(since) {
            self.broke("invariant_subtree_is_back", || {
                format!("host {} was last heard of at {heard:?} µs, its parent died at {since} µs", host.0)
            });
        }
    }

    /// Who hears nothing from above leaves in time.
    pub(crate) fn invariant_orphan_leaves(&mut self, host: HostId) {
        self.broke("invariant_orphan_leaves", || format!("the node of host {} stays without a parent", host.0));
    }

    /// No link is given up that was not silent, however late timers and clocks are.
    pub(crate) fn invariant_no_early_expiry(&mut self, host: HostId) {
        self.broke("invariant_no_early_expiry", || format!("the sound link to host {} was closed", host.0));
    }

    /// When everything was mended, unknown is only what nobody can know, and everybody is reached.
    pub(crate) fn invariant_unknown_is_unknowable(&mut self, truth: &[SimHost]) {
        for (id, host) in truth.iter().enumerate() {
            let outcome = self.hosts[id].outcome.clone();
            let wrong = match outcome.as_ref().map(Outcome::kind) {
                Some(OutcomeKind::Unknown) => !host.spool.is_unknowable(),
                Some(OutcomeKind::Unreachable) => true,
                _ => false,
            };
            if wrong {
                return self.broke("invariant_unknown_is_unknowable", || format!("host {id} ended as {outcome:?}"));
            }
        }
    }

    /// What may start from an assignment is in the record before the assignment is sent.
    pub(crate) fn invariant_intent_before_assignment(&mut self, host: HostId) {
        if !self.hosts[host.0 as usize].intended {
            self.broke("invariant_intent_before_assignment", || format!("host {} was assigned unrecorded", host.0));
        }
    }

    /// Pieces of a stream are kept in order, without gaps.
    pub(crate) fn invariant_output_in_order(&mut self, host: HostId, stream: Stream, offset: u64, len: u64) {
        let stored = &mut self.hosts[host.0 as usize].stored[stream as usize];
        let expected = *stored;
        *stored = offset + len;
        if offset != expected {
            self.broke("invariant_output_in_order", || format!("host {} at {offset}, not {expected}", host.0));
        }
    }

    /// A body that is finished is whole.
    pub(crate) fn invariant_body_whole(&mut self, host: HostId, stream: Stream, len: u64, whole: u64) -> bool {
        let stored = self.hosts[host.0 as usize].stored[stream as usize];
        let fits = stored == len && len == whole;
        if !fits {
            self.broke("invariant_body_whole", || {
                format!("host {}: {stored} bytes kept, {len} said, {whole} printed", host.0)
            });
        }
        fits
    }

    /// Nothing is said after the end, unless somebody carries the run on.
    pub(super) fn invariant_last_event_is_last(&mut self, what: &What) {
        if self.ended && !matches!(what, What::Resumed { .. }) {
            self.broke("invariant_last_event_is_last", || "something was recorded after the end".to_owned());
        }
    }

    /// 10: when faults stop, the run finishes.
    pub(crate) fn invariant_finishes(&mut self, over: bool, seen: &str) {
        if !over {
            let open = self.hosts.iter().filter(|seen| seen.outcome.is_none()).count();
            self.broke("invariant_finishes", || format!("{seen}, and {open} hosts have no outcome"));
        }
    }

    /// 10: every node that lives leaves when its work is done, or when it lost its parent.
    pub(crate) fn invariant_nobody_left_behind(&mut self, left: usize) {
        if left > 0 {
            self.broke("invariant_nobody_left_behind", || format!("{left} processes are still there"));
        }
    }

    /// Every body of a receipt is stored, or recorded as lost.
    fn invariant_bodies_are_accounted_for(&mut self, id: usize, host: &SimHost) {
        let missing = |stream: usize| {
            let whole = host.prints[stream].whole;
            whole.len > 0 && !self.bodies.contains(&whole.digest)
        };
        if missing(0) || missing(1) {
            self.broke("invariant_bodies_are_accounted_for", || format!("what host {id} printed is nowhere"));
        }
    }

    /// 1, 2 and 3 once more, over everything.
    pub(crate) fn at_the_end(&mut self, truth: &[SimHost], scenario: &Scenario) {
        for (id, host) in truth.iter().enumerate() {
            let Some(outcome) = self.hosts[id].outcome.clone() else {
                let name = &scenario.plan.hosts[id].name;
                return self.broke("invariant_one_outcome", || format!("{name} was forgotten"));
            };
            let says_not_started = matches!(
                outcome.kind(),
                OutcomeKind::NotRun | OutcomeKind::Unreachable | OutcomeKind::Skipped | OutcomeKind::Refused
            );
            if says_not_started && host.starts > 0 {
                self.broke("invariant_one_outcome", || format!("host {id} ended as {outcome:?}, and it had started"));
            }
            if outcome.has_receipt() {
                self.invariant_bodies_are_accounted_for(id, host);
            }
        }
    }
}
