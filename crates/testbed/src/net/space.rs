//! One network namespace, held open by a file. Threads of ours enter it; what they start is in it.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::process::{Command, Stdio};

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

use super::sys;
use crate::error::{FleetError, at};

/// The namespace that the calling thread is in.
const OWN: &str = "/proc/thread-self/ns/net";

/// A network namespace without a name.
#[derive(Debug)]
pub(crate) struct NetSpace {
    file: OwnedFd,
}

impl NetSpace {
    /// A new one, in which only loopback is up.
    pub(crate) fn create() -> Result<Self, FleetError> {
        let made = on_a_thread(|| {
            sys::leave_network().map_err(|error| FleetError::Network(format!("unshare: {error}")))?;
            let file = File::open(OWN).map_err(at(OWN))?;
            // Its chatter would be counted as traffic of the links.
            for which in ["all", "default"] {
                let path = format!("/proc/sys/net/ipv6/conf/{which}/disable_ipv6");
                if std::fs::exists(&path).unwrap_or_default() {
                    std::fs::write(&path, "1").map_err(at(path))?;
                }
            }
            Ok(Self { file: file.into() })
        })?;
        made.ip("link set lo up\n")?;
        Ok(made)
    }

    /// Does something in this namespace: sockets that it opens and processes that it starts belong there.
    pub(crate) fn inside<T: Send>(&self, act: impl FnOnce() -> Result<T, FleetError> + Send) -> Result<T, FleetError> {
        on_a_thread(|| {
            self.enter()?;
            act()
        })
    }

    /// Moves the calling thread into this namespace for good.
    pub(crate) fn enter(&self) -> Result<(), FleetError> {
        move_into_link_name_space(self.file.as_fd(), Some(LinkNameSpaceType::Network))
            .map_err(|error| FleetError::Network(format!("setns: {error}")))
    }

    /// A second hold on the same namespace, for a thread of its own.
    pub(crate) fn hold(&self) -> Result<Self, FleetError> {
        let file = self.file.try_clone().map_err(at(OWN))?;
        Ok(Self { file })
    }

    /// Where other processes find the namespace, as long as this value lives.
    pub(crate) fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.file.as_raw_fd())
    }

    /// Carries out lines of `ip -batch` inside.
    pub(crate) fn ip(&self, lines: &str) -> Result<(), FleetError> {
        self.inside(|| ip(lines))
    }

    /// Has this namespace pass on packets that are not for itself.
    pub(crate) fn forward(&self) -> Result<(), FleetError> {
        let path = "/proc/sys/net/ipv4/ip_forward";
        self.inside(|| std::fs::write(path, "1").map_err(at(path)))
    }

    /// A TUN device inside.
    pub(crate) fn tun(&self, name: &str) -> Result<OwnedFd, FleetError> {
        self.inside(|| sys::open_tun(name).map_err(|error| FleetError::Network(format!("/dev/net/tun: {error}"))))
    }
}

/// Namespaces are a matter of the thread: one of its own leaves ours where it is.
fn on_a_thread<T: Send>(act: impl FnOnce() -> Result<T, FleetError> + Send) -> Result<T, FleetError> {
    let ended = std::thread::scope(|scope| scope.spawn(act).join());
    ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn ip(lines: &str) -> Result<(), FleetError> {
    let command = Command::new("ip")
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = command.map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => FleetError::Missing { program: "ip", package: "iproute2" },
        _ => FleetError::File { path: "ip".into(), source },
    })?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(lines.as_bytes()).map_err(at("ip"))?;
    }
    let output = child.wait_with_output().map_err(at("ip"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(FleetError::Program { program: "ip", said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}
