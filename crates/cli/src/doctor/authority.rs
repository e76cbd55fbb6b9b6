//! The certificate authority: its public key, and the line that lets parents in on a host.

use crate::config::Settings;
use crate::doctor::Finding;
use crate::error::{CliError, ErrorKind, plain};
use crate::run::user;
use mcom_credentials::{KeyFile, PublicIdentity};
use mcom_driver::authority::CaKey;
use std::path::{Path, PathBuf};
use std::process::Command;
use zeroize::Zeroizing;

/// What a host needs, where a certificate authority is configured: a line for `authorized_keys`, and the other way as a
/// comment.
pub fn authority_lines(settings: &Settings, of: Option<&str>) -> Result<String, CliError> {
    let Some(setting) = settings.certificate.ca.value.as_deref() else {
        return Err(CliError::new(ErrorKind::Config, "no certificate authority is configured")
            .hint("make its key: ssh-keygen -t ed25519 -f ~/.ssh/mcom_ca -C mcom_ca")
            .hint("name it in the configuration: [certificate] ca = \"~/.ssh/mcom_ca\""));
    };
    let key = public_key(setting).map_err(|why| {
        CliError::new(ErrorKind::Config, format!("the key of the certificate authority, {setting}: {why}"))
            .hint("name another: [certificate] ca in the configuration")
    })?;
    let user = of.map(str::to_owned).or_else(|| settings.ssh.user.value.clone()).unwrap_or_else(user);
    let key = key.to_line();
    Ok(format!(
        "cert-authority,principals=\"{user}\" {key}\n# or for every user, in sshd_config: TrustedUserCAKeys \
         /etc/ssh/mcom_ca.pub; and in that file: {key}\n"
    ))
}

pub(super) fn authority(settings: &Settings) -> Option<Finding> {
    let setting = settings.certificate.ca.value.as_deref()?;
    Some(match public_key(setting) {
        Ok(key) => Finding::ok("certificates", format!("by {} {}", key.algorithm(), key.fingerprint())),
        Err(why) => Finding::problem("certificates", format!("{setting}: {why}"), "correct [certificate] ca"),
    })
}

fn public_key(setting: &str) -> Result<PublicIdentity, String> {
    match CaKey::read(setting) {
        CaKey::File(path) => of_file(&path),
        CaKey::Agent(fingerprint) => of_agent(&fingerprint),
    }
}

/// The key beside the private one, or the public half in it.
fn of_file(path: &Path) -> Result<PublicIdentity, String> {
    let beside = PathBuf::from(format!("{}.pub", path.display()));
    if let Ok(line) = std::fs::read_to_string(&beside) {
        return PublicIdentity::from_line(line.trim()).map_err(|error| format!("{}: {error}", beside.display()));
    }
    let text = std::fs::read(path).map(Zeroizing::new).map_err(|error| plain(&error))?;
    let key = KeyFile::parse(&text).map_err(|error| error.to_string())?;
    Ok(key.public().clone())
}

fn of_agent(fingerprint: &str) -> Result<PublicIdentity, String> {
    let said = Command::new("ssh-add").arg("-L").output().map_err(|error| plain(&error))?;
    let keys = String::from_utf8_lossy(&said.stdout).into_owned();
    let keys = keys.lines().filter_map(|line| PublicIdentity::from_line(line).ok());
    keys.into_iter().find(|key| key.fingerprint() == fingerprint).ok_or_else(|| "the agent has no such key".to_owned())
}
