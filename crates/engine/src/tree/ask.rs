//! What parents ask for so that their ssh can log in on a child: up the tree to the coordinator, which alone holds keys,
//! and the answer down again. Whether it may be granted is judged outside, by what the coordinator knows of the edge.

use crate::tree::below::Broken;
use crate::tree::effect::{Asked, Effect, LinkId, Reach};
use crate::tree::links::LinkState;
use crate::tree::run::{Role, TreeRun};
use bytes::Bytes;
use mcom_model::limits::ASKS_PER_HOST;
use mcom_model::{Access, AskKind, Credentials, HostId, Reason, Verdict, What};
use mcom_wire::{Answer, Ask, Down, Up};
use std::collections::BTreeMap;

/// What the coordinator hands out, so that parents without keys of their own reach their children.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handout {
    /// The public keys that parents offer, each as in a `.pub` file.
    pub identities: Vec<String>,
    /// How each host is reached, by its id; none for hosts that nobody reaches in this way.
    pub access: Vec<Option<Box<Access>>>,
}

/// What is being judged or signed.
#[derive(Default)]
pub(super) struct Tickets {
    next: u32,
    pending: BTreeMap<u32, Pending>,
    /// Nothing is granted any more, because it could not be recorded.
    closed: Option<Reason>,
}

/// Who waits for an answer.
struct Pending {
    link: LinkId,
    host: u32,
    by: HostId,
    kind: AskKind,
    /// It counts on its edge, unless it is refused.
    counted: bool,
}

impl TreeRun {
    /// Takes what is handed out with the assignments (coordinator). Before the first effect is carried out.
    pub fn hand_out(&mut self, handout: Handout) {
        self.identities = handout.identities;
        for (host, access) in self.hosts.list.iter_mut().zip(handout.access) {
            host.access = access;
        }
    }

    /// With whose credentials the link to a host is made from here.
    pub(super) fn reach(&self, ix: u32, group: u32) -> Reach {
        let host = self.hosts.get(ix);
        if self.is_coordinator() {
            let group = &self.groups[group as usize];
            let gateway = self.pools[group.pool as usize].gateways.now(ix).filter(|_| group.through);
            let gateway = gateway.map(|gateway| self.hosts.get(gateway).spec.clone());
            return gateway.map_or(Reach::Own, |gateway| Reach::Through(Box::new(gateway)));
        }
        let kind = match self.credentials_of(ix) {
            Credentials::Own => return Reach::Own,
            Credentials::Certificate => AskKind::Certificate,
            Credentials::Auto | Credentials::Relay | Credentials::Transit => AskKind::Signature,
        };
        Reach::Asked { kind, access: host.access.clone() }
    }

    /// How a parent is to reach a host.
    pub(super) fn credentials_of(&self, ix: u32) -> Credentials {
        self.hosts.get(ix).spec.credentials.unwrap_or(self.run_spec().credentials)
    }

    /// Whether a parent reaches a host by relay and in no other way.
    pub(super) fn wants_relay(&self, ix: u32) -> bool {
        let setting = self.credentials_of(ix);
        matches!(setting, Credentials::Auto | Credentials::Relay)
    }

    /// The ssh that makes a link from here asks for what it needs (node).
    pub(super) fn agent_asked(&mut self, id: LinkId, kind: AskKind, bind: Bytes, request: Bytes) {
        let Some(by) = self.me() else { return };
        let Some(link) = self.links.get_mut(id).filter(|link| link.state == LinkState::Opening) else { return };
        link.asking = true;
        let host = self.hosts.get(self.links.get(id).expect("looked up above").host).id;
        self.effects.push_back(Effect::SendUp(Up::Ask(Ask { host, by, kind, bind, request })));
    }

    /// An answer came down: for a link that is made from here, or for a parent below (node).
    pub(super) fn answered(&mut self, answer: Answer) {
        let Some(ix) = self.hosts.place(answer.host) else { return };
        if self.me() == Some(answer.by) {
            let Some((id, link)) = self.links.asking(ix) else { return };
            link.asking = false;
            self.effects.push_back(Effect::AnswerAgent { link: id, granted: answer.granted });
        } else if let Some((link, _)) = self.hosts.get_mut(ix).asked.take_if(|asked| asked.1 == answer.by)
            && self.links.is_open(link)
        {
            self.send_down(link, Down::Answer(answer));
        }
    }

