//! What the supervisor writes down: the exit record and the lines of the history.

use crate::spool::{AttemptFolder, AttemptSpec, EXIT_ROOM, ExitRecord, HistoryLine, SpoolError};
use mcom_model::{Outcome, limits};
use rustix::fs::{FallocateFlags, Mode};
use rustix::io::Errno;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::time::{SystemTime, UNIX_EPOCH};

/// The exit record under its temporary name.
pub(super) const EXIT_DRAFT: &str = "exit.new";

/// Milliseconds since 1970, for people: nothing is decided by it.
pub(crate) fn wall_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// Makes the draft of the exit record and reserves its room on the disk.
pub(super) fn reserve_exit(attempt: &AttemptFolder) -> Result<File, SpoolError> {
    let files = attempt.files();
    files.remove(EXIT_DRAFT)?;
    let draft = files.create_new(EXIT_DRAFT, Mode::RUSR | Mode::WUSR)?;
    match rustix::fs::fallocate(&draft, FallocateFlags::empty(), 0, EXIT_ROOM as u64) {
        Ok(()) => Ok(draft),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => {
            draft.write_all_at(&[b' '; EXIT_ROOM], 0).map_err(|error| files.error(EXIT_DRAFT, "reserve", error))?;
            Ok(draft)
        }
        Err(error) => Err(files.error(EXIT_DRAFT, "reserve", error)),
    }
}

/// Writes the exit record into its reserved room.
pub(super) fn write_exit(attempt: &AttemptFolder, draft: &File, record: &ExitRecord) -> Result<(), SpoolError> {
    let failed = |error: std::io::Error| attempt.files().error(EXIT_DRAFT, "write", error);
    let mut bytes = serde_json::to_vec(record).map_err(|error| failed(error.into()))?;
    if bytes.len() > EXIT_ROOM {
        let named_nobody = ExitRecord { left: Vec::new(), ..record.clone() };
        bytes = serde_json::to_vec(&named_nobody).map_err(|error| failed(error.into()))?;
    }
    bytes.resize(EXIT_ROOM.max(bytes.len()), b' ');
    draft.write_all_at(&bytes, 0).map_err(failed)
}

/// What the payload left in `$MCOM_RESULT`: its first line, where it is a file and not empty.
pub(super) fn read_result(attempt: &AttemptFolder) -> Option<String> {
    let file = attempt.files().open_read("result").ok()??;
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let mut bytes = Vec::new();
    file.take(limits::RESULT_BYTES as u64).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    // A character that the cut went through is no character of the payload's.
    let line = text.lines().next().unwrap_or_default().trim_end_matches(char::REPLACEMENT_CHARACTER).trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// The line before a run.
pub(super) fn begin_line(attempt: &str, spec: &AttemptSpec) -> HistoryLine {
    let link = std::env::var("SSH_CONNECTION").ok();
    HistoryLine::Begin {
        attempt: attempt.to_owned(),
        ms: wall_ms(),
        who: spec.run.who.clone(),
        from: link.and_then(|link| link.split(' ').next().map(str::to_owned)),
        payload: spec.run.payload.id(),
        what: spec.run.payload.name.clone(),
        undoes: spec.run.undoes,
        reason: spec.run.reason.clone(),
    }
}

/// The line after a run.
pub(super) fn end_line(attempt: &str, spec: &AttemptSpec, outcome: Outcome) -> HistoryLine {
    let (payload, undoes) = (spec.run.payload.id(), spec.run.undoes);
    HistoryLine::End { attempt: attempt.to_owned(), ms: wall_ms(), payload, undoes, outcome }
}
