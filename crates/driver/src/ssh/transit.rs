//! Transit: hosts that are logged in on through the connection to another one, whose sshd sees ciphertext. One
//! connection to such a gateway serves all that go through it, its own link too.

use crate::ssh::classify::{blocked, connection_lost};
use crate::ssh::client::SshClient;
use crate::ssh::connection::{Connection, Way, host_arguments};
use mcom_engine::tree::LinkFailure;
use mcom_model::{HostSpec, Reason, ReasonKind};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::OnceCell;

/// A connection that stands may break while it is looked at; so may the one that is made in its place.
const TRIES: u32 = 3;

/// One attempt to reach a gateway, which all that want to go through it wait for.
type Attempt = Arc<OnceCell<Result<Weak<Connection>, LinkFailure>>>;

/// The connections that others may go through, by the names of their hosts.
#[derive(Debug, Default)]
pub(super) struct Gateways {
    standing: Mutex<BTreeMap<String, Weak<Connection>>>,
    attempts: Mutex<BTreeMap<String, Attempt>>,
}

impl Gateways {
    /// A connection stands that was made for a link of its own.
    pub(super) fn stands(&self, host: &str, connection: &Arc<Connection>) {
        let mut standing = self.standing.lock().unwrap_or_else(PoisonError::into_inner);
        standing.retain(|_, connection| connection.strong_count() > 0);
        standing.insert(host.to_owned(), Arc::downgrade(connection));
    }

    fn standing(&self, host: &str) -> Option<Arc<Connection>> {
        self.standing.lock().unwrap_or_else(PoisonError::into_inner).get(host)?.upgrade()
    }

    fn attempt(&self, host: &str) -> Attempt {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(attempts.entry(host.to_owned()).or_default())
    }

    /// It is over: the next one begins anew.
    fn forget(&self, host: &str, attempt: &Attempt) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.get(host).is_some_and(|now| Arc::ptr_eq(now, attempt)) {
            attempts.remove(host);
        }
    }

    /// A connection to a gateway: the one that stands, or a new one.
    async fn reach(&self, client: &Arc<SshClient>, gateway: &HostSpec) -> Result<Arc<Connection>, LinkFailure> {
        for _ in 0..TRIES {
            let attempt = self.attempt(&gateway.name);
            // Kept until all who waited have theirs.
            let mut made = None;
            let reached = attempt
                .get_or_init(async || {
                    let connection = match self.standing(&gateway.name) {
                        Some(connection) if connection.is_alive().await => connection,
                        _ => client.connect(gateway).await?,
                    };
                    Ok(Arc::downgrade(made.insert(connection)))
                })
                .await;
            match reached.as_ref().map(Weak::upgrade) {
                Ok(Some(connection)) if connection.is_alive().await => return Ok(connection),
                Ok(_) => self.forget(&gateway.name, &attempt),
                Err(failure) => {
                    let failure = failure.clone();
                    self.forget(&gateway.name, &attempt);
                    return Err(failure);
                }
            }
        }
        let text = "its connection breaks as soon as it is made";
        Err(LinkFailure::Unreachable(Reason::new(ReasonKind::LinkLost, text)))
    }
}

impl SshClient {
    /// Connects to a host through another one. The operator's own configuration says how to log in on each of them, but
    /// for the way between the two.
    pub async fn connect_through(
        self: &Arc<Self>,
        gateway: &HostSpec,
        host: &HostSpec,
    ) -> Result<Arc<Connection>, LinkFailure> {
        let by = self.gateways().reach(self, gateway).await.map_err(|failure| {
            let (LinkFailure::Unreachable(reason) | LinkFailure::Refused(reason)) = failure;
            parent_lost(gateway, &reason.text)
        })?;
        let said_before = by.printed_bytes();
        let number = self.number();
        let stream = stream_command(by.socket(), &self.log(number));
        let mut arguments = vec!["-o".to_owned(), format!("ProxyCommand={stream}")];
        arguments.extend(host_arguments(host));
        let way = Way { number, config: self.config(), arguments, kept: (None, Some(Arc::clone(&by))) };
        match Connection::make_saying(Arc::clone(self), way).await {
            Ok(connection) => Ok(Arc::new(connection)),
            Err(_) if !by.is_alive().await => {
                Err(parent_lost(gateway, &connection_lost(&by.printed(), "its connection broke").text))
            }
            Err((failure, printed)) => {
                let blocked = blocked(&by.printed_since(said_before), &gateway.name);
                let blocked = blocked.filter(|_| printed.contains("Stdio forwarding request failed"));
                Err(blocked.unwrap_or_else(|| named(failure, &host.name)))
            }
        }
    }
}

/// Behind a stream, ssh does not know whom it speaks with.
fn named(failure: LinkFailure, host: &str) -> LinkFailure {
    let name = |reason: Reason| Reason::new(reason.kind, reason.text.replace("UNKNOWN port 65535", host));
    match failure {
        LinkFailure::Unreachable(reason) => LinkFailure::Unreachable(name(reason)),
        LinkFailure::Refused(reason) => LinkFailure::Refused(name(reason)),
    }
}

fn parent_lost(gateway: &HostSpec, why: &str) -> LinkFailure {
    LinkFailure::Unreachable(Reason::new(ReasonKind::ParentLost, format!("the parent {}: {why}", gateway.name)))
}

/// The command that opens a stream to the host over the gateway's master. Where that is gone, it must not log in on the
/// gateway by itself, so the way that it would take then leads nowhere. What it prints is kept in `log`, because ssh throws
/// away what such a command says.
pub fn stream_command(socket: &Path, log: &Path) -> String {
    // Once for the shell that runs it, once for ssh, which replaces %h and the like.
    let quoted = |path: &Path| path.to_string_lossy().replace('\'', r"'\''").replace('%', "%%");
    let (socket, log) = (quoted(socket), quoted(log));
    format!("ssh -F none -E '{log}' -o BatchMode=yes -o ProxyCommand=false -S '{socket}' -W '[%h]:%p' -- gateway")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_the_masters_socket_survives_shell_and_ssh() {
        let command = stream_command(Path::new("/tmp/it's 100%/0"), Path::new("/tmp/it's 100%/1.log"));
        for part in [r"-S '/tmp/it'\''s 100%%/0' ", r"-E '/tmp/it'\''s 100%%/1.log' "] {
            assert!(command.contains(part), "{command}");
        }
    }

    /// In brackets, a host is a pattern of one letter to most shells.
    #[test]
    fn no_file_that_lies_about_becomes_the_host() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("m:22"), "").unwrap();
        let command = stream_command(Path::new("/s"), Path::new("/l")).replace("%h", "mail1").replace("%p", "22");
        for shell in
            ["/bin/sh", "/bin/bash", "/bin/zsh", "/bin/csh"].into_iter().filter(|path| Path::new(path).exists())
        {
            let mut shell = std::process::Command::new(shell);
            let output = shell.args(["-c", &format!("echo {command}")]).current_dir(folder.path()).output().unwrap();
            let said = String::from_utf8(output.stdout).unwrap();
            assert!(said.ends_with("-W [mail1]:22 -- gateway\n"), "{said}");
        }
    }
}
