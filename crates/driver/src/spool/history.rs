//! The history of a host: one line before and one after each run. Written by the holder of the host's lock only.

use crate::spool::{Folder, HistoryLine, SpoolError};
use rustix::fs::fdatasync;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};

const NAME: &str = "history";

/// Bytes of the newest history that are looked through for an attempt: some hundred thousand runs.
const SEARCHED: u64 = 64 << 20;

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

    /// Whether a run of this attempt began here, even if its folder was removed since.
    pub fn has_begun(folder: &Folder, attempt: &str) -> Result<bool, SpoolError> {
        let Some(mut file) = folder.open_read(NAME)? else { return Ok(false) };
        let mut bytes = Vec::new();
        let read = file
            .metadata()
            .and_then(|about| file.seek(SeekFrom::Start(about.len().saturating_sub(SEARCHED))))
            .and_then(|_| file.read_to_end(&mut bytes));
        read.map_err(|error| folder.error(NAME, "read", error))?;
        let needle = format!(r#"{{"event":"begin","attempt":"{attempt}","#);
        Ok(String::from_utf8_lossy(&bytes).contains(&needle))
    }

    fn ends_torn(&mut self) -> bool {
        let mut last = [b'\n'];
        self.file.seek(SeekFrom::End(-1)).is_ok() && self.file.read_exact(&mut last).is_ok() && last != *b"\n"
    }
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
        let end = HistoryLine::End { attempt: "8f3k.1".into(), ms: 2, payload: Digest::of(b"x"), outcome: Outcome::Ok };
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
