//! One authenticated connection: a master process that sessions are opened on.

use crate::ssh::classify::{classify, connection_lost};
use crate::ssh::client::SshClient;
use crate::ssh::lent::LinkFolder;
use crate::ssh::mux;
use mcom_engine::tree::LinkFailure;
use mcom_model::{HostSpec, Reason, ReasonKind};
use openssh::{Child, Session, Stdio};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// Time for what `ConnectTimeout` does not count: authentication, and a name service that is slow to answer.
pub(super) const LOGIN_TIME: Duration = Duration::from_secs(30);

/// For a session that sshd refuses to be tried again.
const SESSION_TIME: Duration = Duration::from_secs(1);

/// Bytes of ssh's log that are looked at: its last words are what counts.
const LOG_BYTES: u64 = 8 << 10;

/// A remote command that runs, with its three streams.
pub type RemoteCommand = Child<Arc<Session>>;

/// An authenticated connection. Dropping it tells its master to end.
///
/// The master is started here and not by [`openssh::SessionBuilder`], which leaves the process behind when
/// the attempt to connect is given up; sessions on it are the crate's.
#[derive(Debug)]
pub struct Connection {
    client: Arc<SshClient>,
    socket: PathBuf,
    log: PathBuf,
    session: Arc<Session>,
    master: Option<OwnedFd>,
    /// What goes with it, after its master was told to end.
    way: Way,
}

/// How `ssh` is called for one connection.
#[derive(Debug)]
pub(super) struct Way {
    /// The connection's number in its client.
    pub(super) number: u32,
    /// Its `-F`.
    pub(super) config: PathBuf,
    /// What names the host and how to get there.
    pub(super) arguments: Vec<String>,
    /// Files of this connection alone, and the connection that it goes through: they go with it.
    #[expect(dead_code, reason = "kept to be dropped")]
    pub(super) kept: (Option<LinkFolder>, Option<Arc<Connection>>),
}

impl Connection {
    pub(super) async fn make(client: Arc<SshClient>, way: Way) -> Result<Self, LinkFailure> {
        Self::make_saying(client, way).await.map_err(|(failure, _)| failure)
    }

    /// As [`Connection::make`]; a failure comes with what `ssh` has printed.
    pub(super) async fn make_saying(client: Arc<SshClient>, way: Way) -> Result<Self, (LinkFailure, String)> {
        let socket = client.folder().join(way.number.to_string());
        let log = client.log(way.number);
        let session = Arc::new(Session::resume_mux(socket.clone().into_boxed_path(), None));
        // Made before the process starts: whenever this is given up, its drop ends a master that is up by then.
        let mut connection = Self { client, socket, log, session, master: None, way };
        let failure = match connection.start_master().await {
            Ok(status) if status.success() => {
                connection.master = mux::master(&connection.socket).await;
                return Ok(connection);
            }
            Ok(_) => classify(&connection.printed()),
            Err(failure) => failure,
        };
        Err((failure, connection.printed()))
    }

