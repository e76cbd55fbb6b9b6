//! The invariants of credentials: what is granted, to whom, and with whose credentials links are made.

use crate::check::Check;
use crate::scenario::Scenario;
use mcom_engine::tree::Reach;
use mcom_model::limits::{GRANTS_PER_EDGE, LOGIN_MS};
use mcom_model::{AskKind, Credentials, HostEvent, HostId, Outcome, ReasonKind, RunClock, Verdict, What};
use std::collections::BTreeMap;

/// What parents have said of the edges that they make, and what was recorded and granted on them.
#[derive(Default)]
pub(crate) struct Logins {
    edges: BTreeMap<HostId, Edge>,
    /// Grants since the child was last assigned, by parent and child.
    granted: BTreeMap<(HostId, HostId), u32>,
    /// Grants in the record, and grants that were made.
    recorded: BTreeMap<(HostId, HostId), u32>,
    made: BTreeMap<(HostId, HostId), u32>,
}

struct Edge {
    by: HostId,
    since: RunClock,
    open: bool,
}

impl Logins {
    /// The coordinator hands a host over, to whomever: what was before counts no more.
    pub(crate) fn assigned(&mut self, host: HostId) {
        self.edges.remove(&host);
        self.granted.retain(|(_, child), _| *child != host);
    }

    /// Something was said about the edge above a host.
    pub(crate) fn said(&mut self, host: HostId, event: &HostEvent, now: RunClock) {
        match event {
            HostEvent::Linking { by: Some(by) } => {
                self.edges.insert(host, Edge { by: *by, since: now, open: true });
            }
            HostEvent::Linked { .. }
            | HostEvent::GaveWay { .. }
            | HostEvent::LinkLost { .. }
            | HostEvent::Ended { .. } => {
                if let Some(edge) = self.edges.get_mut(&host) {
                    edge.open = false;
                }
            }
            _ => {}
        }
    }

    /// Something stands in the record.
    pub(crate) fn recorded(&mut self, what: &What) {
        if let What::Asked { host, by, verdict: Verdict::Granted { .. }, .. } = what {
            *self.recorded.entry((*by, *host)).or_default() += 1;
        }
    }

    /// Whether a parent makes a link to a child, as far as it has said so, and for not too long.
    pub(crate) fn is_sound(&self, by: HostId, host: HostId, now: RunClock, scenario: &Scenario) -> bool {
        let time = u128::from(scenario.spec.limits.connect_timeout_ms + LOGIN_MS);
        let edge = self.edges.get(&host).filter(|edge| edge.open && edge.by == by);
        edge.is_some_and(|edge| now.since(edge.since).as_millis() <= time)
    }
}

impl Check {
    /// Nothing is granted for an edge that its parent has not opened.
    pub(crate) fn invariant_grants_only_open_edges(&mut self, by: HostId, host: HostId, sound: bool) {
        if !sound {
            self.broke("invariant_grants_only_open_edges", || {
                format!("host {} may log in on host {}, and makes no link there", by.0, host.0)
            });
        }
    }

    /// Whoever really makes a link has said so before it asks, however often its host was lost and found again.
    pub(crate) fn invariant_who_makes_a_link_may_ask(&mut self, by: HostId, host: HostId, lie: bool) {
        if !lie {
            self.broke("invariant_who_makes_a_link_may_ask", || {
                format!("host {} makes a link to host {}, and is told that it makes none", by.0, host.0)
            });
        }
    }

    /// A grant stands in the record before it is made.
    pub(crate) fn invariant_grants_are_recorded(&mut self, by: HostId, host: HostId) {
        let made = self.logins.made.entry((by, host)).or_default();
        *made += 1;
        if self.logins.recorded.get(&(by, host)) < Some(made) {
            self.broke("invariant_grants_are_recorded", || {
                format!("a login of host {} on host {} is signed unrecorded", by.0, host.0)
            });
        }
    }

