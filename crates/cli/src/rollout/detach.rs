//! A rollout that goes on without the terminal: this program is started again, in a session of its own, with its output
//! in the rollout's folder.

use crate::error::{CliError, ErrorKind, plain};
use crate::exit;
use crate::output::say;
use mcom_ledger::StoredRollout;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The file that gets what the process prints.
const LOG: &str = "detached.log";

/// How long the other process may take to have the rollout.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked whether it has.
const LOOK: Duration = Duration::from_millis(20);

/// Lines of the file that are shown where it goes wrong.
const LINES: usize = 12;

/// Starts `mcom rollout VERB...`, waits until that process has the rollout, and says how to see what it does. Returns the
/// exit code: that of the process, where there was nothing left for it to do.
pub fn go_on_without(rollout: &StoredRollout, name: &str, words: &[String]) -> Result<u8, CliError> {
    let path = rollout.dir().join(LOG);
    let failed = |what: &str, error: &std::io::Error| {
        CliError::new(ErrorKind::File, format!("{what}: {}", plain(error)))
            .hint(format!("carry it on here: mcom rollout resume {name}"))
    };
    let log = File::options().append(true).create(true).mode(0o600).open(&path);
    let log = log.map_err(|error| failed(&format!("{} cannot be written", path.display()), &error))?;
    let begins = log.metadata().map_or(0, |data| data.len());
    let both = log.try_clone().map_err(|error| failed("no more open files", &error))?;
    let exe = std::env::current_exe().map_err(|error| failed("this program cannot be found", &error))?;
    let mut command = Command::new(exe);
    command.arg("rollout").args(words).arg("--detached").stdin(Stdio::null()).stdout(log).stderr(both);
    let mut child = command.spawn().map_err(|error| failed("this program cannot be started again", &error))?;
    let ended = wait_for(&mut child, rollout, &path, begins, name)?;
    match ended {
        None => say(&format!(
            "{name} goes on without this terminal (process {})\n  how far it is: mcom rollout status {name}\n  follow it: \
             mcom rollout watch {name}\n",
            child.id()
        )),
        Some(_) => say(&format!("{name} goes no further for now\n  how far it is: mcom rollout status {name}\n")),
    }
    Ok(ended.unwrap_or(exit::OK))
}

/// Waits until the process has the rollout, or has ended: what is left of that is in its output. Its exit code, where it
/// did all that there was to do.
fn wait_for(
    child: &mut Child,
    rollout: &StoredRollout,
    log: &Path,
    begins: u64,
    name: &str,
) -> Result<Option<u8>, CliError> {
    let until = Instant::now() + PATIENCE;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            let code = status.code().and_then(|code| u8::try_from(code).ok());
            if let Some(code) = code.filter(|code| [exit::OK, exit::HALTED, exit::WAITS].contains(code)) {
                return Ok(Some(code));
            }
            let said = std::fs::read(log).unwrap_or_default();
            let said = String::from_utf8_lossy(said.get(begins as usize..).unwrap_or_default()).into_owned();
            let error =
                CliError::new(ErrorKind::Refused, format!("rollout {name} does not go on without this terminal"));
            let error = said.lines().take(LINES).fold(error, |error, line| error.hint(line.trim()));
            return Err(error.hint(format!("carry it on here: mcom rollout resume {name}")));
        }
        if rollout.writer()?.is_some_and(|writer| writer.pid == child.id()) {
            return Ok(None);
        }
        if Instant::now() >= until {
            return Err(CliError::new(ErrorKind::Busy, format!("process {} does not take the rollout up", child.id()))
                .hint(format!("what it says is in {}", log.display())));
        }
        std::thread::sleep(LOOK);
    }
}

/// Leaves the terminal: nothing that happens to it reaches this process any more.
pub fn become_detached() {
    // Who leads a session already has no terminal to lose.
    let _ = rustix::process::setsid();
}
