//! The operator's authority over one run: judges what parents ask for by the plan, and signs what was judged.

use crate::authority::certify::{Certifier, Wanted, now_s};
use crate::authority::error::AuthorityError;
use crate::authority::keys::Keys;
use crate::authority::own_agent::OwnAgent;
use crate::authority::prepare::{self, Prepared};
use crate::authority::settings::AuthoritySettings;
use crate::authority::way::Logins;
use crate::run::{Authority, Granting};
use mcom_credentials::{Grant, Known, authorise, authorise_certificate};
use mcom_engine::tree::{Asked, Handout};
use mcom_model::{Access, AskKind, Credentials, HostId, Plan, Reason, ReasonKind, Verdict};
use mcom_wire::Secret;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// Asks the operator for the passphrase of a key file; none where nobody can be asked, or nothing was typed.
pub type AskPassphrase<'a> = &'a mut dyn FnMut(&Path) -> Option<Secret>;

/// The operator's keys, and what the operator's ssh knows about the hosts of one run.
#[derive(Debug)]
pub struct OperatorAuthority {
    handout: Handout,
    /// By host id.
    ways: Vec<Credentials>,
    names: Vec<String>,
    keys: Arc<Keys>,
    certifier: Option<Arc<Certifier>>,
    notices: Vec<String>,
    /// The sessions that were signed for.
    signed: BTreeSet<Vec<u8>>,
    logins: Logins,
    granted: BTreeMap<u32, Granted>,
    // The agent goes before its folder.
    own_agent: Option<OwnAgent>,
    _folder: Option<TempDir>,
}

/// What was judged and is to be recorded before it is made.
#[derive(Debug)]
enum Granted {
    Login { host: HostId, by: HostId, grant: Box<Grant> },
    Certificate(Box<Wanted>),
}

impl OperatorAuthority {
    /// Whether any parent of this plan is to log in with what the coordinator grants.
    pub fn needed(plan: &Plan) -> bool {
        plan.host_ids().any(|host| prepare::is_reached_by_grant(plan, host))
    }

    /// Looks at the operator's ssh for the hosts of this plan: configuration, agent, key files, known_hosts. Touches no
    /// host. Where no parent asks for anything, it is an authority for the passphrases of this machine's own links alone.
    pub fn prepare(
        settings: &AuthoritySettings,
        plan: &Plan,
        ask_passphrase: AskPassphrase<'_>,
    ) -> Result<Self, AuthorityError> {
        let prepared = if Self::needed(plan) {
            prepare::prepare(settings, plan, ask_passphrase)?
        } else {
            prepare::for_own_links(settings, plan, ask_passphrase)?
        };
        let Prepared { access, keys, certifier, notices, own_agent, folder } = prepared;
        let identities = keys.offered.iter().map(mcom_credentials::PublicIdentity::to_line).collect();
        Ok(Self {
            handout: Handout { identities, access },
            ways: plan.host_ids().map(|host| plan.credentials_of(host)).collect(),
            names: plan.hosts.iter().map(|host| host.name.clone()).collect(),
            keys: Arc::new(keys),
            certifier: certifier.map(Arc::new),
            notices,
            signed: BTreeSet::new(),
            logins: Logins::default(),
            granted: BTreeMap::new(),
            own_agent,
            _folder: folder,
        })
    }

    /// The coordinator's private agent, for its own links: the `IdentityAgent` of their ssh. None where the operator's
    /// own agent and key files serve as they are.
    pub fn agent_socket(&self) -> Option<&Path> {
        self.own_agent.as_ref().map(OwnAgent::socket)
    }

    /// What the operator should know: a line each.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }

    fn access(&self, host: HostId) -> Option<&Access> {
        self.handout.access.get(host.0 as usize)?.as_deref()
    }

    /// Judges a login. What may be signed is kept for when that is recorded.
    fn judge_login(&mut self, asked: &Asked, access: &Access) -> Verdict {
        let known = Known { access, identities: &self.keys.offered, signed: &self.signed, now_s: now_s() };
        match authorise(&asked.edge, &known, &asked.bind, &asked.request) {
            Ok(grant) => {
                self.signed.insert(grant.session_id.clone());
                let verdict = grant.verdict();
                let grant = Box::new(grant);
                self.granted.insert(asked.ticket, Granted::Login { host: asked.child, by: asked.parent, grant });
                verdict
            }
            Err(refusal) => Verdict::Refused { reason: refusal.reason() },
        }
    }

    fn judge_certificate(&mut self, asked: &Asked, access: &Access) -> Verdict {
        if self.certifier.is_none() {
            return refused("no certificate authority is set for this run");
        }
        let key = match authorise_certificate(&asked.edge, &asked.request) {
            Ok(key) => key,
            Err(refusal) => return Verdict::Refused { reason: refusal.reason() },
        };
        let Some(parent) = self.names.get(asked.parent.0 as usize).cloned() else {
            return refused("its parent is none of the plan");
        };
        let verdict = Verdict::Granted { user: access.user.clone(), key: key.fingerprint(), host_key: None };
        let address = self.access(asked.parent).map_or_else(|| parent.clone(), |access| access.address.clone());
        let wanted = Wanted { key, user: access.user.clone(), parent, address, number: asked.ticket };
        self.granted.insert(asked.ticket, Granted::Certificate(Box::new(wanted)));
        verdict
    }

    fn sign(&mut self, host: HostId, by: HostId, grant: Grant) -> Granting {
        let access = |host: HostId| self.handout.access.get(host.0 as usize)?.as_deref().cloned();
        let way = self.logins.way(by, &grant.bind, self.own_agent.as_ref(), access, now_s());
        self.logins.add(host, by, grant.bind);
        let keys = Arc::clone(&self.keys);
        Box::pin(async move {
            let Some(signer) = keys.signer(grant.key.blob()) else {
                return Err(failed("the key is not here any more"));
            };
            signer.sign(&grant.sign, &way).await.map_err(failed)
        })
    }
}

impl Authority for OperatorAuthority {
    fn handout(&self) -> Handout {
        self.handout.clone()
    }

    fn judge(&mut self, asked: &Asked) -> Verdict {
        let way = self.ways.get(asked.child.0 as usize);
        let Some(access) = self.access(asked.child).cloned() else {
            return refused("the plan lets no parent log in on this host");
        };
        match (asked.kind, way) {
            (AskKind::Signature, Some(Credentials::Auto | Credentials::Relay)) => self.judge_login(asked, &access),
            (AskKind::Certificate, Some(Credentials::Certificate)) => self.judge_certificate(asked, &access),
            _ => refused("the plan has this host reached in another way"),
        }
    }

    fn grant(&mut self, ticket: u32) -> Granting {
        match self.granted.remove(&ticket) {
            Some(Granted::Login { host, by, grant }) => self.sign(host, by, *grant),
            Some(Granted::Certificate(wanted)) => {
                let certifier = self.certifier.clone();
                Box::pin(async move {
                    let certifier = certifier.ok_or_else(|| failed("no certificate authority is set"))?;
                    certifier.certify(&wanted).await.map_err(failed)
                })
            }
            None => Box::pin(async { Err(failed("this was not granted")) }),
        }
    }
}

/// What a parent may not have.
fn refused(why: &str) -> Verdict {
    Verdict::Refused { reason: Reason::new(ReasonKind::CredentialRefused, why) }
}

/// The key could not sign: the operator's side, and no parent, is to blame.
fn failed(why: impl Into<String>) -> Reason {
    Reason::new(ReasonKind::AgentRefused, why.into())
}
