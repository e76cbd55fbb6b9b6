//! Logging in with what the coordinator grants: the ssh of a parent asks, the question goes up, is judged there by what
//! is known of the edge, recorded and signed, and the answer comes down again.

use crate::world::links::Opening;
use crate::world::queue::{Event, Ix};
use crate::world::witness::host_id;
use crate::world::{Input, World};
use bytes::Bytes;
use mcom_engine::tree::{Asked, Handout, LinkFailure, LinkId};
use mcom_model::limits::{GRANTS_PER_EDGE, LOGIN_MS};
use mcom_model::{Access, AskKind, Reason, ReasonKind, Verdict};
use mcom_wire::{Answer, Ask};

/// What a sign request says where the child's sshd lacks what relay needs.
const PLAIN: &[u8] = b"publickey";
/// And where it does not.
const BOUND: &[u8] = b"publickey-hostbound";

/// The session of somebody who asks for what it may not have.
pub(super) const LIE: &[u8] = b"another session";

impl World {
    /// What the coordinator hands out with its assignments.
    pub(crate) fn handout(&self) -> Handout {
        let access = |name: &str| Access {
            address: name.to_owned(),
            port: 22,
            user: "root".to_owned(),
            alias: name.to_owned(),
            keys: vec!["ssh-ed25519 AAAA".to_owned()],
        };
        let hosts = self.scenario.plan.hosts.iter();
        let access = hosts.map(|host| Some(Box::new(access(&host.name)))).collect();
        Handout { identities: vec!["ssh-ed25519 AAAA alice@bastion".to_owned()], access }
    }

    /// The ssh that makes a link has found its host, and asks for what it needs there.
    pub(super) fn ask_to_log_in(&mut self, ix: Ix, link: LinkId, host: Ix, kind: AskKind) {
        let bind = match kind {
            AskKind::Signature => Bytes::from(format!("session {ix} {}", link.0)),
            AskKind::Certificate => Bytes::new(),
        };
        let old = kind == AskKind::Signature && self.hosts[host].old_sshd;
        let request = Bytes::from_static(if old { PLAIN } else { BOUND });
        if let Some(opening) = self.procs[ix].opening.get_mut(&link) {
            opening.waits = Some(bind.clone());
        }
        self.stats.count("a parent asked");
        let patience = (self.scenario.spec.limits.connect_timeout_ms + LOGIN_MS) * 1000;
        self.queue.plan(self.now + patience, Event::LoginOver { proc: ix, link });
        self.tell(ix, Input::AgentAsked { link, kind, bind, request }, None);
    }

    /// No answer came for so long that sshd has hung up.
    pub(crate) fn login_over(&mut self, ix: Ix, link: LinkId) {
        let waits = |opening: &mut Opening| opening.waits.is_some();
        if !self.procs[ix].alive || !self.procs[ix].opening.get_mut(&link).is_some_and(waits) {
            return;
        }
        self.stats.count("fault: no answer before sshd hung up");
        self.procs[ix].opening.remove(&link);
        let reason = Reason::new(ReasonKind::ConnectTimeout, "nobody answered in time");
        self.tell(ix, Input::LinkFailed { link, failure: LinkFailure::Unreachable(reason) }, None);
    }

    /// A question goes up a wire.
    pub(super) fn ask_goes_up(&mut self, wire: Ix, ask: &Ask) {
        let child = self.wires[wire].child;
        *self.wires[wire].asks.entry((ask.host, ask.by)).or_default() += 1;
        let of_its_own = self.procs[child].host == Some(ask.by.0 as usize);
        let host = ask.host.0 as usize;
        let mut opening = self.procs[child].opening.values_mut();
        if let Some(opening) = opening.find(|at| at.host == host && at.waits.is_some()).filter(|_| of_its_own) {
            opening.asks += 1;
        }
    }

    /// An answer goes down a wire.
    pub(super) fn answer_goes_down(&mut self, wire: Ix, answer: &Answer) {
        let left = self.wires[wire].asks.get_mut(&(answer.host, answer.by)).filter(|left| **left > 0);
        let asked = left.map(|left| *left -= 1).is_some();
        self.check.invariant_answers_only_who_asked(answer.host, asked);
    }

