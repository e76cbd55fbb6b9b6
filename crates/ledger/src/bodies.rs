//! What hosts printed, on its way to being a body: pieces in order, checked, then placed under their digest.
//!
//! Memory is bounded whatever comes: a few KiB a stream and a few MiB in all wait here, the rest lies in temporary
//! files, of which at most one is open.

use crate::error::{OutputError, WriteError};
use crate::{files, layout};
use mcom_model::{Digest, DigestHasher, HostId, Stream};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Bytes of one stream that wait in memory.
const STREAM_BUFFER: usize = 4 << 10;

/// Bytes of all streams that wait in memory.
const ALL_BUFFERS: usize = 4 << 20;

type Key = (HostId, Stream);

/// The bodies of one run, whole and in the making.
pub(crate) struct BodyStore {
    bodies: PathBuf,
    partial: PathBuf,
    parts: BTreeMap<Key, Part>,
    /// Bytes in all buffers.
    buffered: usize,
    /// The file that was written last: a host that prints much sends many pieces in a row.
    open: Option<(Key, File)>,
}

/// A body in the making.
#[derive(Default)]
struct Part {
    len: u64,
    buffer: Vec<u8>,
    /// The digest of what lies in the file; none as long as there is no file.
    spilled: Option<Box<DigestHasher>>,
}

impl BodyStore {
    pub(crate) fn create(run: &Path) -> Result<Self, WriteError> {
        let (bodies, partial) = (layout::bodies(run), layout::partial(run));
        files::create_dir(&bodies)?;
        files::create_dir(&partial)?;
        Ok(Self::over(bodies, partial))
    }

    /// The bodies of a run that is carried on. What was on its way when its coordinator went is asked for again from
    /// its beginning, so what was left of it goes.
    pub(crate) fn reopen(run: &Path) -> Result<Self, WriteError> {
        let (bodies, partial) = (layout::bodies(run), layout::partial(run));
        match std::fs::remove_dir_all(&partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(WriteError::at(&partial)(error)),
            _ => {}
        }
        files::ensure_dir(&bodies)?;
        files::create_dir(&partial)?;
        Ok(Self::over(bodies, partial))
    }

    fn over(bodies: PathBuf, partial: PathBuf) -> Self {
        Self { bodies, partial, parts: BTreeMap::new(), buffered: 0, open: None }
    }

    /// Keeps the next piece of a stream.
    pub(crate) fn add(&mut self, host: HostId, stream: Stream, offset: u64, bytes: &[u8]) -> Result<(), OutputError> {
        let part = self.parts.entry((host, stream)).or_default();
        if offset != part.len {
            return Err(OutputError::Gap { host, stream, expected: part.len, got: offset });
        }
        part.len += bytes.len() as u64;
        let fits = part.buffer.len() + bytes.len() <= STREAM_BUFFER && self.buffered + bytes.len() <= ALL_BUFFERS;
        if fits {
            part.buffer.extend_from_slice(bytes);
            self.buffered += bytes.len();
            return Ok(());
        }
        self.spill((host, stream), bytes).inspect_err(|_| self.drop_part(host, stream)).map_err(OutputError::from)
    }

    /// Checks a finished stream and places it under its digest.
    pub(crate) fn finish(
        &mut self,
        host: HostId,
        stream: Stream,
        digest: &Digest,
        len: u64,
    ) -> Result<(), OutputError> {
        let part = self.parts.entry((host, stream)).or_default();
        let got_len = part.len;
        let got = match &part.spilled {
            None => Digest::of(&part.buffer),
            Some(hasher) => {
                let mut hasher = hasher.clone();
                hasher.update(&part.buffer);
                hasher.finish()
            }
        };
        let placed = if got == *digest && got_len == len {
            self.place((host, stream), digest).map_err(OutputError::from)
        } else {
            Err(OutputError::Mismatch { digest: *digest, len, got, got_len })
        };
        self.drop_part(host, stream);
        placed
    }

