//! The payload's process: made first, recorded while it waits, then let go to execute the payload.

use crate::spool::{AttemptFolder, AttemptSpec, SpoolError};
use crate::supervisor::cgroup::Cgroup;
use crate::supervisor::sys::{self, Forked};
use mcom_model::{PayloadKind, Reason, ReasonKind};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, pipe_with};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// What is executed, and with what.
pub(super) struct Program {
    command: Command,
    /// The script, which `/bin/sh` takes where the kernel finds no interpreter line in it.
    script: Option<PathBuf>,
    cwd: PathBuf,
    /// Whether the working directory was asked for, so that one that is missing is a fault.
    cwd_asked: bool,
    args: Vec<String>,
}

/// A process that has not executed anything yet, or the payload in it.
pub(super) struct PayloadProcess {
    pub pid: i32,
    /// Closing it unwritten ends the process; none once it was released.
    gate: Option<OwnedFd>,
    /// Ends when the payload is executed; carries a report when that fails. None once it has ended.
    report: Option<File>,
    failure: Vec<u8>,
}

/// The supervisor's ends of the payload's output.
pub(super) struct OutputPipes {
    pub out: OwnedFd,
    pub err: OwnedFd,
}

/// How often a script that somebody has open for writing is tried again: another thread of the node may fork while it
/// writes the file, and its child holds the file until it executes something itself.
const BUSY_TRIES: u32 = 1000;

impl Program {
    /// What the spec says, with the environment of the login and mcom's own variables.
    pub(super) fn new(attempt: &AttemptFolder, spec: &AttemptSpec) -> Result<Self, SpoolError> {
        let payload = &spec.run.payload;
        let script = (payload.kind == PayloadKind::Script).then(|| attempt.path("payload"));
        let mut command = match &script {
            Some(script) => Command::new(script),
            None => {
                let text = attempt.files().read("payload", mcom_model::limits::BLOB)?.unwrap_or_default();
                let mut shell = Command::new("/bin/sh");
                shell.arg("-c").arg(std::ffi::OsStr::new(&*String::from_utf8_lossy(&text)));
                if !payload.args.is_empty() {
                    shell.arg("sh");
                }
                shell
            }
        };
        command.args(&payload.args).stdin(stdin_of(attempt, spec)?);
        command.envs(payload.env.iter().map(|(key, value)| (key, value)));
        add_environment(&mut command, attempt, spec);
        let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
        let cwd = payload.cwd.as_ref().map(PathBuf::from).or(home).unwrap_or_else(|| "/".into());
        Ok(Self { command, script, cwd, cwd_asked: payload.cwd.is_some(), args: payload.args.clone() })
    }

    /// Makes the process. It waits at its gate, in a session of its own.
    pub(super) fn fork(mut self, cgroup: Option<&Cgroup>) -> io::Result<(PayloadProcess, OutputPipes)> {
        let (gate_read, gate) = pipe_with(PipeFlags::CLOEXEC)?;
        let (report, report_write) = pipe_with(PipeFlags::CLOEXEC)?;
        let (out, out_write) = pipe_with(PipeFlags::CLOEXEC)?;
        let (err, err_write) = pipe_with(PipeFlags::CLOEXEC)?;
        if let Forked::Parent(pid) = sys::fork(cgroup.map(AsFd::as_fd))? {
            for fd in [out.as_fd(), err.as_fd(), report.as_fd()] {
                rustix::io::ioctl_fionbio(fd, true)?;
            }
            let process = PayloadProcess { pid, gate: Some(gate), report: Some(report.into()), failure: Vec::new() };
            return Ok((process, OutputPipes { out, err }));
        }
        // The child. Its copy of the gate's other end must go, or it would wait for itself. A new session takes some
        // kernels ten milliseconds: it is made here, while the supervisor waits for the disk.
        drop(gate);
        let detached = rustix::process::setsid().is_ok();
        if File::from(gate_read).read_exact(&mut [0]).is_ok() && detached {
            self.command.stdout(out_write).stderr(err_write);
            let failure = self.execute();
            let _ = File::from(report_write).write_all(failure.as_bytes());
        }
        sys::exit_now(127)
    }

