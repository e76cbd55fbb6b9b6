//! Carries out the effects of a process, as a driver would, in virtual time.

use crate::check::counted_as;
use crate::world::host::Down as HostDown;
use crate::world::proc::Proc;
use crate::world::queue::{Event, Ix};
use crate::world::wire::Item;
use crate::world::{Input, World};
use bytes::Bytes;
use mcom_engine::tree::{Effect, LinkFailure, LinkId, TreeRun};
use mcom_model::{Digest, HostEvent, HostId, Outcome, Reason, ReasonKind, RunEvent, Stream, What};
use mcom_wire::{Down, HelloUp, OutputChunk, PROTOCOL, Up};

/// Bytes of the node program: what putting it on a host costs a link.
const NODE_BYTES: u64 = 1_500_000;

impl World {
    /// One effect of a process. `cause` is the wire over which the input came that led to it.
    pub(crate) fn effect(&mut self, ix: Ix, effect: Effect, cause: Option<Ix>) {
        match effect {
            Effect::Record { event, durable } => self.record(event, durable, cause),
            Effect::OpenLink { link, host, .. } => {
                self.check.invariant_nothing_starts_after_a_stop(host, self.procs[ix].told_to_stop);
                self.open(ix, link, host.0 as usize);
            }
            Effect::CloseLink { link } => {
                if !self.procs[ix].opening.remove(&link)
                    && let Some(&wire) = self.procs[ix].down.get(&link)
                {
                    self.close_from_above(wire);
                }
            }
            Effect::SendDown { link, message } => self.send_down(ix, link, message),
            Effect::SendBlob { link, index } => {
                if let Some(&wire) = self.procs[ix].down.get(&link) {
                    if self.wires[wire].long {
                        self.check.invariant_payload_once_per_datacenter(self.wires[wire].host, index, &self.scenario);
                    }
                    self.put(wire, false, Item::Blob(index));
                }
            }
            Effect::SendUp(message) => self.send_up(ix, message, cause),
            Effect::StartOwn(start) => {
                let (here, all) = (self.procs[ix].blobs, self.scenario.spec.payload.blobs().count());
                self.check.invariant_payload_before_start(start.me, here, all);
                self.check.invariant_nothing_starts_after_a_stop(start.me, self.procs[ix].told_to_stop);
                self.start_own(ix);
            }
            Effect::CancelOwn => self.cancel_own(ix),
            Effect::ReadOwn { stream, upto } => self.read_own(ix, stream, upto),
            Effect::StoreOutput { host, stream, offset, bytes } => {
                self.check.invariant_output_in_order(host, stream, offset, bytes.len() as u64);
            }
            Effect::FinishOutput { host, stream, digest, len } => self.finish_output(host, stream, digest, len),
            Effect::StoreBody { digest, bytes } => {
                self.check.invariant_body_has_its_digest(digest, &bytes);
                self.store(digest, bytes.len() as u64, true);
            }
            Effect::DropOutput { host, stream } => {
                self.stats.count("output dropped");
                self.check.output_dropped(host, stream);
            }
            Effect::Leave => self.leave(ix),
        }
    }

    fn record(&mut self, event: RunEvent, durable: bool, cause: Option<Ix>) {
        let full = self.scenario.faults.ledger_full_at.is_some_and(|at| self.now >= at);
        if durable && full && !self.ledger_broken && !self.procs[0].run.is_over() {
            self.ledger_broken = true;
            self.stats.count("fault: ledger full");
            let now = event.at;
            return self.procs[0].run.handle(now, Input::LedgerFull);
        }
        self.stats.count(counted_as(&event.what));
        self.check.record(&event, &self.hosts);
        if let What::Host { host, said } = &event.what {
            self.check_speaker(0, *host, said, cause);
        }
        self.story.record(&event, &self.scenario);
    }

