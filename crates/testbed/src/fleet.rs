//! A fleet that is up: brings its hosts up together, commands them one by one, and leaves nothing behind.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::builder::FleetBuilder;
use crate::client_files;
use crate::error::{FleetError, at};
use crate::host::{Host, addresses};
use crate::layout::{LONGEST_DIR, Layout};
use crate::sweep::{self, Guard, Signal};

/// How many `ssh-keygen` run at once.
const KEYGENS: usize = 8;

/// A running fleet. It is brought down when the value is dropped, or when its process ends in any other way.
#[derive(Debug)]
pub struct Fleet {
    layout: Layout,
    sshd: PathBuf,
    hosts: Vec<Host>,
    guard: Guard,
}

impl Fleet {
    /// Starts to describe a fleet.
    pub fn builder() -> FleetBuilder {
        FleetBuilder::default()
    }

    pub(crate) fn start(builder: FleetBuilder) -> Result<Self, FleetError> {
        let sshd = find_sshd()?;
        if let Some(name) = builder.options.keys().find(|name| !builder.hosts.iter().any(|host| host.name == **name)) {
            return Err(FleetError::NoSuchHost(name.clone()));
        }
        let layout = make_dir(builder.dir.as_deref())?;
        // From here on whatever fails is cleaned up by the guard, through `Drop`.
        let guard = Guard::start(&layout.dir)?;
        let mut fleet = Self { layout, sshd, hosts: Vec::new(), guard };
        fleet.prepare_hosts(&builder)?;
        fleet.make_keys()?;
        client_files::write(&fleet.layout, &user_name()?, &fleet.hosts)?;
        for host in &mut fleet.hosts {
            host.launch(&fleet.layout, &fleet.sshd)?;
        }
        for host in &mut fleet.hosts {
            host.await_listening()?;
        }
        Ok(fleet)
    }

    /// The folder of the fleet.
    pub fn dir(&self) -> &Path {
        &self.layout.dir
    }

    /// The ssh_config of the fleet, for `ssh -F`.
    pub fn ssh_config(&self) -> PathBuf {
        self.layout.ssh_config()
    }

    /// The inventory of the fleet, in mcom's format.
    pub fn inventory(&self) -> PathBuf {
        self.layout.inventory()
    }

    /// mcom's configuration for the fleet.
    pub fn client_config(&self) -> PathBuf {
        self.layout.mcom_config()
    }

    /// What a program that works on the fleet is to have in its environment: mcom's configuration and state,
    /// and a mark, by which what the program leaves behind is ended with the fleet.
    pub fn env(&self) -> Vec<(String, String)> {
        let text = |path: PathBuf| path.display().to_string();
        vec![
            ("MCOM_TESTBED".into(), self.layout.prefix()),
            ("MCOM_CONFIG".into(), text(self.client_config())),
            ("XDG_CONFIG_HOME".into(), text(self.layout.config_home())),
            ("XDG_STATE_HOME".into(), text(self.layout.state_home())),
        ]
    }

