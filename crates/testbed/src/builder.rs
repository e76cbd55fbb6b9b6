//! What a fleet is to be: names, datacenters and what is odd about some of its hosts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::error::FleetError;
use crate::fleet::Fleet;

/// Describes a fleet; [`FleetBuilder::start`] brings it up.
#[derive(Debug, Clone, Default)]
pub struct FleetBuilder {
    pub(crate) hosts: Vec<HostSpec>,
    pub(crate) every: HostOptions,
    pub(crate) options: BTreeMap<String, HostOptions>,
    pub(crate) dir: Option<PathBuf>,
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
    pub(crate) noexec_spool: bool,
    pub(crate) sshd_lines: Vec<String>,
    pub(crate) env: Vec<(String, String)>,
    pub(crate) commands: Vec<(String, String)>,
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
        self.noexec_spool = true;
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
            noexec_spool: self.noexec_spool || more.noexec_spool,
            // Those of the one host first: the first value wins.
            sshd_lines: more.sshd_lines.iter().chain(&self.sshd_lines).cloned().collect(),
            env: join(&self.env, &more.env),
            commands: join(&self.commands, &more.commands),
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
