//! Ends what a fleet started, however its owner ends: a guard process waits for the owner's death.
//! How processes are found is in `sweep.sh`, which is the only implementation, so that the guard,
//! which must outlive this program, and this program cannot differ.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, test_kill_process};

use crate::error::{FleetError, at};
use crate::layout::Layout;

const SWEEP: &str = include_str!("sweep.sh");

/// A signal that the processes of a host can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Stops them where they are.
    Stop,
    /// Lets them go on.
    Continue,
    /// Asks them to end.
    Terminate,
    /// Ends them.
    Kill,
}

/// Brings down the fleet in `dir`, whoever owns it, and removes the folder.
///
/// The owner, where it still lives, is ended first, so that it does not take the end of its hosts for a fault.
pub fn bring_down(dir: &Path) -> Result<(), FleetError> {
    let dir = std::fs::canonicalize(dir).map_err(at(dir))?;
    let layout = Layout { dir: dir.clone() };
    let owner = std::fs::read_to_string(layout.marker())
        .map_err(|_| FleetError::Folder { path: dir.clone(), why: "is not the folder of a fleet" })?;
    if let Some(owner) = living_owner(&owner) {
        // An owner that has just gone is what is wanted.
        let _ = rustix::process::kill_process(owner, rustix::process::Signal::TERM);
    }
    run(&["down", &dir.display().to_string()])?;
    if dir.exists() {
        return Err(FleetError::Folder { path: dir, why: "is still there: some of its processes could not be ended" });
    }
    Ok(())
}

/// What the owner of a fleet writes into its marker: its pid and start time, so that a reused pid is not taken for it.
pub(crate) fn owner_line() -> String {
    let pid = std::process::id();
    format!("{pid} {}\n", start_time(pid).unwrap_or_default())
}

/// The pids of every process below `prefix`.
pub(crate) fn list(prefix: &str) -> Result<Vec<u32>, FleetError> {
    Ok(pids(&run(&["list", prefix])?))
}

/// The pids of the sshd processes below `prefix`, listeners and sessions.
pub(crate) fn sshds(prefix: &str) -> Result<Vec<u32>, FleetError> {
    Ok(pids(&run(&["sshds", prefix])?))
}

/// Sends a signal to every process below `prefix`.
pub(crate) fn signal(signal: Signal, prefix: &str) -> Result<(), FleetError> {
    let name = match signal {
        Signal::Stop => "STOP",
        Signal::Continue => "CONT",
        Signal::Terminate => "TERM",
        Signal::Kill => "KILL",
    };
    run(&["signal", name, prefix]).map(drop)
}

/// Kills every process below `prefix` and waits until none is left.
pub(crate) fn end(prefix: &str) -> Result<(), FleetError> {
    run(&["end", prefix]).map(drop)
}

/// Brings down the fleets in `folder` whose owner and guard have both been killed. What cannot be brought down,
/// another user's for example, is left to whoever may.
pub(crate) fn bring_down_left_over(folder: &Path) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    for dir in entries.map(|entry| entry.path()).filter(|path| path.to_string_lossy().contains("/mt-")) {
        let Ok(owner) = std::fs::read_to_string(Layout { dir: dir.clone() }.marker()) else { continue };
        // A marker that is being written has no end of line yet.
        if owner.ends_with('\n') && !lives(&owner) {
            let _ = run(&["down", &dir.display().to_string()]);
        }
    }
}

/// The process that brings a fleet down when its owner has gone.
#[derive(Debug)]
pub(crate) struct Guard {
    process: Child,
}

impl Guard {
    /// Starts the guard of the fleet in `dir`. It is in a group of its own: an interrupt from the terminal is not for it.
    pub(crate) fn start(dir: &Path) -> Result<Self, FleetError> {
        let process = Command::new("sh")
            .args(["-c", SWEEP, "mcom-testbed-guard", "guard"])
            .arg(dir)
            .current_dir("/")
            .env_remove("MCOM_TESTBED")
            .env_remove("MCOM_SPOOL")
            .env("OWNER", std::process::id().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .map_err(at("sh"))?;
        Ok(Self { process })
    }

    /// Has the guard do its work now, and waits until it is done.
    pub(crate) fn release(&mut self) {
        drop(self.process.stdin.take());
        // The guard is our child and nobody else waits for it.
        let _ = self.process.wait();
    }
}

fn run(arguments: &[&str]) -> Result<String, FleetError> {
    let output = Command::new("sh")
        .args(["-c", SWEEP, "mcom-testbed-sweep"])
        .args(arguments)
        .env_remove("MCOM_TESTBED")
        .env_remove("MCOM_SPOOL")
        .env("OWNER", std::process::id().to_string())
        .output()
        .map_err(at("sh"))?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    if said.contains("still there") {
        return Err(FleetError::Program { program: "kill", said });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn pids(text: &str) -> Vec<u32> {
    text.lines().filter_map(|line| line.trim().parse().ok()).collect()
}

fn lives(owner: &str) -> bool {
    let this = owner.split_whitespace().next() == Some(std::process::id().to_string().as_str());
    this || living_owner(owner).is_some()
}

fn living_owner(line: &str) -> Option<Pid> {
    let (pid, started) = line.trim().split_once(' ')?;
    let number: u32 = pid.parse().ok()?;
    if number == std::process::id() || start_time(number)? != started {
        return None;
    }
    let pid = Pid::from_raw(i32::try_from(number).ok()?)?;
    test_kill_process(pid).ok().map(|()| pid)
}

/// Field 22 of `/proc/PID/stat`; the command name before it may hold blanks and brackets.
fn start_time(pid: u32) -> Option<String> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(19).map(str::to_owned)
}