    /// The answer is handed to the ssh that waits for it, where it still does.
    pub(super) fn answer_agent(&mut self, ix: Ix, link: LinkId, granted: Result<Bytes, Reason>) {
        let Some(opening) = self.procs[ix].opening.get_mut(&link) else { return };
        let (host, waits) = (opening.host, opening.waits.take());
        self.check.invariant_answers_only_who_asked(host_id(host), waits.is_some());
        let failure = match (granted, waits) {
            (Ok(signed), Some(bind)) if signed == sign(&bind) => return self.log_in(ix, link),
            (Ok(_), _) => {
                self.stats.count("fault: the answer was for an earlier login");
                Reason::new(ReasonKind::AuthRefused, "Permission denied (publickey)")
            }
            (Err(reason), _) => reason,
        };
        self.queue.plan(self.now + 1_000, Event::LoginRefused { proc: ix, link, reason: failure });
    }

    /// A login was refused: the link is not made.
    pub(crate) fn login_refused(&mut self, ix: Ix, link: LinkId, reason: Reason) {
        if self.procs[ix].alive && self.procs[ix].opening.remove(&link).is_some() {
            self.tell(ix, Input::LinkFailed { link, failure: LinkFailure::Refused(reason) }, None);
        }
    }

    /// The coordinator looks whether a parent may have what it asks for, by what is known of the edge.
    pub(super) fn judge(&mut self, ix: Ix, asked: Asked) {
        let sound =
            self.check.logins.is_sound(asked.parent, asked.child, self.procs[ix].clock(self.now), &self.scenario);
        let refused = |kind, text: &str| Verdict::Refused { reason: Reason::new(kind, text) };
        let verdict = if !asked.edge.open {
            self.stats.count("refused: the edge is not open");
            self.check.invariant_who_makes_a_link_may_ask(asked.parent, asked.child, asked.bind == LIE);
            refused(ReasonKind::CredentialRefused, "it makes no link there")
        } else if asked.edge.left_ms == 0 {
            self.stats.count("refused: too late");
            refused(ReasonKind::CredentialRefused, "the time to log in there is over")
        } else if asked.edge.granted >= GRANTS_PER_EDGE {
            self.stats.count("refused: too often");
            refused(ReasonKind::CredentialRefused, "it has logged in there too often")
        } else if asked.request == PLAIN {
            self.stats.count("fault: a child's sshd is too old for relay");
            refused(ReasonKind::RelayImpossible, "sshd there is older than 8.9")
        } else {
            Verdict::Granted { user: "root".to_owned(), key: "SHA256:key".to_owned(), host_key: None }
        };
        let ticket = asked.ticket;
        if matches!(verdict, Verdict::Granted { .. }) {
            self.tickets.insert(ticket, (asked, sound));
        }
        // As in the driver: what came of an effect is told before the next is taken.
        let (now, input) = (self.procs[ix].clock(self.now), Input::Judged { ticket, verdict });
        self.trace.input(now, &input);
        self.procs[ix].run.handle(now, input);
    }

    /// The coordinator signs what was judged.
    pub(super) fn grant(&mut self, ix: Ix, ticket: u32) {
        let Some((asked, sound)) = self.tickets.remove(&ticket) else { return };
        self.check.invariant_grants_only_open_edges(asked.parent, asked.child, sound);
        self.check.invariant_grants_are_recorded(asked.parent, asked.child);
        self.check.invariant_grants_bounded(asked.parent, asked.child);
        // Now and then somebody has to touch a key.
        let touch = self.scenario.faults.bad_agent > 0 && self.rng.chance(10);
        let most = if touch { 60_000_000 } else { 50_000 };
        let at = self.now + self.rng.range(500, most);
        let granted = if self.rng.chance(self.scenario.faults.bad_agent) {
            self.stats.count("fault: the agent did not sign");
            Err(Reason::new(ReasonKind::CredentialRefused, "the agent refused to sign"))
        } else {
            Ok(sign(&asked.bind))
        };
        self.queue.plan(at, Event::Granted { proc: ix, ticket, granted });
    }
}

/// What is signed for a session serves that session alone.
fn sign(bind: &[u8]) -> Bytes {
    Bytes::from([b"signed: ", bind].concat())
}
