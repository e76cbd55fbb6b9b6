//! One host: its files, its sshd, and what its log tells. Which hosts there are is the fleet's business.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crate::builder::{HostOptions, HostSpec, Presence};
use crate::error::{FleetError, at};
use crate::lacking;
use crate::launch::{self, Mounts, write_script};
use crate::layout::{HostLayout, Layout};
use crate::net::{NetSpace, Site};
use crate::proxy::Proxy;
use crate::users::{self, User};

/// How long an sshd may take to listen, with hundreds starting beside it on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(60);

/// One host of a fleet.
#[derive(Debug)]
pub(crate) struct Host {
    spec: HostSpec,
    options: HostOptions,
    layout: HostLayout,
    address: Ipv4Addr,
    ports: Ports,
    mounts: Mounts,
    public_key: String,
    sshd: Option<Child>,
    /// Takes connections for a host that hangs: the system completes them, nobody reads them.
    silent: Option<TcpListener>,
    /// What the admin host connects to, and what other hosts do.
    proxies: Option<(Proxy, Proxy)>,
}

/// Where one logs in: from the admin host, from other hosts, and where the sshd really listens.
#[derive(Debug, Clone, Copy)]
struct Ports {
    admin: u16,
    inside: u16,
    sshd: u16,
}

impl Host {
    /// Writes the files of a host, and finds it ports at its address: those of its own network, else free ones.
    /// No sshd runs yet.
    pub(crate) fn prepare(
        fleet: &Layout,
        spec: HostSpec,
        options: HostOptions,
        address: Ipv4Addr,
        space: Option<&NetSpace>,
    ) -> Result<Self, FleetError> {
        let layout = fleet.host(&spec.name);
        for folder in [layout.home(), layout.spool(), layout.tmp(), layout.bin()] {
            std::fs::create_dir_all(&folder).map_err(at(folder))?;
        }
        let private = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(layout.spool(), private).map_err(at(layout.spool()))?;
        if let Some(mount) = &options.spool_mount {
            launch::mount_spool(&layout.spool(), mount)?;
        }
        for (name, script) in &options.commands {
            write_script(&layout.bin().join(name), script)?;
        }
        for (name, text) in &options.home_files {
            let path = layout.home().join(name);
            std::fs::write(&path, text).map_err(at(path))?;
        }
        if options.old_ssh {
            lacking::ssh_without_session_bind(&layout.bin().join("ssh"))?;
        }
        let mounts = Mounts::prepare(&options, &layout, space.map(|_| spec.name.as_str()))?;
        let (ports, silent, proxies) = open_ports(&options, address, space)?;
        let public_key = String::new();
        let host = Self { spec, options, layout, address, ports, mounts, public_key, sshd: None, silent, proxies };
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
    pub(crate) fn launch(&mut self, fleet: &Layout, sshd: &Path, site: Option<&Site>) -> Result<(), FleetError> {
        if self.options.presence != Presence::Up || self.sshd.is_some() {
            return Ok(());
        }
        let old = self.layout.old_sshd();
        if self.options.old_sshd && !old.exists() {
            lacking::sshd_without_hostbound(sshd, &old)?;
        }
        let mut command = self.mounts.command(if self.options.old_sshd { &old } else { sshd });
        command.args(["-D", "-e", "-f"]).arg(self.layout.sshd_config());
        let mut start = || launch::spawn(&mut command, &self.layout.log(), &fleet.prefix());
        let place = site.and_then(|site| site.host(&self.spec.name));
        self.sshd = Some(match place {
            Some((space, _)) => space.inside(&mut start)?,
            None => start()?,
        });
        Ok(())
    }

    /// Gives it another boot id from its next start on.
    pub(crate) fn change_boot_id(&mut self) -> Result<(), FleetError> {
        self.mounts.change_boot_id(&self.layout)
    }

    /// Waits until its sshd listens, which its log tells.
    pub(crate) fn await_listening(&mut self) -> Result<(), FleetError> {
        let Some(sshd) = &mut self.sshd else { return Ok(()) };
        let since = Instant::now();
        loop {
            let log = std::fs::read_to_string(self.layout.log()).unwrap_or_default();
            let listening = format!("Server listening on {} port {}.", self.address, self.ports.sshd);
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
    /// Where the admin host logs in.
    pub(crate) fn port(&self) -> u16 {
        self.ports.admin
    }
    /// Where other hosts log in.
    pub(crate) fn inner_port(&self) -> u16 {
        self.ports.inside
    }
    /// What its links pass, if anything: the admin host's, and other hosts'.
    pub(crate) fn proxies(&self) -> Option<(&Proxy, &Proxy)> {
        self.proxies.as_ref().map(|(admin, inside)| (admin, inside))
    }
    /// Who logs in, where that is a user of the host's own.
    pub(crate) fn login(&self) -> Option<User> {
        self.options.login.as_ref().and_then(|_| users::of(&self.options, &self.layout).into_iter().next())
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
            port = self.ports.sshd,
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
            // What stands there belongs to processes of this host, and of this boot of it.
            ("TMPDIR", self.layout.tmp().display().to_string()),
            ("PATH", path),
        ];
        // What sudo and doas start has no other variable of the fleet.
        let mark = self.options.has_own_etc().then(|| ("MCOM_TESTBED", self.layout.prefix()));
        let own = own.into_iter().chain(mark).map(|(key, value)| (key.to_owned(), value));
        // sshd keeps the last value that it reads.
        let all = own.chain(self.options.env.iter().cloned());
        all.map(|(key, value)| format!("\"{key}={value}\"")).collect::<Vec<_>>().join(" ")
    }
}

type Opened = (Ports, Option<TcpListener>, Option<(Proxy, Proxy)>);

/// Opens what is to listen before there is an sshd. In a network of its own a host is at ssh's port.
fn open_ports(options: &HostOptions, address: Ipv4Addr, space: Option<&NetSpace>) -> Result<Opened, FleetError> {
    let bind = |port| TcpListener::bind((address, port)).map_err(at("a port"));
    let listen = |port| match space {
        Some(space) => space.inside(|| bind(port)),
        None => bind(0),
    };
    let port_of = |listener: &TcpListener| listener.local_addr().map(|local| local.port()).map_err(at("a port"));
    let first = listen(22)?;
    let admin = port_of(&first)?;
    if options.presence == Presence::Hanging {
        return Ok((Ports { admin, inside: admin, sshd: admin }, Some(first), None));
    }
    if !options.proxied {
        return Ok((Ports { admin, inside: admin, sshd: admin }, None, None));
    }
    let (second, third) = (listen(2022)?, listen(2222)?);
    let ports = Ports { admin, inside: port_of(&second)?, sshd: port_of(&third)? };
    let target = (address, ports.sshd).into();
    let hold = || space.map(NetSpace::hold).transpose();
    let proxies = (Proxy::start(first, target, hold()?)?, Proxy::start(second, target, hold()?)?);
    Ok((ports, None, Some(proxies)))
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
