//! The processes of a host, looked at and signalled one by one. What they are called is for the tests to know.

use rustix::process::Pid;

use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::sweep::{self, Signal};

/// Whether this is root, so that hosts can have mounts, boot ids and networks of their own.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// A process of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    /// Its id.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// The program and its arguments, with blanks between.
    pub command: String,
}

impl Process {
    /// Nothing where it has ended.
    fn read(pid: u32) -> Option<Self> {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
        let words: Vec<_> = arguments.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (_, rest) = stat.rsplit_once(')')?;
        let mut fields = rest.split_whitespace();
        let alive = fields.next()? != "Z";
        let parent = fields.next()?.parse().ok()?;
        alive.then(|| Self { pid, parent, command: words.join(" ").trim_end().to_owned() })
    }

    /// Sends it a signal; one that is gone already is left alone.
    pub fn signal(&self, signal: Signal) {
        send(self.pid, signal);
    }
}

/// Sends a signal to one process; one that is gone already is left alone.
pub(crate) fn send(pid: u32, signal: Signal) {
    let signal = match signal {
        Signal::Stop => rustix::process::Signal::STOP,
        Signal::Continue => rustix::process::Signal::CONT,
        Signal::Terminate => rustix::process::Signal::TERM,
        Signal::Kill => rustix::process::Signal::KILL,
    };
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

impl Fleet {
    /// The processes of a host: its sshd, its sessions and what these started, detached or not.
    pub fn processes(&self, host: &str) -> Result<Vec<u32>, FleetError> {
        sweep::list(&self.host(host)?.layout().prefix())
    }

    /// The same, with what they are.
    pub fn process_list(&self, host: &str) -> Result<Vec<Process>, FleetError> {
        Ok(self.processes(host)?.into_iter().filter_map(Process::read).collect())
    }

    /// The sshd processes of a host that serve connections.
    pub fn sessions(&self, host: &str) -> Result<Vec<Process>, FleetError> {
        let host = self.host(host)?;
        let listener = host.listener_pid();
        let all = sweep::sshds(&host.layout().prefix())?.into_iter();
        Ok(all.filter(|pid| Some(*pid) != listener).filter_map(Process::read).collect())
    }

    /// Stops every process of a host where it is, lets them go on, or ends them.
    pub fn signal_host(&self, host: &str, signal: Signal) -> Result<(), FleetError> {
        sweep::signal(signal, &self.host(host)?.layout().prefix())
    }

    /// Cuts every connection to a host; what runs there and is detached goes on, and new connections are taken.
    pub fn cut_links(&self, host: &str) -> Result<(), FleetError> {
        self.sessions(host)?.iter().for_each(|session| session.signal(Signal::Kill));
        Ok(())
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
        self.launch(host)
    }

    /// Turns a host off and on again, as a machine does that boots: under another boot id. Needs root.
    pub fn reboot(&mut self, host: &str) -> Result<(), FleetError> {
        if !is_root() {
            return Err(FleetError::NeedsRoot("another boot id"));
        }
        self.stop_host(host)?;
        self.host_mut(host)?.change_boot_id()?;
        self.start_host(host)
    }
}
