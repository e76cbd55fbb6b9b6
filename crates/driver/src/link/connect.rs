//! How a host is reached: over ssh, or as a process of this machine.

use crate::bootstrap::{self, Allowed, NodeStore};
use crate::link::hello::Opened;
use crate::link::local::LocalNodes;
use crate::link::petition::Petitioner;
use crate::ssh::{Connection, SshClient};
use mcom_engine::tree::{LinkFailure, Reach};
use mcom_model::{AskKind, HostSpec, Reason, ReasonKind};
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
    pub(super) async fn open(&self, target: &Target, petitioner: &mut Petitioner) -> Result<Opened, LinkFailure> {
        match self {
            Self::Ssh { client, nodes } => {
                let allowed = match target.reach {
                    Reach::Asked { kind: AskKind::Certificate, .. } => Allowed::OneNode,
                    _ => Allowed::Everything,
                };
                bootstrap::open(connect(client, target, petitioner).await?, nodes, allowed).await
            }
            Self::Local(nodes) => nodes.open(&target.host).await,
        }
    }
}

async fn connect(
    client: &Arc<SshClient>,
    target: &Target,
    petitioner: &mut Petitioner,
) -> Result<Arc<Connection>, LinkFailure> {
    let Target { host, reach } = target;
    match reach {
        Reach::Own => client.connect(host).await,
        Reach::Through(gateway) => client.connect_through(gateway, host).await,
        Reach::Asked { kind, access: Some(access) } => client.connect_asking(host, *kind, access, petitioner).await,
        Reach::Asked { access: None, .. } => {
            let text = "the coordinator has not said how to log in there";
            Err(LinkFailure::Refused(Reason::new(ReasonKind::CredentialRefused, text)))
        }
    }
}
