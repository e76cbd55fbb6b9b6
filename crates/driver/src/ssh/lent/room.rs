//! What stands ready for the ssh of one link: a folder with the host's keys and the configuration, and how it is called.

use crate::ssh::client::SshClient;
use crate::ssh::connection::Way;
use crate::ssh::lent::config::{Login, known_hosts};
use crate::ssh::lent::files::{self, LinkFolder};
use crate::ssh::lent::place::Place;
use crate::ssh::lent::{Lent, internal};
use mcom_engine::tree::LinkFailure;
use mcom_model::{Access, HostSpec, Reason, ReasonKind};
use std::path::PathBuf;

/// The folder of one link, with the host's keys in it.
pub(super) struct Room {
    number: u32,
    pub(super) folder: LinkFolder,
    pub(super) known_hosts: PathBuf,
}

impl Room {
    pub(super) fn make(client: &SshClient, access: &Access) -> Result<Self, LinkFailure> {
        let number = client.number();
        let folder = LinkFolder::make(client.folder().join(format!("{number}.d"))).map_err(unusable)?;
        let known = folder.join("known_hosts");
        files::write(&known, &known_hosts(access).ok_or_else(|| not_sayable(access))?).map_err(unusable)?;
        Ok(Self { number, folder, known_hosts: known })
    }

    /// How ssh is called for the host. The folder goes with the link.
    pub(super) fn way(self, config: &str, host: &HostSpec, place: &Place, access: &Access) -> Result<Way, LinkFailure> {
        let Self { number, folder, .. } = self;
        let file = folder.join("config");
        files::write(&file, config).map_err(unusable)?;
        let mut arguments = Vec::new();
        let mut add = |flag: &str, value: String| arguments.extend([flag.to_owned(), value]);
        // `ssh` replaces %h and the like in it.
        add("-o", format!("HostName={}", place.address.replace('%', "%%")));
        add("-p", place.port.to_string());
        add("-l", access.user.clone());
        arguments.extend(["--".to_owned(), host.name.clone()]);
        Ok(Way { number, config: file, arguments, kept: (Some(folder), None) })
    }
}

impl Lent {
    /// The configuration that a login makes, with the operator's options.
    pub(super) fn config(&self, client: &SshClient, login: &Login<'_>) -> Result<String, LinkFailure> {
        let options = self.options().map_err(|error| internal("the options for ssh", &error))?;
        Ok(login.render(client.connect_timeout(), options))
    }
}

/// A file of a link could not be made.
pub(super) fn unusable(error: std::io::Error) -> LinkFailure {
    internal("the files of a link", &error)
}

/// What the coordinator said about a host cannot be written into a file of ssh's.
fn not_sayable(access: &Access) -> LinkFailure {
    let text = format!("its keys cannot be looked up as {:?}: ssh would read it as something else", access.alias);
    LinkFailure::Refused(Reason::new(ReasonKind::SshFailed, text))
}
