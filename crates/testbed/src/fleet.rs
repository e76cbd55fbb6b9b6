//! A fleet that is up: brings its hosts up together, commands them one by one, and leaves nothing behind.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::builder::{FleetBuilder, Network};
use crate::client_files;
use crate::error::{FleetError, at};
use crate::host::{Host, addresses};
use crate::launch;
use crate::layout::{LONGEST_DIR, Layout};
use crate::net::{Line, Site, namespaces_missing};
use crate::sweep::{self, Guard};

/// How many `ssh-keygen` run at once.
const KEYGENS: usize = 8;

/// Where fleets are that were given no folder.
const HOME_OF_FLEETS: &str = "/tmp";

/// A running fleet. It is brought down when the value is dropped, or when its process ends in any other way.
#[derive(Debug)]
pub struct Fleet {
    layout: Layout,
    sshd: PathBuf,
    hosts: Vec<Host>,
    guard: Guard,
    pub(crate) site: Option<Site>,
    /// How the long links behave when nothing is wrong.
    pub(crate) line: Line,
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
        sweep::bring_down_left_over(Path::new(HOME_OF_FLEETS));
        let layout = make_dir(builder.dir.as_deref())?;
        // From here on whatever fails is cleaned up by the guard, through `Drop`.
        let guard = Guard::start(&layout.dir)?;
        let mut fleet = Self { layout, sshd, hosts: Vec::new(), guard, site: None, line: builder.line };
        if in_namespaces(&builder)? {
            let hosts = builder.hosts.iter().map(|host| (host.name.as_str(), host.dc.as_str()));
            fleet.site = Some(Site::build(hosts, builder.line)?);
        }
        fleet.prepare_hosts(&builder)?;
        fleet.make_keys()?;
        fleet.open_to_logins()?;
        client_files::write(&fleet.layout, &user_name()?, &fleet.hosts)?;
        for host in &mut fleet.hosts {
            host.launch(&fleet.layout, &fleet.sshd, fleet.site.as_ref())?;
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

    /// A command for `program` with [`Fleet::env`], on the admin host where that has a network of its own.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = match &self.site {
            None => Command::new(program),
            // It becomes the program: the process that the caller knows is the program's.
            Some(site) => {
                let mut nsenter = Command::new("nsenter");
                nsenter.arg(format!("--net={}", site.admin().path())).arg("--").arg(program);
                nsenter
            }
        };
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

    /// Changes how the spool of a host is mounted, where that is [`crate::HostOptions::spool_on_tmpfs`].
    pub fn remount_spool(&self, host: &str, options: &str) -> Result<(), FleetError> {
        launch::remount_spool(&self.host(host)?.layout().spool(), options)
    }

    /// Whether its hosts have network namespaces of their own.
    pub fn has_namespaces(&self) -> bool {
        self.site.is_some()
    }

    /// Starts the sshd of a host that is off.
    pub(crate) fn launch(&mut self, host: &str) -> Result<(), FleetError> {
        let host = self.hosts.iter_mut().find(|known| known.name() == host).ok_or_else(|| no_such_host(host))?;
        if host.listener_pid().is_none() {
            host.rotate_log()?;
            host.launch(&self.layout, &self.sshd, self.site.as_ref())?;
        }
        host.await_listening()
    }

    fn prepare_hosts(&mut self, builder: &FleetBuilder) -> Result<(), FleetError> {
        for (spec, loopback) in builder.hosts.iter().zip(addresses()) {
            let own = builder.options.get(&spec.name).cloned().unwrap_or_default();
            let place = self.site.as_ref().and_then(|site| site.host(&spec.name));
            let (space, address) = place.map_or((None, loopback), |(space, address)| (Some(space), address));
            self.hosts.push(Host::prepare(&self.layout, spec.clone(), builder.every.and(&own), address, space)?);
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

    /// Those who log in and are not root must reach their homes, and as parents read the key.
    fn open_to_logins(&self) -> Result<(), FleetError> {
        let Some(login) = self.hosts.iter().find_map(Host::login) else { return Ok(()) };
        let (dir, key) = (&self.layout.dir, self.layout.client_key());
        std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o711)).map_err(at(dir))?;
        chown(&key, Some(login.id), Some(login.id)).map_err(at(key))
    }

    pub(crate) fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    pub(crate) fn host(&self, name: &str) -> Result<&Host, FleetError> {
        self.hosts.iter().find(|host| host.name() == name).ok_or_else(|| no_such_host(name))
    }

    pub(crate) fn host_mut(&mut self, name: &str) -> Result<&mut Host, FleetError> {
        self.hosts.iter_mut().find(|host| host.name() == name).ok_or_else(|| no_such_host(name))
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.guard.release();
        self.hosts.iter_mut().for_each(Host::reap);
    }
}

fn no_such_host(name: &str) -> FleetError {
    FleetError::NoSuchHost(name.to_owned())
}

fn in_namespaces(builder: &FleetBuilder) -> Result<bool, FleetError> {
    match builder.network {
        Network::Loopback => Ok(false),
        Network::Best => Ok(namespaces_missing().is_none()),
        Network::Namespaces => match namespaces_missing() {
            None => Ok(true),
            Some(what) => Err(FleetError::Network(format!("this machine lacks {what}"))),
        },
    }
}

fn find_sshd() -> Result<PathBuf, FleetError> {
    // sshd insists on being called by its full path, and is not in the PATH of an ordinary user.
    let places = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/bin/sshd", "/sbin/sshd"];
    let found = places.iter().map(PathBuf::from).find(|path| path.exists());
    let sshd = found.ok_or(FleetError::Missing { program: "sshd", package: "openssh-server" })?;
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
        None => tempfile::Builder::new().prefix("mt-").tempdir_in(HOME_OF_FLEETS).map_err(at(HOME_OF_FLEETS))?.keep(),
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
            std::io::ErrorKind::NotFound => FleetError::Missing { program: "ssh-keygen", package: "openssh-client" },
            _ => FleetError::File { path: "ssh-keygen".into(), source },
        })
}

fn user_name() -> Result<String, FleetError> {
    let output = Command::new("id").arg("-un").output().map_err(at("id"))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
