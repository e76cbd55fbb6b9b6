//! One host: its files, its sshd, and what its log tells. Which hosts there are is the fleet's business.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::builder::{HostOptions, HostSpec, Presence};
use crate::error::{FleetError, at};
use crate::layout::{HostLayout, Layout};

/// How long an sshd may take to listen, with hundreds starting beside it on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// One host of a fleet.
#[derive(Debug)]
pub(crate) struct Host {
    spec: HostSpec,
    options: HostOptions,
    layout: HostLayout,
    address: Ipv4Addr,
    port: u16,
    public_key: String,
    sshd: Option<Child>,
    /// Takes connections for a host that hangs: the system completes them, nobody reads them.
    silent: Option<TcpListener>,
}

impl Host {
    /// Writes the files of a host, and finds it a port that is free at its address. Nothing runs yet.
    pub(crate) fn prepare(
        fleet: &Layout,
        spec: HostSpec,
        options: HostOptions,
        address: Ipv4Addr,
    ) -> Result<Self, FleetError> {
        let layout = fleet.host(&spec.name);
        for folder in [layout.home(), layout.spool(), layout.bin()] {
            std::fs::create_dir_all(&folder).map_err(at(folder))?;
        }
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(layout.spool(), private).map_err(at(layout.spool()))?;
        let silent = TcpListener::bind((address, 0)).map_err(at(&layout.dir))?;
        let port = silent.local_addr().map_err(at(&layout.dir))?.port();
        let silent = (options.presence == Presence::Hanging).then_some(silent);
        let host = Self { spec, options, layout, address, port, public_key: String::new(), sshd: None, silent };
        for (name, script) in &host.options.commands {
            host.write_command(name, script)?;
        }
        if host.options.noexec_spool {
            host.mount_noexec()?;
        }
        host.write_sshd_config(fleet)?;
        Ok(host)
    }

    /// Takes over the host key that `ssh-keygen` has written.
    pub(crate) fn load_key(&mut self) -> Result<(), FleetError> {
        let path = self.layout.host_key().with_extension("pub");
        let text = std::fs::read_to_string(&path).map_err(at(&path))?;
        self.public_key = text.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
        Ok(())
    }

    /// Starts its sshd without waiting for it; does nothing for a host that is to be down or hanging.
    pub(crate) fn launch(&mut self, fleet: &Layout, sshd: &PathBuf) -> Result<(), FleetError> {
        if self.options.presence != Presence::Up || self.sshd.is_some() {
            return Ok(());
        }
        // The log is the standard error, by which `sweep.sh` knows the sshd and its sessions.
        let log = std::fs::File::options().create(true).append(true).open(self.layout.log());
        let log = log.map_err(at(self.layout.log()))?;
        let child = Command::new(sshd)
            .args(["-D", "-e", "-f"])
            .arg(self.layout.sshd_config())
            .env_clear()
            .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
            .env("MCOM_TESTBED", fleet.prefix())
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(at(sshd))?;
        self.sshd = Some(child);
        Ok(())
    }

