//! What a fleet is to be: names, datacenters and what is odd about some of its hosts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::net::Line;

/// Describes a fleet; [`FleetBuilder::start`] brings it up.
#[derive(Debug, Clone, Default)]
pub struct FleetBuilder {
    pub(crate) hosts: Vec<HostSpec>,
    pub(crate) every: HostOptions,
    pub(crate) options: BTreeMap<String, HostOptions>,
    pub(crate) dir: Option<PathBuf>,
    pub(crate) network: Network,
    pub(crate) line: Line,
}

/// Where the hosts of a fleet have their addresses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Network {
    #[default]
    Loopback,
    Namespaces,
    Best,
}

/// One host as it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct HostSpec {
    pub(crate) name: String,
    pub(crate) dc: String,
}

/// How a host answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Presence {
    #[default]
    Up,
    Down,
    Hanging,
}

/// What is odd about a host. Every method adds to what was said before.
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    pub(crate) presence: Presence,
    pub(crate) noise: Option<String>,
    pub(crate) spool_mount: Option<String>,
    pub(crate) shell: Option<PathBuf>,
    pub(crate) no_proc: bool,
    pub(crate) proxied: bool,
    pub(crate) old_sshd: bool,
    pub(crate) old_ssh: bool,
    pub(crate) home_files: Vec<(String, String)>,
    pub(crate) sshd_lines: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) commands: Vec<(String, String)>,
    pub(crate) login: Option<String>,
    pub(crate) users: Vec<String>,
    pub(crate) etc: Vec<(String, String)>,
}

impl HostOptions {
    /// Nothing listens at its address.
    pub fn down(&mut self) -> &mut Self {
        self.presence = Presence::Down;
        self
    }

    /// Its port takes connections and never says a word.
    pub fn hanging(&mut self) -> &mut Self {
        self.presence = Presence::Hanging;
        self
    }

    /// Its login shell prints this line before it does what it was asked.
    pub fn noisy(&mut self, line: &str) -> &mut Self {
        self.noise = Some(line.to_owned());
        self
    }

    /// Its spool is on a file system that is mounted noexec. Needs root.
    pub fn noexec_spool(&mut self) -> &mut Self {
        self.spool_on_tmpfs("noexec,size=32m")
    }

    /// Its spool is a tmpfs with these options of `mount`: `size=1m`, `nr_inodes=20`, `noexec`, `ro`. Needs root.
    pub fn spool_on_tmpfs(&mut self, options: &str) -> &mut Self {
        self.spool_mount = Some(options.to_owned());
        self
    }

    /// The login shell of its user. Needs root.
    pub fn shell(&mut self, path: &Path) -> &mut Self {
        self.shell = Some(path.to_owned());
        self
    }

    /// Nothing is mounted at its `/proc`. Needs root.
    pub fn no_proc(&mut self) -> &mut Self {
        self.no_proc = true;
        self
    }

    /// Its links pass a port that can stall and cut them: see [`Fleet::stall`] and [`Fleet::cut_after`].
    pub fn proxied(&mut self) -> &mut Self {
        self.proxied = true;
        self
    }

    /// Its sshd lacks logins that are bound to its host key, like one before OpenSSH 8.9: relay is not possible to it.
    pub fn old_sshd(&mut self) -> &mut Self {
        self.old_sshd = true;
        self
    }

    /// The `ssh` in its `PATH` tells agents nothing about its connections, like one before OpenSSH 8.9: relay is not
    /// possible from it.
    pub fn old_ssh(&mut self) -> &mut Self {
        self.old_ssh = true;
        self
    }

    /// A file in its home: `.bashrc`, for example.
    pub fn home_file(&mut self, name: &str, text: &str) -> &mut Self {
        self.home_files.push((name.to_owned(), text.to_owned()));
        self
    }

    /// Adds a line to its `sshd_config`. It stands first, and sshd takes the first value it reads.
    pub fn sshd_config(&mut self, line: &str) -> &mut Self {
        self.sshd_lines.push(line.to_owned());
        self
    }

