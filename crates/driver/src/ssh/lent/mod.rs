//! Links that a parent makes with what the coordinator grants it: by relay, where each login is signed above, or with a
//! certificate. Neither uses anything of the parent's own: no key, no agent, no configuration, no known_hosts.

mod certificate;
mod config;
mod files;
mod place;
mod relay;
mod room;
mod version;

pub(super) use files::LinkFolder;

use crate::ssh::classify::without_place;
use crate::ssh::config::{ConfigError, SshSettings, check_option};
use mcom_credentials::PublicIdentity;
use mcom_engine::tree::LinkFailure;
use mcom_model::{Access, Reason, ReasonKind};
use std::path::{Path, PathBuf};
use tokio::sync::OnceCell;

/// What all such links of one parent share.
#[derive(Debug)]
pub(super) struct Lent {
    /// The keys that the coordinator signs with.
    identities: Vec<PublicIdentity>,
    /// Where their public parts stand.
    files: Vec<PathBuf>,
    /// The operator's options for links inside of datacenters.
    options: Vec<String>,
    /// The parent's file that says where its children are, as it sees them.
    places: Option<PathBuf>,
    /// What keeps this machine's ssh from relaying, where something does; looked at once.
    unfit: OnceCell<Option<Reason>>,
    /// The key that certificates are asked for, made once.
    key: OnceCell<Result<PublicIdentity, Reason>>,
}

impl Lent {
    /// Keeps the public keys in `folder`, for ssh to find.
    pub(super) fn new(folder: &Path, settings: &SshSettings, identities: &[String]) -> std::io::Result<Self> {
        // A line that is no key here is one that this ssh could not offer either.
        let identities = identities.iter().filter_map(|line| PublicIdentity::from_line(line).ok()).collect::<Vec<_>>();
        let mut files = Vec::new();
        for (number, identity) in identities.iter().enumerate() {
            let file = folder.join(format!("identity-{number}.pub"));
            files::write(&file, &format!("{}\n", identity.to_line()))?;
            files.push(file);
        }
        let (options, places) = (settings.options.clone(), settings.config.clone());
        Ok(Self { identities, files, options, places, unfit: OnceCell::new(), key: OnceCell::new() })
    }

    /// The operator's options, without those that bring keys of their own.
    fn options(&self) -> Result<impl Iterator<Item = &str>, ConfigError> {
        self.options.iter().try_for_each(|option| check_option(option))?;
        Ok(self.options.iter().map(String::as_str).filter(|option| !config::brings_keys(option)))
    }
}

/// What came down instead of a signature or a certificate ends the link: no other parent would be given more.
fn not_granted(reason: Reason) -> LinkFailure {
    match reason.kind {
        ReasonKind::CredentialRefused | ReasonKind::RelayImpossible => LinkFailure::Refused(reason),
        _ => LinkFailure::Unreachable(reason),
    }
}

/// Says whose known_hosts it is that lacks a key: not the parent's, which is not looked at.
fn explain(failure: LinkFailure, access: &Access) -> LinkFailure {
    match failure {
        LinkFailure::Unreachable(reason) if reason.kind == ReasonKind::HostKeyUnknown => {
            let text = format!("{} (looked up as {} in the coordinator's known_hosts)", reason.text, access.alias);
            LinkFailure::Unreachable(Reason::new(reason.kind, text))
        }
        // ssh names the file that was made for this link.
        LinkFailure::Refused(reason) if reason.kind == ReasonKind::HostKeyChanged => {
            let seen = without_place(&reason.text);
            let text = format!("{seen} (looked up as {} in the coordinator's known_hosts)", access.alias);
            LinkFailure::Refused(Reason::new(reason.kind, text))
        }
        other => other,
    }
}

fn internal(what: &str, error: &dyn std::fmt::Display) -> LinkFailure {
    LinkFailure::Unreachable(Reason::new(ReasonKind::SshFailed, format!("on the parent: {what}: {error}")))
}
