//! Carries out the effects of a process, as a driver would, in virtual time.

use crate::check::counted_as;
use crate::world::queue::{Event, Ix};
use crate::world::wire::Item;
use crate::world::{Input, World};
use mcom_engine::tree::{Effect, LinkId, OwnMode};
use mcom_model::{Digest, HostId, RunEvent, Stream, What};
use mcom_wire::{Begun, Down, Up};

impl World {
    /// One effect of a process. `cause` is the wire over which the input came that led to it.
    pub(crate) fn effect(&mut self, ix: Ix, effect: Effect, cause: Option<Ix>) {
        match effect {
            Effect::Record { event, durable } => self.record(ix, event, durable, cause),
            Effect::OpenLink { link, host, reach, .. } => {
                let proc = &self.procs[ix];
                // Who may have begun is asked even then.
                let fresh = !proc.begun.contains(&host);
                self.check.invariant_nothing_starts_after_a_stop(host, proc.told_to_stop && fresh);
                self.open(ix, link, host, reach);
            }
            Effect::AnswerAgent { link, granted } => self.answer_agent(ix, link, granted),
            Effect::Judge(asked) => self.judge(ix, *asked),
            Effect::Grant { ticket } => self.grant(ix, ticket),
            Effect::CloseLink { link } => {
                if self.procs[ix].opening.remove(&link).is_none()
                    && let Some(&wire) = self.procs[ix].down.get(&link)
                {
                    self.check_closed(wire);
                    self.close_from_above(wire);
                }
            }
            Effect::SendDown { link, message } => self.send_down(ix, link, message),
            Effect::SendBlob { link, index } => {
                if let Some(&wire) = self.procs[ix].down.get(&link) {
                    if self.wires[wire].long {
                        self.check_shipped(wire, index);
                    }
                    self.put(wire, false, Item::Blob(index));
                }
            }
            Effect::SendUp(message) => self.send_up(ix, message, cause),
            Effect::StartOwn(start) => {
                let (here, all) = (self.procs[ix].blobs, self.scenario.spec.payload.blobs().count());
                if start.mode == OwnMode::Start {
                    self.check.invariant_payload_before_start(start.me, here, all);
                    self.check.invariant_nothing_starts_after_a_stop(start.me, self.procs[ix].told_to_stop);
                }
                self.see_to_own(ix, &start);
            }
            Effect::GiveUpOwn => self.give_up_own(ix),
            // Nothing here only looks.
            Effect::ForgetOwn => {}
            Effect::CancelOwn => self.cancel_own(ix),
            Effect::ReadOwn { stream, upto } => self.read_own(ix, stream, upto),
            Effect::StoreOutput { host, stream, offset, bytes } => {
                self.check.invariant_output_in_order(host, stream, offset, bytes.len() as u64);
            }
            Effect::FinishOutput { host, stream, digest, len } => self.finish_output(ix, host, stream, digest, len),
            Effect::StoreBody { digest, bytes } => {
                self.check.invariant_body_has_its_digest(digest, &bytes);
                self.store(ix, digest, bytes.len() as u64, true);
            }
            Effect::DropOutput { host, stream } => {
                self.stats.count("output dropped");
                self.check.output_dropped(host, stream);
            }
            Effect::Leave => self.leave(ix),
        }
    }

    fn record(&mut self, ix: Ix, event: RunEvent, durable: bool, cause: Option<Ix>) {
        let full = self.scenario.faults.ledger_full_at.is_some_and(|at| self.now >= at);
        // What was granted is not durable; of the others that are not, those that are show that the disk is full.
        let looks = durable || matches!(event.what, What::Asked { .. });
        if looks && full && !self.ledger.full && !self.procs[ix].run.is_over() {
            self.ledger.full = true;
            self.stats.count("fault: ledger full");
            let now = event.at;
            self.trace.input(now, &Input::LedgerFull);
            return self.procs[ix].run.handle(now, Input::LedgerFull);
        }
        self.stats.count(counted_as(&event.what));
        self.check.record(&event, &self.hosts);
        if let What::Host { host, said } = &event.what {
            self.check_speaker(ix, *host, said, cause);
        }
        if !self.ledger.full {
            self.check.logins.recorded(&event.what);
        }
        self.story.record(&event, &self.scenario);
        self.ledger.write(event, durable);
    }

