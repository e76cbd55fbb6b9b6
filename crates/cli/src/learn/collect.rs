//! The key that a host shows: ssh is made to connect, to take whatever key comes into a file of its own, and to go away
//! before it has logged in. Hosts behind a parent are connected to through the parent's sshd.

use crate::error::plain;
use mcom_credentials::PublicIdentity;
use mcom_driver::ssh::{host_arguments, stream_command};
use mcom_model::HostSpec;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Hosts that are connected to at once.
const AT_ONCE: usize = 16;

/// What a host may take beyond the time to connect.
const HANDSHAKE: Duration = Duration::from_secs(15);

/// The key that a host shows, or why it shows none.
pub(super) type Shown = Result<PublicIdentity, String>;

/// Connects with the operator's configuration.
pub(super) struct Collector {
    /// The folder of the ssh client, with its configuration in it.
    pub(super) folder: PathBuf,
    pub(super) connect_timeout: Duration,
}

/// A host that others are connected to through. Dropping it ends the connection.
pub(super) struct Gateway<'c> {
    collector: &'c Collector,
    host: &'c HostSpec,
    socket: PathBuf,
}

impl Collector {
    /// The keys of these hosts, in their order.
    pub(super) fn keys(&self, hosts: &[&HostSpec], through: Option<&Gateway<'_>>) -> Vec<Shown> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut keys = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(host) = hosts.get(at) else { return keys };
                keys.push((at, self.key(host, through)));
            }
        };
        let mut keys: Vec<(usize, Shown)> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..AT_ONCE.min(hosts.len())).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("collecting does not panic")).collect()
        });
        keys.sort_by_key(|(at, _)| *at);
        keys.into_iter().map(|(_, key)| key).collect()
    }

    fn key(&self, host: &HostSpec, through: Option<&Gateway<'_>>) -> Shown {
        let place = tempfile::tempdir_in(&self.folder).map_err(|error| plain(&error))?;
        let file = place.path().join("keys");
        let mut ssh = self.ssh();
        let mut set = |option: &str| {
            ssh.arg("-o").arg(option);
        };
        set("StrictHostKeyChecking=accept-new");
        set(&format!("UserKnownHostsFile={}", file.display()));
        // Nothing that is known or offered elsewhere counts, and nothing is offered here: the key is all that is wanted.
        for option in [
            "GlobalKnownHostsFile=/dev/null",
            "HashKnownHosts=no",
            // A banner may be said again and again before anybody has logged in.
            "LogLevel=ERROR",
            "CheckHostIP=no",
            "VerifyHostKeyDNS=no",
            "ControlPath=none",
            "PreferredAuthentications=none",
        ] {
            set(option);
        }
        if let Some(gateway) = through {
            set(&format!("ProxyCommand={}", stream_command(&gateway.socket, &place.path().join("way"))));
        }
        ssh.args(host_arguments(host)).arg("true");
        let said = self.run(ssh, &place.path().join("log"));
        let kept = std::fs::read_to_string(&file).unwrap_or_default();
        // The name is what was asked for: only the key is taken from the line.
        let key = kept.lines().next().and_then(|line| PublicIdentity::from_line(line.split_once(' ')?.1).ok());
        key.ok_or_else(|| said.unwrap_or_else(|error| plain(&error)))
    }

    /// Logs in on a host that others are connected to through: its own key must be known.
    pub(super) fn gateway<'c>(&'c self, host: &'c HostSpec) -> Result<Gateway<'c>, String> {
        let place = tempfile::tempdir_in(&self.folder).map_err(|error| plain(&error))?.keep();
        let gateway = Gateway { collector: self, host, socket: place.join("s") };
        let mut ssh = self.ssh();
        ssh.arg("-S").arg(&gateway.socket).args(["-M", "-f", "-N"]).args(host_arguments(host));
        let said = self.run(ssh, &place.join("log")).map_err(|error| plain(&error))?;
        if gateway.socket.exists() { Ok(gateway) } else { Err(said) }
    }

    fn ssh(&self) -> Command {
        let mut ssh = Command::new("ssh");
        ssh.arg("-F").arg(self.folder.join("config"));
        ssh
    }

    /// Runs ssh to its end, within its time; what it said last.
    fn run(&self, mut ssh: Command, log: &Path) -> std::io::Result<String> {
        ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(log)?);
        let mut child = ssh.spawn()?;
        let until = Instant::now() + self.connect_timeout + HANDSHAKE;
        while child.try_wait()?.is_none() {
            if Instant::now() > until {
                child.kill()?;
                child.wait()?;
                return Ok("it did not answer in time".to_owned());
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        let said = std::fs::read(log)?;
        let said = String::from_utf8_lossy(&said);
        Ok(said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("it showed no key").to_owned())
    }
}

impl Drop for Gateway<'_> {
    fn drop(&mut self) {
        let mut ssh = self.collector.ssh();
        ssh.arg("-S").arg(&self.socket).args(["-O", "exit"]).arg("--").arg(&self.host.name);
        let _ = ssh.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    }
}