    /// A command for `program` with [`Fleet::env`].
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.envs(self.env());
        command
    }

    /// The names of all hosts, in the order in which they were described.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.hosts.iter().map(Host::name)
    }

    /// The address and port of a host.
    pub fn address(&self, host: &str) -> Result<std::net::SocketAddr, FleetError> {
        self.host(host).map(|host| (host.address(), host.port()).into())
    }

    /// The spool of a host.
    pub fn spool(&self, host: &str) -> Result<PathBuf, FleetError> {
        self.host(host).map(|host| host.layout().spool())
    }

    /// The home of a host.
    pub fn home(&self, host: &str) -> Result<PathBuf, FleetError> {
        self.host(host).map(|host| host.layout().home())
    }

    /// How many connections reached a host, whatever became of them.
    pub fn connections(&self, host: &str) -> Result<usize, FleetError> {
        self.host(host).map(|host| host.count_log("Connection from"))
    }

    /// How many connections to a host were authenticated.
    pub fn logins(&self, host: &str) -> Result<usize, FleetError> {
        self.host(host).map(|host| host.count_log("Accepted publickey"))
    }

    /// The processes of a host: its sshd, its sessions and what these started, detached or not.
    pub fn processes(&self, host: &str) -> Result<Vec<u32>, FleetError> {
        sweep::list(&self.host(host)?.layout().prefix())
    }

    /// Turns a host off: every process of it is killed, what is on its disk stays.
    pub fn stop_host(&mut self, host: &str) -> Result<(), FleetError> {
        let host = self.host_mut(host)?;
        sweep::end(&host.layout().prefix())?;
        host.reap();
        Ok(())
    }

    /// Turns a host on again, at its old address.
    pub fn start_host(&mut self, host: &str) -> Result<(), FleetError> {
        let (layout, sshd) = (self.layout.clone(), self.sshd.clone());
        let host = self.host_mut(host)?;
        if host.listener_pid().is_none() {
            host.rotate_log()?;
            host.launch(&layout, &sshd)?;
        }
        host.await_listening()
    }

    /// Stops every process of a host where it is, or lets them go on.
    pub fn signal_host(&self, host: &str, signal: Signal) -> Result<(), FleetError> {
        sweep::signal(signal, &self.host(host)?.layout().prefix())
    }

    /// Cuts every connection to a host; what runs there and is detached goes on, and new connections are taken.
    pub fn cut_links(&self, host: &str) -> Result<(), FleetError> {
        let host = self.host(host)?;
        let listener = host.listener_pid();
        for pid in sweep::sshds(&host.layout().prefix())? {
            if Some(pid) != listener {
                sweep::kill(pid);
            }
        }
        Ok(())
    }

    fn prepare_hosts(&mut self, builder: &FleetBuilder) -> Result<(), FleetError> {
        for (spec, address) in builder.hosts.iter().zip(addresses()) {
            let own = builder.options.get(&spec.name).cloned().unwrap_or_default();
            self.hosts.push(Host::prepare(&self.layout, spec.clone(), builder.every.and(&own), address)?);
        }
        Ok(())
    }

    fn make_keys(&mut self) -> Result<(), FleetError> {
        let keys = self.hosts.iter().map(|host| host.layout().host_key());
        let paths: Vec<_> = keys.chain([self.layout.client_key()]).collect();
        for batch in paths.chunks(KEYGENS) {
            let running: Result<Vec<_>, _> = batch.iter().map(|path| start_keygen(path)).collect();
            for child in running? {
                let output = child.wait_with_output().map_err(at("ssh-keygen"))?;
                if !output.status.success() {
                    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
                    return Err(FleetError::Program { program: "ssh-keygen", said });
                }
            }
        }
        self.hosts.iter_mut().try_for_each(Host::load_key)
    }

    fn host(&self, name: &str) -> Result<&Host, FleetError> {
        self.hosts.iter().find(|host| host.name() == name).ok_or_else(|| FleetError::NoSuchHost(name.to_owned()))
    }

    fn host_mut(&mut self, name: &str) -> Result<&mut Host, FleetError> {
        let found = self.hosts.iter_mut().find(|host| host.name() == name);
        found.ok_or_else(|| FleetError::NoSuchHost(name.to_owned()))
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.guard.release();
        self.hosts.iter_mut().for_each(Host::reap);
    }
}

fn find_sshd() -> Result<PathBuf, FleetError> {
    // sshd insists on being called by its full path, and is not in the PATH of an ordinary user.
    let places = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd"];
    let found = places.iter().map(PathBuf::from).find(|path| path.exists());
    let sshd = found.ok_or(FleetError::Missing { program: "sshd" })?;
    if rustix::process::geteuid().is_root() {
        // As root it needs the folder that its service makes at boot.
        std::fs::create_dir_all("/run/sshd").map_err(at("/run/sshd"))?;
    }
    Ok(sshd)
}

fn make_dir(wanted: Option<&Path>) -> Result<Layout, FleetError> {
    let dir = match wanted {
        Some(dir) => {
            std::fs::create_dir_all(dir).map_err(at(dir))?;
            if std::fs::read_dir(dir).map_err(at(dir))?.next().is_some() {
                return Err(FleetError::Folder { path: dir.to_owned(), why: "is not empty" });
            }
            std::fs::canonicalize(dir).map_err(at(dir))?
        }
        // Not the folder that TMPDIR names: its path may be long.
        None => tempfile::Builder::new().prefix("mt-").tempdir_in("/tmp").map_err(at("/tmp"))?.keep(),
    };
    if dir.as_os_str().len() > LONGEST_DIR {
        return Err(FleetError::LongPath { path: dir, limit: LONGEST_DIR });
    }
    let layout = Layout { dir };
    std::fs::write(layout.marker(), sweep::owner_line()).map_err(at(layout.marker()))?;
    Ok(layout)
}

fn start_keygen(path: &Path) -> Result<Child, FleetError> {
    Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", "", "-f"])
        .arg(path)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => FleetError::Missing { program: "ssh-keygen" },
            _ => FleetError::File { path: "ssh-keygen".into(), source },
        })
}

fn user_name() -> Result<String, FleetError> {
    let output = Command::new("id").arg("-un").output().map_err(at("id"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
