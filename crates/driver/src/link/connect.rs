//! How a host is reached: over ssh, or as a process of this machine.

use crate::bootstrap::{self, NodeStore};
use crate::link::hello::Opened;
use crate::link::local::LocalNodes;
use crate::link::petition::Petitioner;
use crate::ssh::SshClient;
use mcom_engine::tree::{LinkFailure, Reach};
use mcom_model::HostSpec;
use std::sync::Arc;

/// A host to be reached, and with whose credentials.
#[derive(Clone, Debug)]
pub struct Target {
    /// The host.
    pub host: HostSpec,
    /// With whose credentials.
    pub reach: Reach,
}

/// Makes links to children.
#[derive(Debug)]
pub enum Connector {
    /// Over ssh; nodes that are missing are put there.
    Ssh {
        /// Makes the connections.
        client: Arc<SshClient>,
        /// The nodes to put there.
        nodes: NodeStore,
    },
    /// As processes of this machine.
    Local(LocalNodes),
}

impl Connector {
    /// Reaches a host and has its node say hello.
    pub(super) async fn open(&self, target: &Target, _petitioner: &mut Petitioner) -> Result<Opened, LinkFailure> {
        match self {
            Self::Ssh { client, nodes } => bootstrap::open(client.connect(&target.host).await?, nodes).await,
            Self::Local(nodes) => nodes.open(&target.host).await,
        }
    }
}
