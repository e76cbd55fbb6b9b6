//! Which machine this is, since which boot, and whether a process is still the one that was meant.

use crate::spool::SpoolError;
use serde::{Deserialize, Serialize};
use std::io;

/// The machine and its present boot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostIdentity {
    /// Stays the same over reboots; another one in a spool's header means that the folder is not this machine's.
    pub machine: String,
    /// Another one after each boot.
    pub boot: String,
}

/// A process as a record names it. Process ids are used again, so the id alone says nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// The process id.
    pub pid: i32,
    /// Field 22 of `/proc/PID/stat`.
    pub start_time: u64,
    /// The boot id.
    pub boot: String,
}

/// What `/proc/PID/stat` says about a process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessStat {
    /// Its name.
    pub name: String,
    /// One letter; `Z` has ended and waits for its parent.
    pub state: char,
    /// The process id of its parent.
    pub parent: i32,
    /// When it started, in ticks since the boot.
    pub start_time: u64,
}

impl HostIdentity {
    /// Reads it from the system.
    pub fn read() -> Result<Self, SpoolError> {
        let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id")
            .map_err(|source| SpoolError::NoProc { source })?;
        Ok(Self { machine: machine_id(), boot: boot.trim().to_owned() })
    }
}

impl ProcessIdentity {
    /// The process that has this id now.
    pub fn of(pid: i32, host: &HostIdentity) -> io::Result<Self> {
        Ok(Self { pid, start_time: ProcessStat::read(pid)?.start_time, boot: host.boot.clone() })
    }

    /// Whether this very process is alive. One that has ended and was not waited for yet is not.
    pub fn is_alive(&self, host: &HostIdentity) -> bool {
        self.boot == host.boot
            && ProcessStat::read(self.pid).is_ok_and(|stat| stat.start_time == self.start_time && stat.state != 'Z')
    }
}

impl ProcessStat {
    /// Reads it from `/proc`.
    pub fn read(pid: i32) -> io::Result<Self> {
        let bytes = std::fs::read(format!("/proc/{pid}/stat"))?;
        Self::parse(&String::from_utf8_lossy(&bytes)).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
    }

    /// The name stands in brackets and may hold brackets and blanks itself, so the last closing one counts.
    fn parse(text: &str) -> Option<Self> {
        let (before, after) = text.rsplit_once(')')?;
        let (_, name) = before.split_once('(')?;
        let mut fields = after.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let parent = fields.next()?.parse().ok()?;
        let start_time = fields.nth(17)?.parse().ok()?;
        Some(Self { name: name.to_owned(), state, parent, start_time })
    }
}

/// The machine id; the host name where a machine has none (small containers).
fn machine_id() -> String {
    let known = ["/etc/machine-id", "/var/lib/dbus/machine-id"]
        .iter()
        .filter_map(|path| std::fs::read_to_string(path).ok())
        .map(|id| id.trim().to_owned())
        .find(|id| !id.is_empty());
    known.unwrap_or_else(|| {
        let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
        format!("name:{}", name.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_with_brackets_in_the_name() {
        let text = "77 (a) b (c)) S 12 77 77 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 1 2";
        let stat = ProcessStat::parse(text).unwrap();
        assert_eq!((stat.name.as_str(), stat.state, stat.parent, stat.start_time), ("a) b (c)", 'S', 12, 987_654));
    }

    #[test]
    fn a_process_is_itself_and_not_one_of_another_boot_or_time() {
        let host = HostIdentity::read().unwrap();
        let me = ProcessIdentity::of(i32::try_from(std::process::id()).unwrap(), &host).unwrap();
        assert!(me.is_alive(&host));
        assert!(!ProcessIdentity { start_time: me.start_time + 1, ..me.clone() }.is_alive(&host));
        assert!(!ProcessIdentity { boot: "other".into(), ..me }.is_alive(&host));
    }
}
