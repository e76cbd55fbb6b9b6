//! The history of a host: one line before and one after each run. Written by supervisors, of which one at a time holds
//! the host's lock, and those that run without it beside.

use crate::spool::newest::NewestFirst;
use crate::spool::{Folder, HistoryLine, SpoolError};
use mcom_model::RunId;
use rustix::fs::fdatasync;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;

pub(super) const NAME: &str = "history";

/// The history, open for appending.
#[derive(Debug)]
pub struct History<'a> {
    folder: &'a Folder,
    file: File,
}

impl<'a> History<'a> {
    /// Opens it, and makes it where it is missing.
    pub fn open(folder: &'a Folder) -> Result<Self, SpoolError> {
        Ok(Self { folder, file: folder.append(NAME)? })
    }

    /// Appends a line. A line that a power cut tore is ended first, so that it spoils itself only.
    pub fn append(&mut self, line: &HistoryLine) -> Result<(), SpoolError> {
        let mut bytes = if self.ends_torn() { b"\n".to_vec() } else { Vec::new() };
        serde_json::to_writer(&mut bytes, line).map_err(|error| self.folder.error(NAME, "write", error))?;
        bytes.push(b'\n');
        self.file.write_all(&bytes).map_err(|error| self.folder.error(NAME, "write", error))
    }

    /// Flushes it to the disk.
    pub fn sync(&self) -> Result<(), SpoolError> {
        fdatasync(&self.file).map_err(|error| self.folder.error(NAME, "flush", error))
    }

    /// Whether this attempt began here, even if its folder was removed since.
    pub fn has_begun(folder: &Folder, attempt: &str) -> Result<bool, SpoolError> {
        let needle = format!(r#"{{"event":"begin","attempt":"{attempt}","#);
        any_line(folder, |line| line.starts_with(needle.as_bytes()))
    }

    /// The same for any of the attempts of a run.
    pub fn has_begun_any(folder: &Folder, run: &RunId, attempts: Range<u32>) -> Result<bool, SpoolError> {
        let needle = format!(r#"{{"event":"begin","attempt":"{run}."#);
        any_line(folder, |line| {
            let rest = line.strip_prefix(needle.as_bytes());
            let number = rest.and_then(|rest| rest.split(|&byte| byte == b'"').next());
            let number = number.and_then(|number| std::str::from_utf8(number).ok()?.parse().ok());
            number.is_some_and(|number| attempts.contains(&number))
        })
    }

    fn ends_torn(&mut self) -> bool {
        let mut last = [b'\n'];
        self.file.seek(SeekFrom::End(-1)).is_ok() && self.file.read_exact(&mut last).is_ok() && last != *b"\n"
    }
}

fn any_line(folder: &Folder, is: impl Fn(&[u8]) -> bool) -> Result<bool, SpoolError> {
    let Some(mut lines) = NewestFirst::open(folder)? else { return Ok(false) };
    while let Some(line) = lines.next()? {
        if is(&line) {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::{Digest, Outcome};

    fn begin(attempt: &str) -> HistoryLine {
        HistoryLine::Begin {
            attempt: attempt.into(),
            ms: 1,
            who: "alice@bastion".into(),
            from: None,
            payload: Digest::of(b"x"),
            what: "fix.sh".into(),
            undoes: None,
            reason: None,
        }
    }

    #[test]
    fn begun_attempts_are_found_and_a_torn_line_spoils_itself_only() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        History::open(&folder).unwrap().append(&begin("8f3k.1")).unwrap();
        std::fs::OpenOptions::new()
            .append(true)
            .open(place.path().join(NAME))
            .unwrap()
            .write_all(br#"{"event":"be"#)
            .unwrap();
        let (attempt, payload) = ("8f3k.1".to_owned(), Digest::of(b"x"));
        let end = HistoryLine::End { attempt, ms: 2, payload, undoes: None, outcome: Outcome::Ok };
        History::open(&folder).unwrap().append(&end).unwrap();
        assert!(History::has_begun(&folder, "8f3k.1").unwrap());
        assert!(!History::has_begun(&folder, "8f3k.2").unwrap());
        let text = std::fs::read_to_string(place.path().join(NAME)).unwrap();
        let lines: Vec<_> = text.lines().map(serde_json::from_str::<HistoryLine>).collect();
        assert_eq!(lines[0].as_ref().unwrap(), &begin("8f3k.1"));
        assert!(lines[1].is_err());
        assert_eq!(lines[2].as_ref().unwrap(), &end);
    }
}
