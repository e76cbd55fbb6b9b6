//! The operator's authority over one run: what is handed out, what is granted, and with which keys.

use crate::authority::error::AuthorityError;
use crate::authority::settings::AuthoritySettings;
use crate::run::{Authority, Granting};
use mcom_engine::tree::{Asked, Handout};
use mcom_model::{Credentials, HostId, Plan, Reason, ReasonKind, Verdict};
use mcom_wire::Secret;
use std::path::Path;

/// Asks the operator for the passphrase of a key file; none where nobody can be asked, or nothing was typed.
pub type AskPassphrase<'a> = &'a mut dyn FnMut(&Path) -> Option<Secret>;

/// The operator's keys, and what the operator's ssh knows about the hosts of one run.
#[derive(Debug)]
pub struct OperatorAuthority {
    handout: Handout,
    notices: Vec<String>,
}

impl OperatorAuthority {
    /// Whether any parent of this plan is to log in with what the coordinator grants.
    pub fn needed(plan: &Plan) -> bool {
        plan.host_ids().any(|host| is_reached_by_grant(plan, host))
    }

    /// Looks at the operator's ssh for the hosts of this plan: configuration, agent, key files, known_hosts. Touches no
    /// host.
    pub fn prepare(
        settings: &AuthoritySettings,
        plan: &Plan,
        ask_passphrase: AskPassphrase<'_>,
    ) -> Result<Self, AuthorityError> {
        let _ = (settings, plan, ask_passphrase);
        Ok(Self { handout: Handout::default(), notices: Vec::new() })
    }

    /// The coordinator's private agent, for its own links: the `IdentityAgent` of their ssh. None where the operator's
    /// own agent and key files serve as they are.
    pub fn agent_socket(&self) -> Option<&Path> {
        None
    }

    /// What the operator should know: a line each.
    pub fn notices(&self) -> &[String] {
        &self.notices
    }
}

/// Whether a parent may come to link this host with what the coordinator grants.
fn is_reached_by_grant(plan: &Plan, host: HostId) -> bool {
    let granted =
        matches!(plan.credentials_of(host), Credentials::Auto | Credentials::Relay | Credentials::Certificate);
    granted && plan.shape.depth != Some(1) && plan.dc_of(host).members.len() > 1
}

impl Authority for OperatorAuthority {
    fn handout(&self) -> Handout {
        self.handout.clone()
    }

    fn judge(&mut self, _asked: &Asked) -> Verdict {
        Verdict::Refused { reason: Reason::new(ReasonKind::CredentialRefused, "no key is held for this run") }
    }

    fn grant(&mut self, _ticket: u32) -> Granting {
        Box::pin(async { Err(Reason::new(ReasonKind::CredentialRefused, "no key is held for this run")) })
    }
}
