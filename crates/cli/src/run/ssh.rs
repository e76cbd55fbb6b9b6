//! What makes links: the system's ssh and the nodes beside this program, both looked for before anything starts.

use crate::args::SshArgs;
use crate::config::{LinkSettings, Settings};
use crate::error::{CliError, ErrorKind};
use crate::run::authority::authority;
use crate::run::operator::Operator;
use crate::trust::trusted;
use mcom_driver::authority::OperatorAuthority;
use mcom_driver::bootstrap::NodeStore;
use mcom_driver::link::Connector;
use mcom_driver::ssh::{SshClient, SshSettings};
use mcom_ledger::LongLinks;
use mcom_model::{InnerLinks, Plan, RunLimits, RunSpec};
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// What hosts are reached with.
pub struct Reach {
    /// Makes the connections; must be closed when the run is over.
    pub client: Arc<SshClient>,
    /// Makes links of them.
    pub connector: Arc<Connector>,
    /// Grants parents what they need to log in on their children, where this run has any that ask.
    pub authority: Option<OperatorAuthority>,
}

/// A way to reach the hosts of a plan. May ask the operator for the passphrase of a key.
pub fn reach(
    links: &LongLinks,
    plan: &Plan,
    spec: &RunSpec,
    settings: &Settings,
    operator: &mut Operator,
) -> Result<Reach, CliError> {
    let mut ssh = ssh_settings(links, &spec.limits)?;
    let exe = std::env::current_exe().map_err(|error| CliError::unreadable("this program", "itself", &error))?;
    let nodes = NodeStore::beside(&exe).map_err(|error| CliError::new(ErrorKind::NoNode, error.to_string()))?;
    let authority = authority(&ssh, plan, spec, &nodes, settings, operator)?;
    if let Some(socket) = authority.as_ref().and_then(OperatorAuthority::agent_socket) {
        // The first value that ssh reads wins.
        ssh.options.insert(0, format!("IdentityAgent={}", socket.display()));
    }
    let client = SshClient::new(&ssh).map_err(|error| CliError::new(ErrorKind::File, error.to_string()))?;
    Ok(Reach { client: Arc::clone(&client), connector: Arc::new(Connector::Ssh { client, nodes }), authority })
}

/// What an option says that names a key file.
pub(super) const IDENTITY: &str = "IdentityFile=";

/// What parents are told about the links inside a datacenter.
pub fn inner_links(settings: &Settings) -> InnerLinks {
    InnerLinks { config: settings.inner.config.value.clone(), options: options(&settings.inner, &[]) }
}

/// How the links from here are made: arguments over settings, in a form that means the same in any folder.
pub fn long_links(args: &SshArgs, settings: &Settings) -> LongLinks {
    let config = args.config.as_ref().or(settings.ssh.config.value.as_ref());
    let identities = args.identity.iter().chain(&settings.ssh_identity.value);
    let identities: Vec<String> = identities.map(|path| format!("{IDENTITY}{}", anywhere(path))).collect();
    let typed = [args.options.clone(), identities].concat();
    LongLinks { config: config.map(|path| anywhere(path)), options: options(&settings.ssh, &typed) }
}

/// A path of ssh's, for this program.
pub fn at_home(path: &str) -> PathBuf {
    match path.strip_prefix("~/").zip(std::env::var_os("HOME")) {
        Some((below, home)) => Path::new(&home).join(below),
        None => PathBuf::from(path),
    }
}

/// The path as it is found from any folder. `none` is a word of ssh's own, and `~/` the home of whoever reads it.
fn anywhere(path: &str) -> String {
    if path == "none" || path.starts_with("~/") {
        return path.to_owned();
    }
    std::path::absolute(path).map_or_else(|_| path.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// How ssh is set here; an error where there is none, or its configuration cannot be trusted.
pub fn ssh_settings(links: &LongLinks, limits: &RunLimits) -> Result<SshSettings, CliError> {
    if !is_in_path("ssh", std::env::var_os("PATH").as_deref()) {
        return Err(CliError::new(ErrorKind::NoSsh, "there is no `ssh` in PATH on this machine"));
    }
    if let Some(config) = links.config.as_deref().filter(|config| *config != "none") {
        // What it names as a ProxyCommand is run here.
        trusted("the ssh configuration", &at_home(config))?;
    }
    Ok(SshSettings {
        config: links.config.as_ref().map(PathBuf::from),
        options: links.options.clone(),
        connect_timeout: Duration::from_millis(limits.connect_timeout_ms),
    })
}

/// `ssh` takes the first value it reads, so what was typed stands before what was configured.
fn options(links: &LinkSettings, typed: &[String]) -> Vec<String> {
    let user = links.user.value.iter().map(|user| format!("User={user}"));
    typed.iter().chain(&links.options.value).cloned().chain(user).collect()
}

fn is_in_path(program: &str, path: Option<&OsStr>) -> bool {
    let is_program = |file: PathBuf| {
        std::fs::metadata(file).is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    };
    path.is_some_and(|path| std::env::split_paths(path).any(|dir: PathBuf| is_program(Path::new(&dir).join(program))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;

    #[test]
    fn programs_are_found_in_path_alone() {
        assert!(is_in_path("sh", Some(OsStr::new("/nonexistent:/bin"))));
        assert!(!is_in_path("sh", Some(OsStr::new("/nonexistent"))));
        assert!(!is_in_path("sh", None));
        assert!(!is_in_path("passwd", Some(OsStr::new("/etc"))), "a file that is no program");
    }

    #[test]
    fn a_configuration_is_found_from_any_folder() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(anywhere("ssh/config"), here.join("ssh/config").to_str().unwrap());
        for path in ["/etc/ssh/x", "none", "~/.ssh/config"] {
            assert_eq!(anywhere(path), path);
        }
    }

    #[test]
    fn typed_options_stand_first_and_the_configured_user_last() {
        let links = LinkSettings {
            user: Setting::built_in(Some("ops".into())),
            options: Setting::built_in(vec!["Compression=yes".into()]),
            ..LinkSettings::default()
        };
        assert_eq!(options(&links, &["Port=22".into()]), ["Port=22", "Compression=yes", "User=ops"]);
    }
}