    /// A parent below asks: up it goes, or to be judged at the coordinator. Both ends of the edge must be below the link
    /// that it came over, so nobody speaks for a host of another link.
    pub(super) fn asked_below(&mut self, id: LinkId, ask: Ask) -> Result<(), Broken> {
        let ix = self.below_link(id, ask.host)?;
        self.below_link(id, ask.by)?;
        let link = self.links.get_mut(id).ok_or("it asked before its link stood")?;
        link.asks += 1;
        if link.asks > link.assigned.saturating_mul(ASKS_PER_HOST) {
            return Err("it asked to log in more often than its hosts can need".to_owned());
        }
        let edge = self.edge(ix, ask.by);
        let Role::Coordinator(coordinator) = &mut self.role else {
            // One question for a host at a time; the answer goes back over no other link.
            self.hosts.get_mut(ix).asked = Some((id, ask.by));
            self.effects.push_back(Effect::SendUp(Up::Ask(ask)));
            return Ok(());
        };
        if let Some(known) = self.hosts.get_mut(ix).edge.as_mut().filter(|_| edge.open) {
            known.count(ask.by);
        }
        let Ask { host: child, by: parent, kind, bind, request } = ask;
        let ticket = coordinator.asked.next;
        coordinator.asked.next += 1;
        coordinator.asked.pending.insert(ticket, Pending { link: id, host: ix, by: parent, kind, counted: edge.open });
        let asked = Asked { ticket, parent, child, kind, edge, bind, request };
        self.effects.push_back(Effect::Judge(Box::new(asked)));
        Ok(())
    }

    /// It was judged: that is recorded, and only then signed (coordinator).
    pub(super) fn judged(&mut self, ticket: u32, verdict: Verdict) {
        let Some(coordinator) = self.coordinator_mut() else { return };
        let Some(&Pending { host: ix, by, kind: ask, counted, .. }) = coordinator.asked.pending.get(&ticket) else {
            return;
        };
        let verdict = match (&coordinator.asked.closed, verdict) {
            (Some(reason), Verdict::Granted { .. }) => Verdict::Refused { reason: reason.clone() },
            (_, verdict) => verdict,
        };
        let host = self.hosts.get(ix).id;
        self.record(What::Asked { host, by, ask, verdict: verdict.clone() }, false);
        match verdict {
            Verdict::Granted { .. } => self.effects.push_back(Effect::Grant { ticket }),
            Verdict::Refused { reason } => {
                if let Some(edge) = self.hosts.get_mut(ix).edge.as_mut().filter(|_| counted) {
                    edge.take_back(by);
                }
                self.granted(ticket, Err(reason));
            }
        }
    }

    /// The answer is there: it goes down the link that the question came over, where that still stands (coordinator).
    pub(super) fn granted(&mut self, ticket: u32, granted: Result<Bytes, Reason>) {
        let Some(coordinator) = self.coordinator_mut() else { return };
        let Some(Pending { link, host, by, .. }) = coordinator.asked.pending.remove(&ticket) else { return };
        if self.links.is_open(link) && self.hosts.get(host).link == Some(link) {
            let host = self.hosts.get(host).id;
            self.send_down(link, Down::Answer(Answer { host, by, granted }));
        }
    }

    /// What was judged could not be recorded, so it is not signed, and nothing is from here on (coordinator).
    pub(super) fn take_back_grants(&mut self, reason: &Reason) {
        if let Some(coordinator) = self.coordinator_mut() {
            coordinator.asked.closed = Some(reason.clone());
        }
        let tickets = self.effects.iter().filter_map(|effect| match effect {
            Effect::Grant { ticket } => Some(*ticket),
            _ => None,
        });
        let tickets: Vec<u32> = tickets.collect();
        self.effects.retain(|effect| !matches!(effect, Effect::Grant { .. }));
        tickets.into_iter().for_each(|ticket| self.granted(ticket, Err(reason.clone())));
    }
}