    /// What only the host itself or its parent can know must have come from below, over the right wire.
    fn check_speaker(&mut self, ix: Ix, host: HostId, said: &HostEvent, cause: Option<Ix>) {
        let me = self.procs[ix].host == Some(host.0 as usize);
        let from_below = match said {
            HostEvent::Claimed { .. } | HostEvent::Started | HostEvent::Printed { .. } => !me,
            HostEvent::Linked { by, .. } => by.map(|by| by.0 as usize) != self.procs[ix].host,
            HostEvent::Ended { receipt, .. } => receipt.is_some() && !me,
            _ => false,
        };
        if from_below {
            let under = self.procs[ix].under.get(&host).copied();
            self.check.invariant_parent_speaks_only_below(host, under, cause);
        }
    }

    fn open(&mut self, ix: Ix, link: LinkId, host: Ix) {
        let long = self.procs[ix].host.is_none();
        let (latency, bandwidth) = self.line(long, host);
        let at = &self.hosts[host];
        let cut_off = at.down.is_some() || (long && at.inside_only) || !at.powered;
        let patience = self.scenario.spec.limits.connect_timeout_ms * 1000;
        let takes = match at.down {
            Some(HostDown::Refusing) => 2 * latency,
            _ if cut_off => patience,
            _ => {
                let ship = if at.cached { 0 } else { NODE_BYTES * 1_000_000 / bandwidth };
                8 * latency + self.rng.range(50_000, 300_000) + ship
            }
        };
        self.procs[ix].opening.insert(link);
        self.check.invariant_opening_bounded(self.procs[ix].opening.len());
        self.queue.plan(self.now + takes, Event::Opened { proc: ix, link, host });
    }

    /// A connection attempt has come to its end.
    pub(crate) fn opened(&mut self, ix: Ix, link: LinkId, host: Ix) {
        if !self.procs[ix].alive || !self.procs[ix].opening.remove(&link) {
            return;
        }
        let long = self.procs[ix].host.is_none();
        let at = &mut self.hosts[host];
        let failure = match at.down {
            Some(HostDown::Refusing) => Some(("fault: connection refused", ReasonKind::ConnectionRefused)),
            Some(HostDown::Silent) => Some(("fault: connection timed out", ReasonKind::ConnectTimeout)),
            None if !at.powered => Some(("fault: connection to a dead machine", ReasonKind::ConnectTimeout)),
            None if long && at.inside_only => Some(("fault: no way from outside", ReasonKind::NoRoute)),
            None => None,
        };
        if let Some((count, kind)) = failure {
            self.stats.count(count);
            let failure = LinkFailure::Unreachable(Reason::new(kind, count));
            return self.tell(ix, Input::LinkFailed { link, failure }, None);
        }
        if at.refusing {
            self.stats.count("fault: no node can work there");
            let reason = Reason::new(ReasonKind::SpoolNoexec, "the spool is mounted noexec");
            return self.tell(ix, Input::LinkFailed { link, failure: LinkFailure::Refused(reason) }, None);
        }
        let node_shipped = !std::mem::replace(&mut at.cached, true);
        self.procs.push(Proc::new(TreeRun::node(), Some(host), self.now));
        let child = self.procs.len() - 1;
        let wire = self.join(ix, link, child, host);
        self.procs[child].orphan = self.procs[ix].orphan;
        let hello = HelloUp {
            protocol: PROTOCOL,
            node: Digest::from_bytes([7; 32]),
            arch: "x86_64".to_owned(),
            boot: format!("boot-{host}"),
        };
        self.tell(ix, Input::LinkOpened { link, hello, node_shipped }, Some(wire));
    }

