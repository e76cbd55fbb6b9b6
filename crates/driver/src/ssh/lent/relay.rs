//! Relay: ssh asks a private agent to sign its login, and the agent asks the coordinator.

use crate::agent::{AgentSocket, Line, serve};
use crate::ssh::client::SshClient;
use crate::ssh::connection::Connection;
use crate::ssh::lent::config::Login;
use crate::ssh::lent::place::place;
use crate::ssh::lent::room::{Room, unusable};
use crate::ssh::lent::{Lent, explain, not_granted, version};
use mcom_engine::tree::LinkFailure;
use mcom_model::{Access, HostSpec};
use std::path::Path;
use std::sync::Arc;

impl Lent {
    /// Connects to a host with a login that the coordinator signs.
    pub(in crate::ssh) async fn relay(
        &self,
        client: &Arc<SshClient>,
        host: &HostSpec,
        access: &Access,
        line: &mut impl Line,
    ) -> Result<Connection, LinkFailure> {
        if let Some(reason) = self.unfit.get_or_init(version::why_unfit).await {
            return Err(LinkFailure::Refused(reason.clone()));
        }
        let place = place(self.places.as_deref(), host, access).await?;
        let room = Room::make(client, access)?;
        let socket = room.folder.join("agent");
        let agent = AgentSocket::bind(&socket).map_err(unusable)?;
        let identities: Vec<&Path> = self.files.iter().map(AsRef::as_ref).collect();
        let login = Login {
            agent: Some(&socket),
            identities: &identities,
            certificate: None,
            known_hosts: &room.known_hosts,
            alias: &access.alias,
        };
        let config = self.config(client, &login)?;
        let way = room.way(&config, host, &place, access)?;
        let serving = async {
            match agent.accept().await {
                Ok(ssh) => serve(ssh, &self.identities, line).await,
                Err(_) => Ok(()),
            }
        };
        let made = tokio::select! {
            made = Connection::make(Arc::clone(client), way) => made,
            // It ends ssh, which would try what is left to it, and be refused by the host.
            Err(reason) = serving => return Err(not_granted(reason)),
        };
        made.map_err(|failure| explain(failure, access))
    }
}
