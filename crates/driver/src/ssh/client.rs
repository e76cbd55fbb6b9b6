//! The ssh client of one run: a private folder with the generated configuration and the sockets of all masters.

use crate::agent::Line;
use crate::ssh::config::{self, ConfigError, SshSettings};
use crate::ssh::connection::{Connection, Way, host_arguments};
use crate::ssh::leftovers;
use crate::ssh::lent::Lent;
use crate::ssh::mux::{self, Leaving};
use crate::ssh::transit::Gateways;
use mcom_engine::tree::LinkFailure;
use mcom_model::{Access, AskKind, HostSpec, Reason, ReasonKind};
use std::fs::Permissions;
use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long the masters of a run have to go once they were told to; they need a few milliseconds.
const LEAVING_TIME: Duration = Duration::from_secs(2);

/// The name of the configuration in the folder.
const CONFIG: &str = "config";

/// Room in a socket's path for what `ssh` and this client add to the folder.
const LONGEST_FOLDER: usize = 60;

/// Why no connection can be made at all.
#[derive(Debug, thiserror::Error)]
pub enum SshSetupError {
    /// The settings make no configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The folder for configuration and sockets cannot be made.
    #[error("cannot keep ssh's sockets in {folder}: {source}: set TMPDIR to a folder that can be written")]
    Folder {
        /// Where it was to be.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Makes the connections of one run, and sees to it that none of their masters outlives it.
#[derive(Debug)]
pub struct SshClient {
    folder: TempDir,
    connect_timeout: Duration,
    made: AtomicU32,
    leaving: Mutex<Vec<Leaving>>,
    gateways: Gateways,
    /// Where this is a parent.
    parent: Option<Parent>,
}

/// What the client of a parent has besides.
#[derive(Debug)]
struct Parent {
    lent: Lent,
    /// Why its own configuration cannot be used. Those who are let in by the coordinator do not look at it.
    own: Option<ConfigError>,
}

impl SshClient {
    /// Writes the configuration that `settings` ask for, and clears away what earlier clients left that were killed.
    pub fn new(settings: &SshSettings) -> Result<Arc<Self>, SshSetupError> {
        Self::with_agent(settings, None)
    }

    /// As [`SshClient::new`], for a coordinator whose links ask this agent before every other.
    pub fn with_agent(settings: &SshSettings, agent: Option<&Path>) -> Result<Arc<Self>, SshSetupError> {
        let text = config::render(settings)?;
        let agent = agent.map_or(String::new(), |agent| format!("IdentityAgent {}\n", config::quoted_value(agent)));
        Ok(Arc::new(Self::in_folder(private_folder()?, settings, &(agent + &text), None)?))
    }

    /// The client of a parent: besides its own configuration it has the public keys that the coordinator signs with.
    pub fn for_parent(settings: &SshSettings, identities: &[String]) -> Result<Arc<Self>, SshSetupError> {
        let (text, own) = match config::render(settings) {
            Ok(text) => (text, None),
            Err(error) => (String::new(), Some(error)),
        };
        let folder = private_folder()?;
        let unusable = |source| SshSetupError::Folder { folder: folder.path().to_owned(), source };
        let lent = Lent::new(folder.path(), settings, identities).map_err(unusable)?;
        Ok(Arc::new(Self::in_folder(folder, settings, &text, Some(Parent { lent, own }))?))
    }

    fn in_folder(
        folder: TempDir,
        settings: &SshSettings,
        config: &str,
        parent: Option<Parent>,
    ) -> Result<Self, SshSetupError> {
        let unusable = |source| SshSetupError::Folder { folder: folder.path().to_owned(), source };
        std::fs::write(folder.path().join(CONFIG), config).map_err(unusable)?;
        Ok(Self {
            folder,
            connect_timeout: settings.connect_timeout,
            made: AtomicU32::new(0),
            leaving: Mutex::default(),
            gateways: Gateways::default(),
            parent,
        })
    }

    /// The private folder: the configuration, and the sockets and logs of all masters. Removed with the client.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Connects and authenticates. Dropping the future, or the connection, ends the process behind it.
    pub async fn connect(self: &Arc<Self>, host: &HostSpec) -> Result<Arc<Connection>, LinkFailure> {
        if let Some(error) = self.parent.as_ref().and_then(|parent| parent.own.as_ref()) {
            let text = format!("on the parent: {error}");
            return Err(LinkFailure::Unreachable(Reason::new(ReasonKind::SshFailed, text)));
        }
        let arguments = host_arguments(host);
        let way = Way { number: self.number(), config: self.config(), arguments, kept: (None, None) };
        let connection = Arc::new(Connection::make(Arc::clone(self), way).await?);
        self.gateways.stands(&host.name, &connection);
        Ok(connection)
    }

    /// Connects with what the coordinator grants when it is asked over `line`.
    pub async fn connect_asking(
        self: &Arc<Self>,
        host: &HostSpec,
        kind: AskKind,
        access: &Access,
        line: &mut (impl Line + Send),
    ) -> Result<Arc<Connection>, LinkFailure> {
        let Some(Parent { lent, .. }) = &self.parent else {
            let text = "only parents ask for what they log in with";
            return Err(LinkFailure::Refused(Reason::new(ReasonKind::Internal, text)));
        };
        let connection = match kind {
            AskKind::Signature => lent.relay(self, host, access, line).await?,
            AskKind::Certificate => lent.certified(self, host, access, line).await?,
        };
        Ok(Arc::new(connection))
    }

    /// Waits until every master that was told to end has gone.
    pub fn close(&self) {
        let until = Instant::now() + LEAVING_TIME;
        for leaving in std::mem::take(&mut *self.leaving.lock().unwrap_or_else(PoisonError::into_inner)) {
            leaving.wait(until);
        }
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.path().join(CONFIG)
    }

    /// A number for a connection, and for its files.
    pub(super) fn number(&self) -> u32 {
        self.made.fetch_add(1, Ordering::Relaxed)
    }

    /// Where what `ssh` prints about a connection is kept.
    pub(super) fn log(&self, number: u32) -> PathBuf {
        self.folder.path().join(format!("{number}.log"))
    }

    pub(super) const fn gateways(&self) -> &Gateways {
        &self.gateways
    }

    pub(super) const fn connect_timeout(&self) -> Duration {
        self.connect_timeout
    }

    /// Tells a master to end.
    pub(super) fn dismiss(&self, master: Option<OwnedFd>, socket: &Path) {
        if let Some(leaving) = mux::dismiss(master, socket) {
            self.leaving.lock().unwrap_or_else(PoisonError::into_inner).push(leaving);
        }
    }
}

impl Drop for SshClient {
    fn drop(&mut self) {
        self.close();
    }
}

/// A folder for configuration and sockets that is this process's alone. Clears away what earlier programs left that were
/// killed.
pub(crate) fn private_folder() -> Result<TempDir, SshSetupError> {
    let place = socket_place();
    leftovers::clear(&place);
    let folder = tempfile::Builder::new()
        .prefix(leftovers::PREFIX)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(&place)
        .map_err(|source| SshSetupError::Folder { folder: place, source })?;
    leftovers::claim(folder.path());
    Ok(folder)
}

/// The folder for temporary files, unless its path is too long to hold sockets.
fn socket_place() -> PathBuf {
    let wanted = std::env::temp_dir();
    if wanted.as_os_str().len() <= LONGEST_FOLDER { wanted } else { PathBuf::from("/tmp") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(config: &str) -> SshSettings {
        let options = vec!["IdentityAgent=/of/the/operator".to_owned()];
        SshSettings { config: Some(config.into()), options, connect_timeout: Duration::from_secs(1) }
    }

    #[test]
    fn the_coordinators_own_agent_goes_before_every_other() {
        let client = SshClient::with_agent(&settings("none"), Some(Path::new("/a b/agent"))).unwrap();
        let output = std::process::Command::new("ssh").arg("-G").arg("-F").arg(client.config()).arg("h").output();
        let read = String::from_utf8(output.unwrap().stdout).unwrap();
        assert!(read.lines().any(|line| line == "identityagent /a b/agent"), "{read}");
    }

    #[tokio::test]
    async fn a_parents_own_configuration_counts_for_its_own_links_alone() {
        let missing = settings("/nonexistent/ssh_config");
        assert!(SshClient::new(&missing).is_err());
        let client = SshClient::for_parent(&missing, &[]).unwrap();
        let (name, address) = ("h".to_owned(), Some("127.0.0.1".to_owned()));
        let host = HostSpec { name, dc: 0, address, port: Some(1), user: None, weight: 1, credentials: None };
        let Err(LinkFailure::Unreachable(reason)) = client.connect(&host).await else { panic!("it is made") };
        assert!(reason.text.contains("/nonexistent/ssh_config"), "{reason}");
    }
}