    fn send_down(&mut self, ix: Ix, link: LinkId, message: Down) {
        let Some(&wire) = self.procs[ix].down.get(&link) else { return };
        match &message {
            Down::Assign(assignment) => {
                self.stats.count("assigned");
                self.hand_over(ix, wire, [assignment.me]);
            }
            Down::Members { hosts } => self.hand_over(ix, wire, hosts.iter().map(|member| member.id)),
            Down::Window { .. } => self.stats.count("window raised"),
            Down::Allow { host, stream, upto } => {
                self.stats.count("output allowed");
                if ix == 0 {
                    self.check.invariant_grant_bounded(*host, *stream, *upto);
                }
            }
            Down::Settled { .. } => self.stats.count("output settled"),
            Down::Halt { .. } => self.stats.count("halt sent"),
            Down::Cancel => self.stats.count("cancel sent"),
            Down::Release => self.stats.count("node released"),
            Down::Ping { .. } => self.stats.count("ping"),
            Down::Hello(_) | Down::Blob { .. } => {}
        }
        self.put(wire, false, Item::Down(message));
    }

    fn hand_over(&mut self, ix: Ix, wire: Ix, hosts: impl IntoIterator<Item = HostId>) {
        for host in hosts {
            if ix == 0 {
                self.check.invariant_intent_before_assignment(host);
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
            _ => {}
        }
        self.put(wire, true, Item::Up(message));
        let hostile = self.procs[ix].host.is_some_and(|host| self.hosts[host].hostile);
        if hostile && !self.procs[ix].lied && self.rng.chance(200) {
            self.procs[ix].lied = true;
            let lie = self.lie(ix);
            self.put(wire, true, Item::Up(lie));
        }
    }

    /// Something that a node may not say.
    fn lie(&mut self, ix: Ix) -> Up {
        self.stats.count("fault: node lied");
        let me = HostId(u32::try_from(self.procs[ix].host.unwrap_or_default()).expect("few hosts"));
        let all = self.hosts.len() as u64;
        let other = HostId(u32::try_from((u64::from(me.0) + self.rng.range(1, all)) % (all + 1)).expect("few hosts"));
        // Of those below it, it may say what it likes: that can be wrong, and not be noticed.
        let nobody = HostId(u32::try_from(all).expect("few hosts"));
        let up = self.procs[ix].up;
        let below = up.is_some_and(|up| self.procs[self.wires[up].parent].under.get(&other) == Some(&up));
        let other = if below { nobody } else { other };
        match self.rng.range(0, 6) {
            0 => Up::Said { host: other, event: HostEvent::Started },
            5 => Up::Said { host: other, event: HostEvent::Claimed { boot: "another".to_owned() } },
            6 => {
                let reason = Reason::new(ReasonKind::NoRoute, "a lie");
                let outcome = Outcome::Unreachable { reason };
                Up::Said { host: other, event: HostEvent::Ended { outcome, receipt: None } }
            }
            1 => Up::Said { host: me, event: HostEvent::Ended { outcome: Outcome::Ok, receipt: None } },
            2 => {
                Up::Body { digest: Digest::of(b"what nobody printed"), bytes: Bytes::from_static(b"something else\n") }
            }
            3 => {
                let bytes = Bytes::from_static(b"much");
                Up::Output(OutputChunk { host: me, stream: Stream::Out, offset: 1 << 40, bytes })
            }
            _ => Up::Said { host: me, event: HostEvent::Linked { by: Some(other), node_shipped: false, ms: 0 } },
        }
    }

    fn finish_output(&mut self, host: HostId, stream: Stream, digest: Digest, len: u64) {
        let whole = self.hosts[host.0 as usize].prints[stream as usize].whole;
        let good = whole.digest == digest && self.check.invariant_body_whole(host, stream, len, whole.len);
        self.store(digest, len, good);
    }

    fn store(&mut self, digest: Digest, len: u64, good: bool) {
        let bad = self.rng.chance(self.scenario.faults.bad_store);
        if bad {
            self.stats.count("fault: body not stored");
        }
        let at = self.now + self.rng.range(100, 5_000);
        self.queue.plan(at, Event::Store { digest, len, good: good && !bad });
    }

    /// The effect as it is carried out: as it is, unless a mechanism is switched off on purpose.
    pub(crate) fn sabotaged(&mut self, ix: Ix, effect: Effect) -> Vec<Effect> {
        match &mut self.sabotage {
            Some(sabotage) => sabotage.on(ix == 0, effect),
            None => vec![effect],
        }
    }
}