    /// Checks and places a whole body.
    pub(crate) fn put(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), OutputError> {
        let got = Digest::of(bytes);
        let len = bytes.len() as u64;
        if got != *digest {
            return Err(OutputError::Mismatch { digest: *digest, len, got, got_len: len });
        }
        Ok(self.place_bytes(digest, bytes)?)
    }

    /// Checks and places a whole body, which is on the disk when this returns.
    pub(crate) fn put_durably(&mut self, digest: &Digest, bytes: &[u8]) -> Result<(), OutputError> {
        self.put(digest, bytes)?;
        if !bytes.is_empty() {
            let path = layout::body(&self.bodies, digest);
            File::open(&path).and_then(|file| file.sync_all()).map_err(WriteError::at(&path))?;
        }
        Ok(files::sync_dir(&self.bodies)?)
    }

    /// Forgets a stream that cannot become whole.
    pub(crate) fn drop_part(&mut self, host: HostId, stream: Stream) {
        let key = (host, stream);
        let Some(part) = self.parts.remove(&key) else { return };
        self.buffered -= part.buffer.len();
        self.open.take_if(|(open, _)| *open == key);
        if part.spilled.is_some() {
            // Already renamed, or of no more use; a file left behind is found by nobody.
            let _ = std::fs::remove_file(layout::partial_file(&self.partial, host, stream));
        }
    }

    /// Removes the folder of unfinished streams. One that is not empty says that the run did not end by itself.
    pub(crate) fn close(&mut self) {
        self.open = None;
        let _ = std::fs::remove_dir(&self.partial);
    }

    /// Writes the buffer of a stream and then `bytes` to its file.
    fn spill(&mut self, key: Key, bytes: &[u8]) -> Result<(), WriteError> {
        let path = layout::partial_file(&self.partial, key.0, key.1);
        let part = self.parts.entry(key).or_default();
        if self.open.as_ref().is_none_or(|(open, _)| *open != key) {
            let opened = OpenOptions::new().append(true).open(&path);
            let opened = if part.spilled.is_some() { opened } else { files::create_file(&path) };
            self.open = Some((key, opened.map_err(WriteError::at(&path))?));
        }
        let (_, file) = self.open.as_mut().expect("opened above");
        let hasher = part.spilled.get_or_insert_default();
        for piece in [part.buffer.as_slice(), bytes] {
            file.write_all(piece).map_err(WriteError::at(&path))?;
            hasher.update(piece);
        }
        self.buffered -= part.buffer.len();
        part.buffer = Vec::new();
        Ok(())
    }

    /// Gives a checked stream its name.
    fn place(&mut self, key: Key, digest: &Digest) -> Result<(), WriteError> {
        let part = self.parts.entry(key).or_default();
        if part.spilled.is_none() {
            let bytes = std::mem::take(&mut part.buffer);
            self.buffered -= bytes.len();
            return self.place_bytes(digest, &bytes);
        }
        if !part.buffer.is_empty() {
            self.spill(key, &[])?;
        }
        let path = layout::body(&self.bodies, digest);
        let len = self.parts.get(&key).map_or(0, |part| part.len);
        if is_whole(&path, len) {
            return Ok(());
        }
        std::fs::rename(layout::partial_file(&self.partial, key.0, key.1), &path).map_err(WriteError::at(path))
    }

    fn place_bytes(&self, digest: &Digest, bytes: &[u8]) -> Result<(), WriteError> {
        let path = layout::body(&self.bodies, digest);
        if bytes.is_empty() || is_whole(&path, bytes.len() as u64) {
            return Ok(());
        }
        let temp = self.partial.join("body");
        let write = || files::create_file(&temp)?.write_all(bytes);
        let written = write().map_err(WriteError::at(&temp));
        let placed = written.and_then(|()| std::fs::rename(&temp, &path).map_err(WriteError::at(&path)));
        placed.inspect_err(|_| {
            // The error that is returned says more than one of the cleaning would.
            let _ = std::fs::remove_file(&temp);
        })
    }
}

