//! The operator's authority over a run: with whose keys, and by which certificate authority, parents get what they need
//! to log in on their children.

use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::output::say;
use crate::prompt;
use crate::run::ssh::{IDENTITY, at_home};
use mcom_driver::authority::{AuthorityError, AuthoritySettings, CaKey, CaSettings, OperatorAuthority};
use mcom_driver::bootstrap::NodeStore;
use mcom_driver::ssh::SshSettings;
use mcom_model::{Credentials, Plan, RunSpec};
use std::path::{Path, PathBuf};

/// The authority that a run needs; none where no parent asks for anything.
pub(super) fn authority(
    long: &SshSettings,
    plan: &Plan,
    spec: &RunSpec,
    nodes: &NodeStore,
    settings: &Settings,
) -> Result<Option<OperatorAuthority>, CliError> {
    if !OperatorAuthority::needed(plan) {
        return Ok(None);
    }
    let ca = ca(settings);
    if ca.is_none() && plan.host_ids().any(|id| plan.credentials_of(id) == Credentials::Certificate) {
        return Err(no_ca());
    }
    let of_run = AuthoritySettings {
        long: long.clone(),
        identity_files: long.options.iter().filter_map(|option| identity(option)).collect(),
        ca,
        run: spec.run.clone(),
        pinned: spec.pinned(),
        nodes: nodes.clone(),
    };
    let mut ask = |key: &Path| prompt::secret(&format!("passphrase of {}: ", key.display())).ok();
    let authority = OperatorAuthority::prepare(&of_run, plan, &mut ask).map_err(|error| not_prepared(&error))?;
    authority.notices().iter().for_each(|notice| say(&format!("mcom: {notice}\n")));
    Ok(Some(authority))
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
    CliError::new(kind, error.to_string())
}
