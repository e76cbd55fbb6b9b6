//! Why a fleet could not be brought up or commanded. Not: what hosts answer to those who log in.

use std::path::PathBuf;

/// Why an operation on a fleet failed.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// A program that a fleet is made of is not installed.
    #[error("{program} is not installed: install the package {package} (apt-get install {package})")]
    Missing {
        /// The program that was looked for.
        program: &'static str,
        /// The Debian package that has it.
        package: &'static str,
    },
    /// A file of the fleet could not be written or read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A program ended badly.
    #[error("{program} failed: {said}")]
    Program {
        /// The program.
        program: &'static str,
        /// What it printed.
        said: String,
    },
    /// An sshd did not come up.
    #[error("host {host} did not come up: {said}")]
    Host {
        /// The host.
        host: String,
        /// The end of its log.
        said: String,
    },
    /// No host of the fleet has this name.
    #[error("the fleet has no host {0}")]
    NoSuchHost(String),
    /// No datacenter of the fleet has this name.
    #[error("the fleet has no datacenter {0}")]
    NoSuchDatacenter(String),
    /// The folder of the fleet leaves no room for the paths of sockets below it.
    #[error("{path}: the path has {} bytes, at most {limit} leave room for socket names: give a shorter --dir", .path.as_os_str().len())]
    LongPath {
        /// The folder.
        path: PathBuf,
        /// The longest that is accepted.
        limit: usize,
    },
    /// The folder is in use, or is not a fleet's.
    #[error("{path}: {why}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A network of the fleet's own could not be made or commanded.
    #[error("the network of the fleet: {0}")]
    Network(String),
    /// What was asked for needs another kind of fleet.
    #[error("unsupported here: {what} needs {needs}")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
        /// What the fleet would have to be.
        needs: &'static str,
    },
    /// What was asked for needs root.
    #[error("unsupported here: {0} needs root")]
    NeedsRoot(&'static str),
}

/// Adds the path to an input or output error.
pub(crate) fn at(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> FleetError {
    let path = path.into();
    move |source| FleetError::File { path, source }
}