    /// Sets a variable in its login environment.
    pub fn env(&mut self, key: &str, value: &str) -> &mut Self {
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// This user logs in, who is the host's own and may do nothing special there, with [`crate::PASSWORD`]. Needs root.
    pub fn login(&mut self, user: &str) -> &mut Self {
        self.login = Some(user.to_owned());
        self
    }

    /// Another user of the host's own. Needs root.
    pub fn user(&mut self, name: &str) -> &mut Self {
        self.users.push(name.to_owned());
        self
    }

    /// A file in the `/etc` of this host alone: `sudoers.d/fleet`, for example. Needs root.
    pub fn etc(&mut self, path: &str, text: &str) -> &mut Self {
        self.etc.push((path.to_owned(), text.to_owned()));
        self
    }

    pub(crate) fn has_own_etc(&self) -> bool {
        self.login.is_some() || !self.users.is_empty() || !self.etc.is_empty()
    }

    /// Puts a shell script under this name first in its `PATH`: a false `uname`, for example.
    pub fn command(&mut self, name: &str, script: &str) -> &mut Self {
        self.commands.push((name.to_owned(), script.to_owned()));
        self
    }

    pub(crate) fn and(&self, more: &HostOptions) -> HostOptions {
        let join = |a: &Vec<_>, b: &Vec<_>| a.iter().chain(b).cloned().collect();
        HostOptions {
            presence: if more.presence == Presence::Up { self.presence } else { more.presence },
            noise: more.noise.clone().or_else(|| self.noise.clone()),
            spool_mount: more.spool_mount.clone().or_else(|| self.spool_mount.clone()),
            shell: more.shell.clone().or_else(|| self.shell.clone()),
            no_proc: self.no_proc || more.no_proc,
            proxied: self.proxied || more.proxied,
            old_sshd: self.old_sshd || more.old_sshd,
            old_ssh: self.old_ssh || more.old_ssh,
            home_files: join(&self.home_files, &more.home_files),
            // Those of the one host first: the first value wins.
            sshd_lines: more.sshd_lines.iter().chain(&self.sshd_lines).cloned().collect(),
            env: join(&self.env, &more.env),
            commands: join(&self.commands, &more.commands),
            login: more.login.clone().or_else(|| self.login.clone()),
            users: self.users.iter().chain(&more.users).cloned().collect(),
            etc: join(&self.etc, &more.etc),
        }
    }
}

impl FleetBuilder {
    /// Adds datacenters `dc1`, `dc2`, … of `hosts` hosts each, called `NAME1-dc1`, `NAME2-dc1`, ….
    pub fn grid(mut self, name: &str, datacenters: usize, hosts: usize) -> Self {
        for dc in 1..=datacenters {
            let dc = format!("dc{dc}");
            for number in 1..=hosts {
                self.hosts.push(HostSpec { name: format!("{name}{number}-{dc}"), dc: dc.clone() });
            }
        }
        self
    }

    /// Adds one host.
    pub fn host(mut self, dc: &str, name: &str) -> Self {
        self.hosts.push(HostSpec { name: name.to_owned(), dc: dc.to_owned() });
        self
    }

    /// Sets what is odd about one host.
    pub fn with(mut self, name: &str, set: impl FnOnce(&mut HostOptions) -> &mut HostOptions) -> Self {
        set(self.options.entry(name.to_owned()).or_default());
        self
    }

    /// Sets what is odd about all hosts.
    pub fn with_all(mut self, set: impl FnOnce(&mut HostOptions) -> &mut HostOptions) -> Self {
        set(&mut self.every);
        self
    }

    /// `MaxStartups` of every sshd, as sshd spells it: `10:30:100`.
    pub fn max_startups(self, value: &str) -> Self {
        self.with_all(|host| host.sshd_config(&format!("MaxStartups {value}")))
    }

    /// `MaxSessions` of every sshd: how many channels one connection may have.
    pub fn max_sessions(self, value: u32) -> Self {
        self.with_all(|host| host.sshd_config(&format!("MaxSessions {value}")))
    }

    /// Gives every host a network namespace, an address and a name of its own, and puts a long link between the
    /// admin host and each datacenter. Needs root, and what [`crate::namespaces_missing`] asks for.
    pub fn namespaces(mut self) -> Self {
        self.network = Network::Namespaces;
        self
    }

    /// [`FleetBuilder::namespaces`] where that can be had, else loopback.
    pub fn best_network(mut self) -> Self {
        self.network = Network::Best;
        self
    }

    /// How the long links behave from the start. Without namespaces there are none.
    pub fn line(mut self, line: Line) -> Self {
        self.line = line;
        self
    }

    /// Lets the links of all hosts be stalled and cut: see [`HostOptions::proxied`].
    pub fn proxied(self) -> Self {
        self.with_all(HostOptions::proxied)
    }

    /// The folder of the fleet, which must not exist or be empty; without it, one is made. It is removed in the end.
    pub fn dir(mut self, dir: &Path) -> Self {
        self.dir = Some(dir.to_owned());
        self
    }

    /// Brings the fleet up, and comes back when every sshd listens.
    pub fn start(self) -> Result<Fleet, FleetError> {
        Fleet::start(self)
    }
}