    /// On one edge so many logins are granted and no more, until its child is handed over anew.
    pub(crate) fn invariant_grants_bounded(&mut self, by: HostId, host: HostId) {
        let granted = self.logins.granted.entry((by, host)).or_default();
        *granted += 1;
        let granted = *granted;
        if granted > GRANTS_PER_EDGE {
            self.broke("invariant_grants_bounded", || {
                format!("host {} was granted {granted} logins on host {}", by.0, host.0)
            });
        }
    }

    /// What is granted goes where it was asked for, and nowhere else.
    pub(crate) fn invariant_answers_only_who_asked(&mut self, host: HostId, asked: bool) {
        if !asked {
            self.broke("invariant_answers_only_who_asked", || {
                format!("an answer about host {} goes where nobody had asked", host.0)
            });
        }
    }

    /// Relay costs one round trip up the tree for each link, and links of other kinds none.
    pub(crate) fn invariant_one_question_per_link(&mut self, host: HostId, asks: u32, relay: bool) {
        if asks != u32::from(relay) {
            self.broke("invariant_one_question_per_link", || {
                format!("{asks} questions went up for the link to host {}", host.0)
            });
        }
    }

    /// No parent uses keys of its own, unless it was set so; and it asks for what was set.
    pub(crate) fn invariant_nothing_falls_to_own(
        &mut self,
        host: HostId,
        reach: &Reach,
        setting: Credentials,
        coordinator: bool,
    ) {
        let fits = match reach {
            Reach::Own => coordinator || setting == Credentials::Own,
            Reach::Through(_) => coordinator,
            Reach::Asked { kind: AskKind::Certificate, .. } => !coordinator && setting == Credentials::Certificate,
            Reach::Asked { kind: AskKind::Signature, .. } => {
                !coordinator && !matches!(setting, Credentials::Certificate | Credentials::Own)
            }
        };
        if !fits {
            self.broke("invariant_nothing_falls_to_own", || {
                format!("host {}, set to {}, is reached by {reach:?}", host.0, setting.word())
            });
        }
    }

    /// A parent that is to ask was told how its child is reached.
    pub(crate) fn invariant_access_comes_along(&mut self, host: HostId, known: bool) {
        if !known {
            self.broke("invariant_access_comes_along", || format!("nobody told the parent of host {}", host.0));
        }
    }

    /// Hosts go by transit where they are set so; others only where relay turned out impossible, and that is recorded.
    pub(crate) fn invariant_transit_where_it_may(&mut self, host: HostId, setting: Credentials) {
        let said = self.hosts[host.0 as usize].transit;
        if !(setting == Credentials::Transit || setting == Credentials::Auto && said) {
            self.broke("invariant_transit_where_it_may", || {
                format!("host {}, set to {}, goes by transit (said: {said})", host.0, setting.word())
            });
        }
    }

    /// Nobody is reached through itself, and everybody through its own datacenter.
    pub(crate) fn invariant_transit_goes_through_others(&mut self, host: HostId, gateway: usize) {
        let id = host.0 as usize;
        if id == gateway || self.dcs[id] != self.dcs[gateway] {
            self.broke("invariant_transit_goes_through_others", || {
                format!("host {id} is reached through host {gateway}")
            });
        }
    }

    /// It is said of a host that it goes by transit.
    pub(super) fn goes_by_transit(&mut self, host: HostId) {
        self.hosts[host.0 as usize].transit = true;
        self.invariant_transit_where_it_may(host, self.credentials[host.0 as usize]);
    }

    /// Only who is set to relay can end for want of it.
    pub(super) fn invariant_relay_is_wanted(&mut self, host: HostId, outcome: &Outcome) {
        let setting = self.credentials[host.0 as usize];
        let wants = outcome.reason().is_some_and(|reason| reason.kind == ReasonKind::RelayImpossible);
        if wants && setting != Credentials::Relay {
            self.broke("invariant_relay_is_wanted", || {
                format!("host {}, set to {}, ended as {outcome:?}", host.0, setting.word())
            });
        }
    }
}
