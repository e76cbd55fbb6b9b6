//! Why nobody can hold the keys of a run: said before anything starts.

use crate::bootstrap::NodeStoreError;
use crate::ssh::SshSetupError;
use std::path::PathBuf;

/// Why a run cannot let its parents log in with the operator's keys.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// The settings make no configuration, or there is no place for sockets.
    #[error(transparent)]
    Setup(#[from] SshSetupError),
    /// The nodes that certificates are for cannot be read.
    #[error(transparent)]
    Nodes(#[from] NodeStoreError),
    /// `ssh` cannot be run.
    #[error("cannot run ssh: {0}: install OpenSSH's client on this machine")]
    NoSsh(std::io::Error),
    /// `ssh` makes nothing of its configuration.
    #[error("ssh -G says about {host}: {said}: mend the configuration of ssh that this names")]
    Configuration {
        /// The host that was asked about.
        host: String,
        /// What ssh printed.
        said: String,
    },
    /// There is no key to log in with.
    #[error("no SSH key to log in with on the children:{}", lines(causes))]
    NoIdentity {
        /// What was looked at, and why there is none in it.
        causes: Vec<String>,
        /// What to type, one line each.
        mends: Vec<String>,
    },
    /// The key of the certificate authority cannot be used.
    #[error("the key of the certificate authority, {key}: {why}: see [certificate] ca in the configuration")]
    Ca {
        /// As set.
        key: String,
        /// What is wrong with it.
        why: String,
    },
    /// A socket for the coordinator's own agent cannot be made.
    #[error("cannot make a socket in {folder}: {source}: set TMPDIR to a folder that can be written")]
    Socket {
        /// Where it was to be.
        folder: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

fn lines(causes: &[String]) -> String {
    causes.iter().map(|cause| format!("\n- {cause}")).collect()
}
