//! The ssh client of one run: a private folder with the generated configuration and the sockets of all masters.

use crate::ssh::config::{self, ConfigError, SshSettings};
use crate::ssh::connection::Connection;
use crate::ssh::leftovers;
use crate::ssh::mux::{self, Leaving};
use mcom_engine::tree::LinkFailure;
use mcom_model::HostSpec;
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
}

impl SshClient {
    /// Writes the configuration that `settings` ask for, and clears away what earlier clients left that were killed.
    pub fn new(settings: &SshSettings) -> Result<Arc<Self>, SshSetupError> {
        let text = config::render(settings)?;
        let place = socket_place();
        let unusable = |source| SshSetupError::Folder { folder: place.clone(), source };
        leftovers::clear(&place);
        let private = Permissions::from_mode(0o700);
        let folder = tempfile::Builder::new()
            .prefix(leftovers::PREFIX)
            .permissions(private)
            .tempdir_in(&place)
            .map_err(unusable)?;
        leftovers::claim(folder.path());
        let connect_timeout = settings.connect_timeout;
        let client = Self { folder, connect_timeout, made: AtomicU32::new(0), leaving: Mutex::new(Vec::new()) };
        std::fs::write(client.config(), text).map_err(unusable)?;
        Ok(Arc::new(client))
    }

    /// The private folder: the configuration, and the sockets and logs of all masters. Removed with the client.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Connects and authenticates. Dropping the future, or the connection, ends the process behind it.
    pub async fn connect(self: &Arc<Self>, host: &HostSpec) -> Result<Connection, LinkFailure> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        Connection::make(Arc::clone(self), number, host).await
    }

    /// Waits until every master that was told to end has gone.
    pub fn close(&self) {
        let until = Instant::now() + LEAVING_TIME;
        for leaving in std::mem::take(&mut *self.leaving.lock().unwrap_or_else(PoisonError::into_inner)) {
            leaving.wait(until);
        }
    }

    pub(super) fn config(&self) -> PathBuf {
        self.folder.path().join("config")
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

/// The folder for temporary files, unless its path is too long to hold sockets.
fn socket_place() -> PathBuf {
    let wanted = std::env::temp_dir();
    if wanted.as_os_str().len() <= LONGEST_FOLDER { wanted } else { PathBuf::from("/tmp") }
}
