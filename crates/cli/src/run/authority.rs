//! The operator's authority over a run: with whose keys, and by which certificate authority, parents get what they need
//! to log in on their children.

use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::prompt;
use crate::run::operator::Operator;
use crate::run::ssh::{IDENTITY, at_home};
use mcom_driver::authority::{AuthorityError, AuthoritySettings, CaKey, CaSettings, OperatorAuthority};
use mcom_driver::bootstrap::NodeStore;
use mcom_driver::ssh::SshSettings;
use mcom_model::{Credentials, Plan, RunSpec};
use std::path::{Path, PathBuf};

/// The authority that a run needs. Where no parent asks for anything, it has the keys for this machine's own links whose
/// passphrase was typed; what else these links lack is for ssh to say.
pub(super) fn authority(
    long: &SshSettings,
    plan: &Plan,
    spec: &RunSpec,
    nodes: &NodeStore,
    settings: &Settings,
    operator: &mut Operator,
) -> Result<Option<OperatorAuthority>, CliError> {
    let needed = OperatorAuthority::needed(plan);
    is_certified(plan, settings)?;
    let ca = ca(settings).filter(|_| needed);
    let of_run = AuthoritySettings {
        long: long.clone(),
        identity_files: long.options.iter().filter_map(|option| identity(option)).collect(),
        ca,
        run: spec.run.clone(),
        pinned: spec.pinned(),
        nodes: nodes.clone(),
    };
    operator.begin();
    let mut ask = |key: &Path| operator.passphrase(key, prompt::secret);
    let prepared = OperatorAuthority::prepare(&of_run, plan, &mut ask);
    if operator.has_interrupted() {
        return Err(CliError::interrupted());
    }
    let authority = match prepared {
        Err(_) if !needed => return Ok(None),
        prepared => prepared.map_err(|error| not_prepared(&error))?,
    };
    authority.notices().iter().for_each(|notice| operator.tell(notice.to_string()));
    Ok(Some(authority))
}

/// Refuses certificates that nobody makes.
pub(super) fn is_certified(plan: &Plan, settings: &Settings) -> Result<(), CliError> {
    let certified = || plan.host_ids().any(|id| plan.credentials_of(id) == Credentials::Certificate);
    match settings.certificate.ca.value.is_none() && OperatorAuthority::needed(plan) && certified() {
        true => Err(no_ca()),
        false => Ok(()),
    }
}

/// Who certifies, as the configuration says.
fn ca(settings: &Settings) -> Option<CaSettings> {
    let key = settings.certificate.ca.value.as_deref()?;
    Some(CaSettings {
        key: CaKey::read(key),
        source: settings.certificate.source.value.clone(),
        valid: settings.certificate.valid(),
    })
}

/// The key file that an option names.
fn identity(option: &str) -> Option<PathBuf> {
    option.strip_prefix(IDENTITY).map(at_home)
}

fn no_ca() -> CliError {
    CliError::new(ErrorKind::Config, "credentials certificate: no certificate authority is configured")
        .hint("name its key in the configuration: [certificate] ca = \"~/.ssh/mcom_ca\"")
        .hint("without one: --credentials auto")
}

fn not_prepared(error: &AuthorityError) -> CliError {
    let kind = match error {
        AuthorityError::NoSsh(_) => ErrorKind::NoSsh,
        AuthorityError::Configuration { .. } | AuthorityError::Ca { .. } => ErrorKind::Config,
        AuthorityError::Nodes(_) => ErrorKind::NoNode,
        AuthorityError::Setup(_) | AuthorityError::NoIdentity { .. } | AuthorityError::Socket { .. } => ErrorKind::File,
    };
    let mends = if let AuthorityError::NoIdentity { mends, .. } = error { mends.as_slice() } else { &[] };
    mends.iter().fold(CliError::new(kind, error.to_string()), CliError::hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_type_stands_below_the_causes() {
        let mends = vec!["load a key: ssh-add FILE".to_owned()];
        let error = AuthorityError::NoIdentity { causes: vec!["no agent is set".into(), "/k is locked".into()], mends };
        let text = not_prepared(&error).to_string();
        let wanted = "mcom: no SSH key to log in with on the children:\n- no agent is set\n- /k is locked\n  load a key: \
                      ssh-add FILE\n";
        assert_eq!(text, wanted);
    }
}