    /// Executes the payload. Returns only where that fails, with the words for it.
    fn execute(&mut self) -> String {
        if let Err(error) = rustix::process::chdir(&self.cwd) {
            if self.cwd_asked {
                return format!("cannot enter the working directory {}: {}", self.cwd.display(), words(error.into()));
            }
            // A user whose home is missing is put into the root by sshd as well.
            let _ = rustix::process::chdir("/");
        }
        let mut error = self.command.exec();
        for _ in 0..BUSY_TRIES {
            if error.raw_os_error() != Some(Errno::TXTBSY.raw_os_error()) {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
            error = self.command.exec();
        }
        let Some(script) = &self.script else { return format!("cannot execute /bin/sh: {}", words(error)) };
        if error.raw_os_error() == Some(Errno::NOEXEC.raw_os_error()) {
            let error = self.shell(script).exec();
            return format!("cannot execute /bin/sh: {}", words(error));
        }
        explain(script, &error)
    }

    /// The shell that takes a script without an interpreter line, with everything else as it was.
    fn shell(&self, script: &Path) -> Command {
        let mut shell = Command::new("/bin/sh");
        shell.arg(script).args(&self.args);
        for (key, value) in self.command.get_envs() {
            match value {
                Some(value) => shell.env(key, value),
                None => shell.env_remove(key),
            };
        }
        // The first try has put the streams in their places.
        shell.stdin(Stdio::inherit()).stdout(Stdio::inherit()).stderr(Stdio::inherit());
        shell
    }
}

impl PayloadProcess {
    /// Lets it execute the payload.
    pub(super) fn release(&mut self) -> io::Result<()> {
        self.gate.take().map_or(Ok(()), |gate| File::from(gate).write_all(b"g"))
    }

    /// Ends it before it executes anything.
    pub(super) fn abandon(&mut self) {
        self.gate = None;
    }

    /// Whether it still waits at its gate.
    pub(super) fn waits(&self) -> bool {
        self.gate.is_some()
    }

    /// The report to wait for; none once it has ended.
    pub(super) fn report(&self) -> Option<&File> {
        self.report.as_ref()
    }

    /// Reads the report as far as it is there. Says whether the payload is being executed since.
    pub(super) fn read_report(&mut self) -> bool {
        let Some(report) = &mut self.report else { return false };
        let mut buffer = [0; 1024];
        loop {
            match report.read(&mut buffer) {
                Ok(0) => break,
                Ok(len) => self.failure.extend_from_slice(&buffer[..len]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return false,
                Err(_) => break,
            }
        }
        self.report = None;
        self.failure.is_empty()
    }

    /// Why it could not execute the payload, where it could not.
    pub(super) fn failure(&self) -> Option<Reason> {
        let text = String::from_utf8_lossy(&self.failure);
        (!text.is_empty()).then(|| Reason::new(ReasonKind::CannotExecute, text))
    }
}

fn stdin_of(attempt: &AttemptFolder, spec: &AttemptSpec) -> Result<Stdio, SpoolError> {
    let Some(blob) = spec.run.payload.stdin else { return Ok(Stdio::null()) };
    let name = AttemptFolder::blob_name(spec, blob);
    let file = attempt.files().open_read(name)?;
    file.map(Stdio::from).ok_or_else(|| attempt.files().error(name, "read", Errno::NOENT))
}

/// What every payload finds in its environment, whatever it was given besides.
fn add_environment(command: &mut Command, attempt: &AttemptFolder, spec: &AttemptSpec) {
    command
        .env("MCOM_RUN", spec.run.run.as_str())
        .env("MCOM_HOST", &spec.host)
        .env("MCOM_DC", &spec.dc)
        .env("MCOM_ATTEMPT", spec.run.attempt.to_string())
        .env("MCOM_REASON", spec.run.reason.as_deref().unwrap_or_default())
        .env("MCOM_RESULT", attempt.path("result"));
}

/// Says why the kernel did not execute a script: it says ENOENT of the script where the interpreter is missing.
fn explain(script: &Path, error: &io::Error) -> String {
    let mut head = [0; 256];
    let len = File::open(script).and_then(|mut file| file.read(&mut head)).unwrap_or(0);
    let line = head[..len].split(|&byte| byte == b'\n').next().unwrap_or_default();
    let Some(interpreter) = line.strip_prefix(b"#!") else {
        return format!("cannot execute the script: {}", words(io::Error::from_raw_os_error(code(error))));
    };
    if line.ends_with(b"\r") {
        return "the interpreter line ends with a carriage return: save the script with Unix line ends".into();
    }
    let interpreter = String::from_utf8_lossy(interpreter);
    format!(
        "cannot execute the interpreter {}: {}",
        interpreter.trim(),
        words(io::Error::from_raw_os_error(code(error)))
    )
}

fn code(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or(Errno::IO.raw_os_error())
}

/// An error of the system without its number.
fn words(error: io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}