    fn send_down(&mut self, ix: Ix, link: LinkId, message: Down) {
        // What was handed over may have begun from now on, whether it arrives or not.
        match &message {
            Down::Assign(assignment) => drop(self.procs[ix].begun.insert(assignment.me)),
            Down::Members { hosts } => self.procs[ix].begun.extend(hosts.iter().map(|member| member.id)),
            _ => {}
        }
        let Some(&wire) = self.procs[ix].down.get(&link) else { return };
        match &message {
            Down::Assign(assignment) => {
                self.stats.count(if assignment.begun.is_some() { "assigned again" } else { "assigned" });
                self.hand_over(ix, wire, [(assignment.me, assignment.begun)]);
            }
            Down::Members { hosts } => {
                self.hand_over(ix, wire, hosts.iter().map(|member| (member.id, member.begun)));
            }
            Down::Window { .. } => self.stats.count("window raised"),
            Down::Allow { host, stream, upto } => {
                self.stats.count("output allowed");
                if self.procs[ix].host.is_none() {
                    self.check.invariant_grant_bounded(*host, *stream, *upto);
                }
            }
            Down::Settled { .. } => self.stats.count("output settled"),
            Down::Halt { .. } => self.stats.count("halt sent"),
            Down::Cancel => self.stats.count("cancel sent"),
            Down::Release => {
                self.stats.count("node released");
                self.wires[wire].released = true;
            }
            Down::Ping { .. } => self.stats.count("ping"),
            Down::Answer(answer) => self.answer_goes_down(wire, answer),
            Down::Hello(_) | Down::Blob { .. } | Down::Password(_) => {}
        }
        self.put(wire, false, Item::Down(message));
    }

    fn hand_over(&mut self, ix: Ix, wire: Ix, hosts: impl IntoIterator<Item = (HostId, Option<Begun>)>) {
        self.wires[wire].assigned = true;
        let child = self.wires[wire].child;
        for (host, begun) in hosts {
            if let Some(begun) = begun {
                self.procs[child].begun.insert(host);
                if self.procs[ix].host.is_none() {
                    self.check.allowed_again(host, begun.upto);
                }
            }
            if self.procs[ix].host.is_none() {
                self.check.invariant_intent_before_assignment(host);
                self.check.logins.assigned(host);
            }
            self.procs[ix].under.insert(host, wire);
        }
    }

    fn send_up(&mut self, ix: Ix, message: Up, cause: Option<Ix>) {
        let Some(wire) = self.procs[ix].up else { return };
        match &message {
            Up::Said { host, event } => self.check_speaker(ix, *host, event, cause),
            Up::Body { .. } => self.stats.count("body sent up"),
            Up::OutputGone { .. } => self.stats.count("output gone"),
            Up::Need { .. } => self.stats.count("blob asked for"),
            _ => {}
        }
        self.put(wire, true, Item::Up(message));
        let hostile = self.procs[ix].host.is_some_and(|host| self.hosts[host].hostile);
        if hostile && !self.procs[ix].lied && self.rng.chance(200) {
            self.procs[ix].lied = true;
            for lie in self.lie(ix) {
                self.put(wire, true, Item::Up(lie));
            }
        }
    }

    fn finish_output(&mut self, ix: Ix, host: HostId, stream: Stream, digest: Digest, len: u64) {
        let whole = self.hosts[host.0 as usize].prints[stream as usize].whole;
        let good = whole.digest == digest && self.check.invariant_body_whole(host, stream, len, whole.len);
        self.store(ix, digest, len, good);
    }

    fn store(&mut self, ix: Ix, digest: Digest, len: u64, good: bool) {
        let bad = self.rng.chance(self.scenario.faults.bad_store);
        if bad {
            self.stats.count("fault: body not stored");
        }
        let at = self.now + self.rng.range(100, 5_000);
        self.queue.plan(at, Event::Store { proc: ix, digest, len, good: good && !bad });
    }

    /// The effect as it is carried out: as it is, unless a mechanism is switched off on purpose.
    pub(crate) fn sabotaged(&mut self, ix: Ix, effect: Effect) -> Vec<Effect> {
        match &mut self.sabotage {
            Some(sabotage) => sabotage.on(self.procs[ix].host.is_none(), effect),
            None => vec![effect],
        }
    }
}
