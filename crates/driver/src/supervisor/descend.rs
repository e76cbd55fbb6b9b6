//! The processes below the supervisor. It is their subreaper, so one whose parent ended stays below it, whatever
//! session or process group it went to.

use crate::spool::ProcessStat;
use rustix::process::{Pid, Signal};
use std::collections::BTreeMap;

/// A living process below the supervisor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Descendant {
    pub pid: i32,
    pub name: String,
    start_time: u64,
}

/// Every living process below this one. Those that have ended and were not waited for are not among them.
pub(super) fn descendants() -> Vec<Descendant> {
    let me = i32::try_from(std::process::id()).expect("the kernel's process ids are below 2^22");
    let everybody = if children(me).is_some() { None } else { Some(by_parent()) };
    let of = |pid| match &everybody {
        Some(by_parent) => by_parent.get(&pid).cloned().unwrap_or_default(),
        None => children(pid).unwrap_or_default(),
    };
    let (mut found, mut todo) = (Vec::new(), of(me));
    while let Some(pid) = todo.pop() {
        todo.extend(of(pid));
        if let Ok(ProcessStat { name, state, start_time, .. }) = ProcessStat::read(pid)
            && state != 'Z'
        {
            found.push(Descendant { pid, name, start_time });
        }
    }
    found
}

impl Descendant {
    /// Sends it a signal; says whether that is allowed. One that is gone needs none.
    ///
    /// Ids are used again, so the process is looked at just before: of two kernels' worth of ids none comes back
    /// within the microseconds between.
    pub(super) fn signal(&self, signal: Signal) -> bool {
        let same = ProcessStat::read(self.pid).is_ok_and(|stat| stat.start_time == self.start_time);
        let Some(pid) = Pid::from_raw(self.pid).filter(|_| same) else { return true };
        rustix::process::kill_process(pid, signal) != Err(rustix::io::Errno::PERM)
    }
}

/// Sends TERM to every descendant, each once, those that are forked meanwhile included. Stopped ones are woken to
/// receive it.
pub(super) fn term_all() {
    let mut told: BTreeMap<i32, u64> = BTreeMap::new();
    for _ in 0..3 {
        let fresh: Vec<_> =
            descendants().into_iter().filter(|process| told.get(&process.pid) != Some(&process.start_time)).collect();
        for process in &fresh {
            process.signal(Signal::TERM);
            process.signal(Signal::CONT);
            told.insert(process.pid, process.start_time);
        }
        if fresh.is_empty() {
            break;
        }
    }
}

/// The children of a process, as the kernel lists them; none where it was built without that list.
fn children(pid: i32) -> Option<Vec<i32>> {
    let mut found = Vec::new();
    let tasks = std::fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    for task in tasks.flatten() {
        let list = match std::fs::read_to_string(task.path().join("children")) {
            Ok(list) => list,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && !task.path().exists() => continue,
            Err(_) => return None,
        };
        found.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok()));
    }
    Some(found)
}

/// Every process of the host by its parent.
fn by_parent() -> BTreeMap<i32, Vec<i32>> {
    let mut by_parent: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir("/proc") else { return by_parent };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    for pid in pids {
        if let Ok(stat) = ProcessStat::read(pid) {
            by_parent.entry(stat.parent).or_default().push(pid);
        }
    }
    by_parent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_looking_find_a_child() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let me = i32::try_from(std::process::id()).unwrap();
        let known = by_parent();
        child.kill().unwrap();
        assert!(known[&me].contains(&pid));
        if let Some(children) = children(me) {
            assert!(children.contains(&pid));
        }
        child.wait().unwrap();
        assert!(!descendants().iter().any(|process| process.pid == pid));
    }
}