    /// Starts a command, which goes to the login shell as it is. Its three streams are pipes.
    ///
    /// Where sshd allows one session at a time, the one before may need a moment until it is counted as ended.
    pub async fn command(&self, command: &str) -> Result<RemoteCommand, openssh::Error> {
        let until = Instant::now() + SESSION_TIME;
        let mut pause = Duration::from_millis(10);
        loop {
            match self.try_command(command).await {
                Err(openssh::Error::SshMux(_)) if Instant::now() < until => {}
                started => return started,
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }

    async fn try_command(&self, command: &str) -> Result<RemoteCommand, openssh::Error> {
        Session::to_raw_command(Arc::clone(&self.session), command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .await
    }

    /// How long a host may take to log in and to say its first words.
    pub fn patience(&self) -> Duration {
        self.client.connect_timeout() + LOGIN_TIME
    }

    /// A session could not be opened.
    pub fn session_failed(&self, error: &openssh::Error) -> LinkFailure {
        match error {
            openssh::Error::Disconnected => self.lost("the connection broke before the node was started"),
            other => LinkFailure::Unreachable(Reason::new(ReasonKind::SshFailed, whole(other))),
        }
    }

    /// The connection broke before a node spoke. `said` serves where ssh says nothing.
    pub fn lost(&self, said: &str) -> LinkFailure {
        LinkFailure::Unreachable(connection_lost(&self.printed(), said))
    }

    /// What `ssh` has printed about this connection so far.
    pub fn printed(&self) -> String {
        read_tail(&self.log, 0).unwrap_or_default()
    }

    /// How much that is by now.
    pub(super) fn printed_bytes(&self) -> u64 {
        std::fs::metadata(&self.log).map_or(0, |log| log.len())
    }

    /// What has come since it was so much.
    pub(super) fn printed_since(&self, bytes: u64) -> String {
        read_tail(&self.log, bytes).unwrap_or_default()
    }

    /// Whether its master is there.
    pub(super) async fn is_alive(&self) -> bool {
        mux::alive(&self.socket).await.is_some()
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Runs `ssh` until it has authenticated: it then goes to the background, as the master of this connection.
    async fn start_master(&self) -> Result<ExitStatus, LinkFailure> {
        let started = self.master_command().and_then(|mut command| command.spawn());
        let mut ssh = started.map_err(|error| cannot_start(&error))?;
        let patience = self.patience();
        match tokio::time::timeout(patience, ssh.wait()).await {
            Ok(status) => status.map_err(|error| cannot_start(&error)),
            Err(_) => {
                let text = format!("ssh did not log in within {} s", patience.as_secs());
                Err(LinkFailure::Unreachable(Reason::new(ReasonKind::ConnectTimeout, text)))
            }
        }
    }

    fn master_command(&self) -> std::io::Result<Command> {
        // Programs that ssh itself starts (ProxyJump's ssh) print to the same file, so their words are kept too.
        let log = File::options().create(true).append(true).open(&self.log)?;
        let mut ssh = Command::new("ssh");
        ssh.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(log).kill_on_drop(true);
        // A key typed to interrupt this program is this program's to answer.
        ssh.process_group(0);
        ssh.arg("-F").arg(&self.way.config);
        ssh.arg("-S").arg(&self.socket).arg("-E").arg(&self.log).args(["-M", "-f", "-N"]);
        ssh.args(&self.way.arguments);
        Ok(ssh)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.client.dismiss(self.master.take(), &self.socket);
    }
}

/// What is particular to a host. An inventory's name stays the one that keys are looked up by.
pub fn host_arguments(host: &HostSpec) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut add = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
    if let Some(address) = &host.address {
        // `ssh` replaces %h and the like in it.
        add("-o", format!("HostName={}", address.replace('%', "%%")));
        add("-o", format!("HostKeyAlias={}", host.name));
    }
    if let Some(port) = host.port {
        add("-p", port.to_string());
    }
    if let Some(user) = &host.user {
        add("-l", user.clone());
    }
    arguments.extend(["--".to_owned(), host.name.clone()]);
    arguments
}

/// An error with everything behind it.
fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

fn cannot_start(error: &std::io::Error) -> LinkFailure {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => ReasonKind::ToolMissing,
        _ => ReasonKind::SshFailed,
    };
    LinkFailure::Unreachable(Reason::new(kind, format!("cannot run ssh: {error}")))
}

fn read_tail(path: &Path, from: u64) -> std::io::Result<String> {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut file = File::open(path)?;
    let len = file.metadata()?.len();
    file.seek(SeekFrom::Start(from.max(len.saturating_sub(LOG_BYTES))))?;
    let mut bytes = Vec::new();
    file.take(LOG_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_named_on_the_command_line() {
        let plain = HostSpec {
            name: "-oProxyCommand=x".into(),
            dc: 0,
            address: None,
            port: None,
            user: None,
            weight: 1,
            credentials: None,
        };
        assert_eq!(host_arguments(&plain), ["--", "-oProxyCommand=x"]);
        let full = HostSpec {
            name: "mail1".into(),
            address: Some("fe80::1%eth0".into()),
            port: Some(2222),
            user: Some("op".into()),
            ..plain
        };
        let expected =
            ["-o", "HostName=fe80::1%%eth0", "-o", "HostKeyAlias=mail1", "-p", "2222", "-l", "op", "--", "mail1"];
        assert_eq!(host_arguments(&full), expected);
    }
}
