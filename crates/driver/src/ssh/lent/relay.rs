//! Relay: ssh asks a private agent to sign its login, and the agent asks the coordinator.

use crate::agent::{AgentSocket, Line, serve};
use crate::ssh::client::SshClient;
use crate::ssh::connection::Connection;
use crate::ssh::lent::config::{Login, known_hosts};
use crate::ssh::lent::files::{self, LinkFolder};
use crate::ssh::lent::place::place;
use crate::ssh::lent::{Lent, explain, internal, not_granted, version, way};
use mcom_engine::tree::LinkFailure;
use mcom_model::{Access, HostSpec, Reason, ReasonKind};
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
        let number = client.number();
        let unusable = |error: std::io::Error| internal("the files of a link", &error);
        let folder = LinkFolder::make(client.folder().join(format!("{number}.d"))).map_err(unusable)?;
        let agent = AgentSocket::bind(&folder.join("agent")).map_err(unusable)?;
        let known = folder.join("known_hosts");
        files::write(&known, &known_hosts(access).ok_or_else(|| not_sayable(access))?).map_err(unusable)?;
        let identities: Vec<&Path> = self.files.iter().map(AsRef::as_ref).collect();
        let socket = folder.join("agent");
        let login = Login {
            agent: Some(&socket),
            identities: &identities,
            certificate: None,
            known_hosts: &known,
            alias: &access.alias,
        };
        let options = self.options().map_err(|error| internal("the options for ssh", &error))?;
        let config = folder.join("config");
        files::write(&config, &login.render(client.connect_timeout(), options)).map_err(unusable)?;
        let serving = async {
            match agent.accept().await {
                Ok(ssh) => serve(ssh, &self.identities, line).await,
                Err(_) => Ok(()),
            }
        };
        let made = tokio::select! {
            made = Connection::make(Arc::clone(client), way(number, config, host, &place, &access.user, folder)) => made,
            // It ends ssh, which would try what is left to it, and be refused by the host.
            Err(reason) = serving => return Err(not_granted(reason)),
        };
        made.map_err(|failure| explain(failure, access))
    }
}

/// What the coordinator said about a host cannot be written into a file of ssh's.
pub(super) fn not_sayable(access: &Access) -> LinkFailure {
    let text = format!("its keys cannot be looked up as {:?}: ssh would read it as something else", access.alias);
    LinkFailure::Refused(Reason::new(ReasonKind::SshFailed, text))
}