/// Whether a body stands there. One of another length is what a power cut left of it.
pub(crate) fn is_whole(path: &Path, len: u64) -> bool {
    len == 0 || std::fs::metadata(path).is_ok_and(|data| data.len() == len)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: Stream = Stream::Out;

    fn store() -> (tempfile::TempDir, BodyStore) {
        let dir = tempfile::tempdir().unwrap();
        let store = BodyStore::create(&dir.path().join("run")).unwrap();
        (dir, store)
    }

    fn stored(store: &BodyStore, digest: &Digest) -> Option<Vec<u8>> {
        std::fs::read(layout::body(&store.bodies, digest)).ok()
    }

    fn files_in(path: &Path) -> usize {
        std::fs::read_dir(path).unwrap().count()
    }

    #[test]
    fn small_and_large_streams_become_bodies() {
        let (_dir, mut store) = store();
        for len in [1, STREAM_BUFFER, STREAM_BUFFER + 1, 300_000] {
            let whole: Vec<u8> = (0..len).map(|i| (i % 251) as u8).collect();
            let mut offset = 0;
            for piece in whole.chunks(7001) {
                store.add(HostId(3), OUT, offset, piece).unwrap();
                offset += piece.len() as u64;
            }
            let digest = Digest::of(&whole);
            store.finish(HostId(3), OUT, &digest, len as u64).unwrap();
            assert_eq!(stored(&store, &digest).as_deref(), Some(whole.as_slice()));
        }
        assert_eq!((store.buffered, files_in(&store.partial)), (0, 0));
    }

    #[test]
    fn bytes_that_are_not_what_they_are_called_are_not_kept() {
        let (_dir, mut store) = store();
        let big = vec![7; 100_000];
        store.add(HostId(0), OUT, 0, &big).unwrap();
        let error = store.finish(HostId(0), OUT, &Digest::of(b"other"), 100_000).unwrap_err();
        assert!(matches!(error, OutputError::Mismatch { .. }));
        store.add(HostId(0), OUT, 0, b"abc").unwrap();
        assert!(store.finish(HostId(0), OUT, &Digest::of(b"abc"), 4).is_err());
        assert!(store.put(&Digest::of(b"x"), b"y").is_err());
        assert_eq!((files_in(&store.bodies), files_in(&store.partial)), (0, 0));
    }

    #[test]
    fn a_gap_is_refused_and_a_dropped_stream_begins_again() {
        let (_dir, mut store) = store();
        store.add(HostId(0), OUT, 0, b"abc").unwrap();
        assert!(matches!(store.add(HostId(0), OUT, 4, b"e"), Err(OutputError::Gap { expected: 3, got: 4, .. })));
        store.drop_part(HostId(0), OUT);
        store.add(HostId(0), OUT, 0, b"z").unwrap();
        store.finish(HostId(0), OUT, &Digest::of(b"z"), 1).unwrap();
        assert_eq!(stored(&store, &Digest::of(b"z")).as_deref(), Some(b"z".as_slice()));
    }

    #[test]
    fn ten_thousand_streams_wait_in_bounded_memory() {
        let (_dir, mut store) = store();
        for host in 0..10_000 {
            store.add(HostId(host), OUT, 0, &[b'a'; 3000]).unwrap();
            assert!(store.buffered <= ALL_BUFFERS);
        }
        assert!(files_in(&store.partial) > 8000);
        let digest = Digest::of(&[b'a'; 3000]);
        for host in 0..10_000 {
            store.finish(HostId(host), OUT, &digest, 3000).unwrap();
        }
        assert_eq!((files_in(&store.bodies), files_in(&store.partial), store.buffered), (1, 0, 0));
    }

    #[test]
    fn the_empty_body_needs_no_file() {
        let (_dir, mut store) = store();
        store.finish(HostId(1), OUT, &Digest::of(b""), 0).unwrap();
        store.put(&Digest::of(b""), b"").unwrap();
        assert_eq!(files_in(&store.bodies), 0);
    }
}
