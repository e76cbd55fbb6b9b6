//! Holding all rollouts still: looking whether a new one has hosts of another, and recording it, is one step.

use crate::error::WriteError;
use crate::rollouts::HoldError;
use crate::writer::Writer;
use crate::{files, layout};
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long another process that holds the rollouts is waited for: it looks at records and writes one.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked whether it has let go.
const LOOK: Duration = Duration::from_millis(20);

/// As long as it lives, no other process starts a rollout below the same folder.
#[derive(Debug)]
pub struct Hold {
    /// The lock goes with the file.
    _file: File,
}

/// Holds the rollouts below this folder, as `who`. Waits for another process that does, but not for long.
pub fn hold(rollouts: &Path, who: &str) -> Result<Hold, HoldError> {
    hold_within(rollouts, who, PATIENCE)
}

fn hold_within(rollouts: &Path, who: &str, patience: Duration) -> Result<Hold, HoldError> {
    files::ensure_dir(rollouts)?;
    let path = layout::hold(rollouts);
    let at = |error| WriteError::at(&path)(error);
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
    let file = file.map_err(at)?;
    let since = Instant::now();
    loop {
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => break,
            Err(Errno::WOULDBLOCK) if since.elapsed() < patience => std::thread::sleep(LOOK),
            Err(Errno::WOULDBLOCK) => {
                let writer = std::fs::read(&path).ok().and_then(|text| serde_json::from_slice(&text).ok());
                let writer: Writer = writer.unwrap_or_default();
                return Err(HoldError::Busy { rollouts: rollouts.to_owned(), writer, waited: patience });
            }
            Err(errno) => return Err(at(errno.into()).into()),
        }
    }
    let text = serde_json::to_vec(&Writer::this_process(who)).map_err(|error| at(error.into()))?;
    file.set_len(0).and_then(|()| file.write_all_at(&text, 0)).map_err(at)?;
    Ok(Hold { _file: file })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_process_at_a_time_holds_the_rollouts_and_the_others_learn_who() {
        let dir = tempfile::tempdir().unwrap();
        let rollouts = dir.path().join("mcom/rollouts");
        let first = hold(&rollouts, "alice@bastion").unwrap();
        let error = hold_within(&rollouts, "bob@bastion", Duration::from_millis(60)).unwrap_err();
        let text = error.to_string();
        assert!(text.starts_with(&format!("alice@bastion (process {}) has been", std::process::id())), "{text}");
        std::thread::scope(|scope| {
            let second = scope.spawn(|| hold(&rollouts, "bob@bastion").map(drop));
            drop(first);
            second.join().unwrap().unwrap();
        });
        assert!(std::fs::read_to_string(layout::hold(&rollouts)).unwrap().contains("bob@bastion"));
    }
}
