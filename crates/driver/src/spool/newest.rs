//! The lines of the history, the newest first, without reading more of it than is asked for.

use crate::spool::history::NAME;
use crate::spool::{Folder, SpoolError};
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Bytes of one read.
const PIECE: u64 = 64 << 10;

/// Bytes of the newest history that are looked through: some hundred thousand runs.
const SEARCHED: u64 = 64 << 20;

/// Reads from the end.
pub(super) struct NewestFirst<'a> {
    folder: &'a Folder,
    file: File,
    /// Where the unread part ends, and where it begins.
    upto: u64,
    from: u64,
    /// What was read and not given out: the last line of it ends at its end.
    read: Vec<u8>,
}

impl<'a> NewestFirst<'a> {
    /// None where there is no history yet.
    pub(super) fn open(folder: &'a Folder) -> Result<Option<Self>, SpoolError> {
        let Some(file) = folder.open_read(NAME)? else { return Ok(None) };
        let upto = file.metadata().map_err(|error| folder.error(NAME, "look at", error))?.len();
        Ok(Some(Self { folder, file, upto, from: upto.saturating_sub(SEARCHED), read: Vec::new() }))
    }

    /// The next older line, without its end. One that is being written may be torn, as may one that a power cut tore.
    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, SpoolError> {
        loop {
            if let Some(end) = self.read.iter().rposition(|&byte| byte == b'\n') {
                let line = self.read.split_off(end + 1);
                self.read.truncate(end);
                if line.is_empty() {
                    continue;
                }
                return Ok(Some(line));
            }
            if self.upto == self.from {
                let line = std::mem::take(&mut self.read);
                return Ok((!line.is_empty()).then_some(line));
            }
            self.read_more()?;
        }
    }

    fn read_more(&mut self) -> Result<(), SpoolError> {
        let from = self.upto.saturating_sub(PIECE).max(self.from);
        let mut piece = vec![0; usize::try_from(self.upto - from).expect("a piece fits in memory")];
        self.file.read_exact_at(&mut piece, from).map_err(|error| self.folder.error(NAME, "read", error))?;
        piece.append(&mut self.read);
        (self.read, self.upto) = (piece, from);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_whole_and_newest_first_whatever_their_length() {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::open(place.path()).unwrap();
        assert!(NewestFirst::open(&folder).unwrap().is_none());
        let lines: Vec<String> = (0..400).map(|n| format!("{n}:{}", "x".repeat(n * 7 % 1000 * 3))).collect();
        for end in ["\n", ""] {
            std::fs::write(place.path().join(NAME), lines.join("\n") + end).unwrap();
            let mut newest = NewestFirst::open(&folder).unwrap().unwrap();
            for line in lines.iter().rev() {
                assert_eq!(newest.next().unwrap().unwrap(), line.as_bytes());
            }
            assert!(newest.next().unwrap().is_none());
        }
    }
}
