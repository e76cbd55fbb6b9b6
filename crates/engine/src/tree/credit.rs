//! Credit for output at the coordinator: who may send how much, so that what is under way in the whole tree is bounded.

use crate::tree::collect::Source;
use crate::tree::effect::Effect;
use crate::tree::hosts::{Host, STREAMS};
use crate::tree::input::TimerReason;
use crate::tree::run::TreeRun;
use mcom_model::limits::{OUTPUT_GRANT, OUTPUT_IN_FLIGHT, OUTPUT_STALLED_MS};
use mcom_model::{Reason, ReasonKind, RunClock, Stream};
use mcom_wire::{Down, OutputChunk};
use std::collections::VecDeque;
use std::time::Duration;

/// How long nothing of the output that was let come may come: the disk of a host that is that slow is broken.
const STALLED: Duration = Duration::from_millis(OUTPUT_STALLED_MS);

/// The credit that is out, and who wants some.
pub(super) struct Credit {
    /// Bytes granted and not received, over all hosts.
    pub(super) granted: u64,
    /// Streams that want to be granted more.
    queue: VecDeque<Source>,
    /// What every host may send unasked; it is not counted as granted.
    pub(super) unasked: u64,
    /// What has come waits for its readers.
    readers_behind: bool,
    /// When output last came, or was let come after there had been none to wait for.
    moved: RunClock,
    /// Whether a timer watches over what was granted.
    watched: bool,
}

impl Credit {
    pub(super) const fn new(unasked: u64) -> Self {
        let (moved, watched) = (RunClock::ZERO, false);
        Self { granted: 0, queue: VecDeque::new(), unasked, readers_behind: false, moved, watched }
    }
}

impl TreeRun {
    /// A host has printed more than it may send.
    pub(super) fn want_printed(&mut self, ix: u32, stream: Stream, len: u64) {
        if self.coordinator_mut().is_some() && !self.hosts.flow(ix, stream).closed {
            self.want((ix, stream), len);
            self.grant();
        }
    }

    /// Wants a stream up to an offset, as fast as there is credit.
    pub(super) fn want(&mut self, source: Source, upto: u64) {
        let flow = self.hosts.flow(source.0, source.1);
        flow.wanted = flow.wanted.max(upto);
        self.queue_for_grant(source);
    }

    fn queue_for_grant(&mut self, source: Source) {
        let flow = self.hosts.flow(source.0, source.1);
        if !flow.queued && !flow.closed && flow.allowed < flow.wanted {
            flow.queued = true;
            self.credit().queue.push_back(source);
        }
    }

    /// The readers of the output are behind, or have caught up.
    pub(super) fn readers_behind(&mut self, behind: bool) {
        if self.coordinator_mut().is_some() {
            self.credit().readers_behind = behind;
            self.grant();
        }
    }

    /// Grants what there is room for, in turn; nothing while the readers are behind.
    pub(super) fn grant(&mut self) {
        if self.credit().readers_behind {
            return;
        }
        let unasked = self.credit().unasked;
        loop {
            let room = OUTPUT_IN_FLIGHT - self.credit().granted;
            let Some(&source) = self.credit().queue.front().filter(|_| room > 0) else { return };
            self.credit().queue.pop_front();
            let (ix, stream) = source;
            let host = self.hosts.get_mut(ix);
            let out: u64 = host.flows.iter().map(|flow| flow.outstanding(unasked)).sum();
            let (id, link) = (host.id, host.link);
            let flow = &mut host.flows[stream as usize];
            flow.queued = false;
            let more = flow.wanted.saturating_sub(flow.allowed).min(OUTPUT_GRANT.saturating_sub(out)).min(room);
            if more == 0 || flow.closed {
                continue;
            }
            flow.allowed += more;
            let upto = flow.allowed;
            let (now, credit) = (self.now, self.credit());
            if credit.granted == 0 {
                credit.moved = now;
            }
            credit.granted += more;
            self.watch_output();
            // Between two links there is nobody to tell: the next assignment says it.
            if let Some(link) = link {
                self.send_down(link, Down::Allow { host: id, stream, upto });
            }
            if more == room {
                // The whole tree's credit is out: this one goes on when there is room again.
                self.queue_for_grant(source);
            }
        }
    }

    /// A piece of output came: keeps it, and lets more come.
    pub(super) fn store_output(&mut self, ix: u32, chunk: OutputChunk) {
        let OutputChunk { host, stream, offset, bytes } = chunk;
        let len = bytes.len() as u64;
        self.effects.push_back(Effect::StoreOutput { host, stream, offset, bytes });
        let (unasked, now) = (self.credit().unasked, self.now);
        self.credit().moved = now;
        self.credit().granted -= (offset + len).max(unasked) - offset.max(unasked);
        let flows = &self.hosts.get(ix).flows;
        if flows.iter().map(|flow| flow.outstanding(unasked)).sum::<u64>() <= OUTPUT_GRANT / 2 {
            STREAMS.into_iter().for_each(|stream| self.queue_for_grant((ix, stream)));
        }
        self.stream_moved((ix, stream));
        self.grant();
    }

    fn watch_output(&mut self) {
        let now = self.now;
        if !std::mem::replace(&mut self.credit().watched, true) {
            self.credit().moved = now;
            self.timers.insert((now.after(STALLED), TimerReason::OutputStalled));
        }
    }

    /// Hosts that may send output, live, and send none for so long, will not: their output is given up, so that a run
    /// does not wait for it for ever.
    pub(super) fn output_stalled(&mut self, late: bool) {
        let (now, unasked) = (self.now, self.credit().unasked);
        let credit = self.credit();
        credit.watched = false;
        if late {
            // After a hold-up here, what came meanwhile has not been looked at yet.
            credit.moved = now;
        }
        if credit.granted == 0 {
            return;
        }
        let due = if credit.readers_behind { now.after(STALLED) } else { credit.moved.after(STALLED) };
        if due > now {
            credit.watched = true;
            self.timers.insert((due, TimerReason::OutputStalled));
            return;
        }
        let waits = |host: &Host| host.link.is_some() && host.flows.iter().any(|flow| flow.outstanding(unasked) > 0);
        let silent: Vec<u32> = (0..).zip(&self.hosts.list).filter(|(_, host)| waits(host)).map(|(ix, _)| ix).collect();
        let text = format!("it was let send output, and sent none for {} s", STALLED.as_secs());
        let reason = Reason::new(ReasonKind::LinkLost, text);
        for ix in silent {
            self.output_gone(ix, &reason);
        }
        if self.credit().granted > 0 {
            self.watch_output();
        }
    }
}
