//! Where things are in the folder of a fleet. Everything that a fleet writes is named here.
//!
//! ```text
//! DIR/.mcom-testbed         marks the folder as a fleet's; holds the pid of its owner
//!     client_key ssh_config ssh_config_inner known_hosts inventory.toml
//!     config/mcom/config.toml   state/
//!     h/HOST/{sshd_config,host_key,sshd.log,home/,spool/,tmp/,bin/,sshd,boot_id,passwd,nothing/,
//!            etc/,lib/,vartmp/,homes/USER/}
//! ```

use std::path::{Path, PathBuf};

/// Unix sockets have paths of at most 108 bytes; this leaves some 60 for what stands below the folder.
pub(crate) const LONGEST_DIR: usize = 48;

/// The folder of a fleet.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    pub(crate) dir: PathBuf,
}

impl Layout {
    pub(crate) fn marker(&self) -> PathBuf {
        self.dir.join(".mcom-testbed")
    }
    pub(crate) fn client_key(&self) -> PathBuf {
        self.dir.join("client_key")
    }
    pub(crate) fn authorized_keys(&self) -> PathBuf {
        self.dir.join("client_key.pub")
    }
    pub(crate) fn ssh_config(&self) -> PathBuf {
        self.dir.join("ssh_config")
    }
    pub(crate) fn known_hosts(&self) -> PathBuf {
        self.dir.join("known_hosts")
    }
    /// For the links inside datacenters, where those pass other ports than the admin host's.
    pub(crate) fn inner_ssh_config(&self) -> PathBuf {
        self.dir.join("ssh_config_inner")
    }
    pub(crate) fn inventory(&self) -> PathBuf {
        self.dir.join("inventory.toml")
    }
    pub(crate) fn config_home(&self) -> PathBuf {
        self.dir.join("config")
    }
    pub(crate) fn mcom_config(&self) -> PathBuf {
        self.config_home().join("mcom/config.toml")
    }
    pub(crate) fn state_home(&self) -> PathBuf {
        self.dir.join("state")
    }
    pub(crate) fn host(&self, name: &str) -> HostLayout {
        HostLayout { dir: self.dir.join("h").join(name) }
    }
    /// What marks a process as the fleet's own in its environment; the slash keeps `/tmp/f1` from meaning `/tmp/f12`.
    pub(crate) fn prefix(&self) -> String {
        folder_prefix(&self.dir)
    }
}

/// The folder of one host.
#[derive(Debug, Clone)]
pub(crate) struct HostLayout {
    pub(crate) dir: PathBuf,
}

impl HostLayout {
    pub(crate) fn sshd_config(&self) -> PathBuf {
        self.dir.join("sshd_config")
    }
    pub(crate) fn host_key(&self) -> PathBuf {
        self.dir.join("host_key")
    }
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("sshd.log")
    }
    pub(crate) fn home(&self) -> PathBuf {
        self.dir.join("home")
    }
    pub(crate) fn spool(&self) -> PathBuf {
        self.dir.join("spool")
    }
    pub(crate) fn tmp(&self) -> PathBuf {
        self.dir.join("tmp")
    }
    pub(crate) fn bin(&self) -> PathBuf {
        self.dir.join("bin")
    }
    /// A copy of sshd that lacks something.
    pub(crate) fn old_sshd(&self) -> PathBuf {
        self.dir.join("sshd")
    }
    pub(crate) fn boot_id(&self) -> PathBuf {
        self.dir.join("boot_id")
    }
    pub(crate) fn passwd(&self) -> PathBuf {
        self.dir.join("passwd")
    }
    /// What stands in the place of `/etc`, `/var/lib` and `/var/tmp` for a host with users of its own.
    pub(crate) fn etc(&self) -> PathBuf {
        self.dir.join("etc")
    }
    pub(crate) fn var_lib(&self) -> PathBuf {
        self.dir.join("lib")
    }
    pub(crate) fn var_tmp(&self) -> PathBuf {
        self.dir.join("vartmp")
    }
    /// The home of a user who does not log in.
    pub(crate) fn home_of(&self, user: &str) -> PathBuf {
        self.dir.join("homes").join(user)
    }
    /// An empty folder.
    pub(crate) fn nothing(&self) -> PathBuf {
        self.dir.join("nothing")
    }
    pub(crate) fn prefix(&self) -> String {
        folder_prefix(&self.dir)
    }
}

fn folder_prefix(dir: &Path) -> String {
    format!("{}/", dir.display())
}