    /// Waits until its sshd listens, which its log tells.
    pub(crate) fn await_listening(&mut self) -> Result<(), FleetError> {
        let Some(sshd) = &mut self.sshd else { return Ok(()) };
        let since = Instant::now();
        loop {
            let log = std::fs::read_to_string(self.layout.log()).unwrap_or_default();
            let listening = format!("Server listening on {} port {}.", self.address, self.port);
            if log.lines().rfind(|line| line.starts_with("Server listening")) == Some(listening.as_str()) {
                return Ok(());
            }
            let ended = sshd.try_wait().ok().flatten();
            if ended.is_some() || since.elapsed() > START_LIMIT {
                self.sshd = None;
                return Err(FleetError::Host { host: self.spec.name.clone(), said: last_lines(&log) });
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Reaps its sshd, which has been killed.
    pub(crate) fn reap(&mut self) {
        if let Some(mut sshd) = self.sshd.take() {
            let _ = sshd.kill();
            let _ = sshd.wait();
        }
        self.silent = None;
    }

    /// Forgets earlier starts, so that a fresh one is waited for.
    pub(crate) fn rotate_log(&self) -> Result<(), FleetError> {
        let text = std::fs::read_to_string(self.layout.log()).unwrap_or_default();
        let kept = text.replace("Server listening", "Formerly listening");
        std::fs::write(self.layout.log(), kept).map_err(at(self.layout.log()))
    }

    pub(crate) fn name(&self) -> &str {
        &self.spec.name
    }
    pub(crate) fn dc(&self) -> &str {
        &self.spec.dc
    }
    pub(crate) fn address(&self) -> Ipv4Addr {
        self.address
    }
    pub(crate) fn port(&self) -> u16 {
        self.port
    }
    pub(crate) fn public_key(&self) -> &str {
        &self.public_key
    }
    pub(crate) fn layout(&self) -> &HostLayout {
        &self.layout
    }
    pub(crate) fn listener_pid(&self) -> Option<u32> {
        self.sshd.as_ref().map(Child::id)
    }

    /// How many lines of its log begin with `start`.
    pub(crate) fn count_log(&self, start: &str) -> usize {
        let log = std::fs::read_to_string(self.layout.log()).unwrap_or_default();
        log.lines().filter(|line| line.starts_with(start)).count()
    }

    fn write_command(&self, name: &str, script: &str) -> Result<(), FleetError> {
        let path = self.layout.bin().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).map_err(at(&path))?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).map_err(at(path))
    }

    fn mount_noexec(&self) -> Result<(), FleetError> {
        if !rustix::process::geteuid().is_root() {
            return Err(FleetError::NeedsRoot("a spool on a noexec file system"));
        }
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "noexec,mode=0700,size=32m", "mcom-testbed"])
            .arg(self.layout.spool())
            .output()
            .map_err(at("mount"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(FleetError::Program { program: "mount", said: String::from_utf8_lossy(&output.stderr).into_owned() })
    }

    fn write_sshd_config(&self, fleet: &Layout) -> Result<(), FleetError> {
        let mut text = String::new();
        for line in &self.options.sshd_lines {
            let _ = writeln!(text, "{line}");
        }
        if let Some(noise) = &self.options.noise {
            // The login shell runs this line, as it would run a `.bashrc` that prints.
            let noise = noise.replace('\'', r"'\''");
            let _ = writeln!(text, "ForceCommand echo '{noise}'; exec /bin/sh -c \"$SSH_ORIGINAL_COMMAND\"");
        }
        let _ = write!(
            text,
            "ListenAddress {address}:{port}
HostKey {key}
AuthorizedKeysFile {authorized}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
UseDNS no
PrintMotd no
PrintLastLog no
LogLevel VERBOSE
Subsystem sftp internal-sftp
SetEnv {env}
",
            address = self.address,
            port = self.port,
            key = self.layout.host_key().display(),
            authorized = fleet.authorized_keys().display(),
            env = self.login_env(),
        );
        std::fs::write(self.layout.sshd_config(), text).map_err(at(self.layout.sshd_config()))
    }

    /// All on one line: sshd takes only the first `SetEnv` that it reads.
    fn login_env(&self) -> String {
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", self.layout.bin().display());
        let own = [
            ("HOME", self.layout.home().display().to_string()),
            ("MCOM_SPOOL", self.layout.spool().display().to_string()),
            ("PATH", path),
        ];
        let own = own.into_iter().map(|(key, value)| (key.to_owned(), value));
        // sshd keeps the last value that it reads.
        let all = own.chain(self.options.env.iter().cloned());
        all.map(|(key, value)| format!("\"{key}={value}\"")).collect::<Vec<_>>().join(" ")
    }
}

/// Addresses like 127.1.7.1, 127.1.7.2, …: the whole of 127.0.0.0/8 is the machine's own. Fleets that come up at
/// the same time begin at different ones, so that none takes a port that another has just found to be free.
pub(crate) fn addresses() -> impl Iterator<Item = Ipv4Addr> {
    static FLEETS: AtomicU32 = AtomicU32::new(0);
    let block = std::process::id().wrapping_add(FLEETS.fetch_add(1, Ordering::Relaxed).wrapping_mul(31));
    let low = |value: u32| u8::try_from(value).expect("a remainder below 250 fits a byte");
    (0..).map(move |number| Ipv4Addr::new(127, 1, low((block % 250 + number / 250) % 250), low(number % 250 + 1)))
}

fn last_lines(log: &str) -> String {
    let lines: Vec<_> = log.lines().rev().take(3).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_distinct_and_loopback() {
        let all: std::collections::BTreeSet<_> = addresses().take(1000).collect();
        assert_eq!(all.len(), 1000);
        assert!(all.iter().all(Ipv4Addr::is_loopback));
        assert_ne!(addresses().next(), addresses().next(), "two fleets of one process");
    }
}
