//! By which keys the operator's ssh knows each host, and where it would keep a new one.

use crate::authority::configured::Configured;
use crate::authority::error::AuthorityError;
use crate::authority::hosts;
use crate::authority::probe::Prober;
use crate::authority::targets::{self, Target};
use crate::authority::tokens::{self, Tokens};
use crate::ssh::SshSettings;
use mcom_model::{HostId, Plan};
use std::path::PathBuf;

/// What ssh knows of one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownHost {
    /// The name that a line about it begins with.
    pub name: String,
    /// The keys, as lines without a name: `[@cert-authority |@revoked ]TYPE BASE64`.
    pub keys: Vec<String>,
    /// The file for further keys.
    pub file: Option<PathBuf>,
    /// Whether names are hashed there.
    pub hashed: bool,
}

/// Looks at what ssh knows of every host of a plan; none for those that it refuses to speak of. Touches no host.
pub fn known_hosts(long: &SshSettings, plan: &Plan) -> Result<Vec<Option<KnownHost>>, AuthorityError> {
    // The folder stays until ssh was asked.
    let Configured { folder: _folder, config, me, scan } = Configured::write(long)?;
    let all: Vec<HostId> = plan.host_ids().collect();
    let targets = targets::look(&Prober { config }, &scan, plan, &all)?.list;
    let access = hosts::access(&me, plan, &targets);
    let hosts = plan.hosts.iter().zip(targets).zip(access);
    Ok(hosts
        .map(|((spec, target), access)| {
            let (target, access) = (target?, access?);
            let file = first_file(&Tokens { me: &me, name: &spec.name, target: &target });
            Some(KnownHost { name: name_of(&target), keys: access.keys, file, hashed: target.setup.hashes_names })
        })
        .collect())
}

/// As ssh looks it up: an alias stands for itself, a port other than the usual one for itself and the host.
fn name_of(target: &Target) -> String {
    match (&target.alias, target.port) {
        (Some(alias), _) => alias.clone(),
        (None, 22) => target.hostname.clone(),
        (None, port) => format!("[{}]:{port}", target.hostname),
    }
}

fn first_file(tokens: &Tokens<'_>) -> Option<PathBuf> {
    let users = tokens.target.setup.known_hosts.first()?;
    let exists = |text: &str| tokens.path(text).is_some_and(|path| path.exists());
    let first = tokens::paths(users, exists).into_iter().find(|text| text != "none")?;
    tokens.path(&first)
}
