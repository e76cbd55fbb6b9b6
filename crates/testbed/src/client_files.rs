//! What those who log in need: an ssh_config and known_hosts, and the inventory and configuration of mcom.
//! The formats of mcom's files are in this file and nowhere else in the crate.

use std::fmt::Write as _;

use crate::error::{FleetError, at};
use crate::host::Host;
use crate::layout::Layout;

/// Writes all of them.
pub(crate) fn write(layout: &Layout, user: &str, hosts: &[Host]) -> Result<(), FleetError> {
    let files = [
        (layout.known_hosts(), known_hosts(hosts)),
        (layout.ssh_config(), ssh_config(layout, user, hosts, Host::port)),
        (layout.inner_ssh_config(), ssh_config(layout, user, hosts, Host::inner_port)),
        (layout.inventory(), inventory(hosts)),
        (layout.mcom_config(), mcom_config(layout)),
    ];
    for (path, text) in files {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(at(folder))?;
        }
        std::fs::write(&path, text).map_err(at(&path))?;
    }
    std::fs::create_dir_all(layout.state_home()).map_err(at(layout.state_home()))
}

fn known_hosts(hosts: &[Host]) -> String {
    let mut text = String::new();
    for host in hosts {
        let _ = writeln!(text, "{},[{}]:{} {}", host.name(), host.address(), host.port(), host.public_key());
    }
    text
}

/// For `-F`, which keeps ssh from reading any file of the user's or the machine's.
/// There is one for the admin host and, the hosts being one machine, one for all links inside datacenters.
fn ssh_config(layout: &Layout, user: &str, hosts: &[Host], port: impl Fn(&Host) -> u16) -> String {
    let mut text = String::new();
    for host in hosts {
        let (name, address, port) = (host.name(), host.address(), port(host));
        let _ = writeln!(text, "Host {name}\n  HostName {address}\n  Port {port}\n  HostKeyAlias {name}");
        if let Some(login) = host.login() {
            let _ = writeln!(text, "  User {}", login.name);
        }
    }
    let (key, known) = (layout.client_key(), layout.known_hosts());
    let _ = write!(
        text,
        "Host *
  User {user}
  IdentityFile {}
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  UpdateHostKeys no
  PreferredAuthentications publickey
  ControlMaster no
",
        key.display(),
        known.display(),
    );
    text
}

fn inventory(hosts: &[Host]) -> String {
    let mut text = String::from("# The hosts of a test fleet.\n");
    for host in hosts {
        let (name, dc, address, port) = (host.name(), host.dc(), host.address(), host.port());
        let _ = write!(text, "\n[[hosts]]\npattern = \"{name}\"\ndc = \"{dc}\"\n");
        // Where the port depends on who logs in, the files of ssh alone say it.
        if host.inner_port() == port {
            let _ = write!(text, "address = \"{address}\"\nport = {port}\n");
        }
    }
    text
}

fn mcom_config(layout: &Layout) -> String {
    let (ssh, inner, inventory) = (layout.ssh_config(), layout.inner_ssh_config(), layout.inventory());
    format!(
        "# mcom's configuration for a test fleet.\n\
         inventory = \"{inventory}\"\n\n\
         [ssh]\nconfig = \"{ssh}\"\n\n\
         [ssh.inner]\nconfig = \"{inner}\"\n",
        inventory = inventory.display(),
        ssh = ssh.display(),
        inner = inner.display(),
    )
}
