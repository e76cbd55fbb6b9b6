//! Copies of `ssh` and `sshd` that lack one of their extensions, as those of older systems do: its name in the program
//! is replaced by another of the same length, so that nobody knows it any more.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::error::{FleetError, at};

/// What sshd says when it takes logins that are bound to its host key. OpenSSH has it since 8.9.
const HOSTBOUND: &str = "publickey-hostbound@openssh.com";

/// What ssh tells an agent about the connection that it is used for. OpenSSH has it since 8.9.
const SESSION_BIND: &str = "session-bind@openssh.com";

/// A copy at `to` of this `sshd`, which takes plain public keys alone, like one before OpenSSH 8.9.
pub fn sshd_without_hostbound(sshd: &Path, to: &Path) -> Result<(), FleetError> {
    copy_without(sshd, HOSTBOUND, to)
}

/// A copy at `to` of the machine's `ssh`, which tells agents nothing, like one before OpenSSH 8.9. It still calls itself
/// by the version that it has.
pub fn ssh_without_session_bind(to: &Path) -> Result<(), FleetError> {
    copy_without(&find_ssh()?, SESSION_BIND, to)
}

fn find_ssh() -> Result<PathBuf, FleetError> {
    let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/local/bin:/usr/bin:/bin".into());
    let found = std::env::split_paths(&path).map(|folder| folder.join("ssh")).find(|ssh| ssh.is_file());
    found.ok_or(FleetError::Missing { program: "ssh", package: "openssh-client" })
}

fn copy_without(program: &Path, extension: &str, to: &Path) -> Result<(), FleetError> {
    let mut bytes = std::fs::read(program).map_err(at(program))?;
    let name = extension.as_bytes();
    let found: Vec<usize> =
        (0..bytes.len().saturating_sub(name.len())).filter(|&at| bytes[at..].starts_with(name)).collect();
    if found.is_empty() {
        let said = format!("{} knows no {extension}", program.display());
        return Err(FleetError::Program { program: "the search for an extension", said });
    }
    for at in found {
        bytes[at..at + 7].copy_from_slice(b"unknown");
    }
    std::fs::write(to, bytes).map_err(at(to))?;
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o755)).map_err(at(to))
}
