//! Where a child is, seen from its parent: the coordinator may see another address of it than its neighbours do.
//!
//! The configuration for links inside of datacenters says it, where one is set; of that file nothing else is used.

use crate::ssh::config::expand_home;
use crate::ssh::lent::internal;
use mcom_engine::tree::LinkFailure;
use mcom_model::{Access, HostSpec};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;
use tokio::time::timeout;

/// The port that ssh goes to where nothing says another.
const USUAL_PORT: u16 = 22;

/// For ssh to read its configuration, which may ask programs (`Match exec`).
const READING: Duration = Duration::from_secs(10);

/// What ssh connects to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) address: String,
    pub(super) port: u16,
}

impl Place {
    /// As the coordinator knows it.
    fn of(access: &Access) -> Self {
        Self { address: access.address.clone(), port: access.port }
    }

    /// What `ssh -G` says goes before what the coordinator knows; the inventory before both.
    fn said(host: &HostSpec, access: &Access, answer: &str) -> Self {
        let value = |keyword: &str| {
            let mut lines = answer.lines().filter_map(|line| line.split_once(' '));
            lines.find(|(name, _)| *name == keyword).map(|(_, value)| value.trim())
        };
        let mut place = Self::of(access);
        if let Some(address) = value("hostname").filter(|address| host.address.is_none() && *address != host.name) {
            place.address = address.to_owned();
        }
        let port = value("port").and_then(|port| port.parse().ok());
        if let Some(port) = port.filter(|&port| host.port.is_none() && port != USUAL_PORT) {
            place.port = port;
        }
        place
    }
}

/// Where a child is: by the parent's file for such links, where one is set.
pub(super) async fn place(config: Option<&Path>, host: &HostSpec, access: &Access) -> Result<Place, LinkFailure> {
    let Some(config) = config.filter(|path| path.as_os_str() != "none") else { return Ok(Place::of(access)) };
    let mut ssh = Command::new("ssh");
    ssh.arg("-G").arg("-F").arg(expand_home(config)).args(["-l", &access.user, "--", &host.name]);
    let asked = timeout(READING, ssh.stdin(Stdio::null()).kill_on_drop(true).output()).await;
    let asked =
        asked.map_err(|_| internal(&format!("[ssh.inner] config {}", config.display()), &"ssh -G did not end"))?;
    let output = asked.map_err(|error| internal("ssh cannot be run", &error))?;
    if output.status.success() {
        return Ok(Place::said(host, access, &String::from_utf8_lossy(&output.stdout)));
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(internal(&format!("[ssh.inner] config {}", config.display()), &said.lines().last().unwrap_or("ssh -G failed")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(address: Option<&str>, port: Option<u16>) -> HostSpec {
        let address = address.map(str::to_owned);
        HostSpec { name: "mail1".into(), dc: 0, address, port, user: None, weight: 1, credentials: None }
    }

    fn access() -> Access {
        let (address, user, alias) = ("203.0.113.1".into(), "op".into(), "mail1".into());
        Access { address, port: 2200, user, alias, keys: vec![] }
    }

    fn at(address: &str, port: u16) -> Place {
        Place { address: address.into(), port }
    }

    #[test]
    fn the_inner_file_says_where_a_child_is_unless_the_inventory_does() {
        let answer = "user op\nhostname 10.0.0.1\nport 2022\n";
        assert_eq!(Place::said(&host(None, None), &access(), answer), at("10.0.0.1", 2022));
        assert_eq!(Place::said(&host(Some("203.0.113.1"), None), &access(), answer), at("203.0.113.1", 2022));
        assert_eq!(Place::said(&host(None, Some(2200)), &access(), answer), at("10.0.0.1", 2200));
    }

    #[test]
    fn what_the_file_leaves_out_is_as_the_coordinator_knows_it() {
        let answer = "hostname mail1\nport 22\n";
        assert_eq!(Place::said(&host(None, None), &access(), answer), at("203.0.113.1", 2200));
    }

    #[tokio::test]
    async fn a_file_that_cannot_be_read_is_said() {
        let config = Path::new("/nonexistent/inner");
        let failure = place(Some(config), &host(None, None), &access()).await.unwrap_err();
        let LinkFailure::Unreachable(reason) = failure else { panic!("{failure:?}") };
        assert!(reason.text.contains("[ssh.inner] config /nonexistent/inner"), "{}", reason.text);
    }
}
