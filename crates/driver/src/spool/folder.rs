//! An open folder and the files in it, by name, never through a symbolic link.

use crate::spool::SpoolError;
use rustix::fs::{AtFlags, Mode, OFlags};
use rustix::io::Errno;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// A folder held open, so that nobody can put another one in its place.
#[derive(Debug)]
pub struct Folder {
    fd: OwnedFd,
    path: PathBuf,
}

const FOLDER: OFlags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC).union(OFlags::RDONLY);
const FILE: OFlags = OFlags::NOFOLLOW.union(OFlags::CLOEXEC);

impl Folder {
    /// Opens a folder by its path. Only the last name must not be a link: what is above it is the administrator's.
    pub fn open(path: &Path) -> Result<Self, SpoolError> {
        match rustix::fs::open(path, FOLDER, Mode::empty()) {
            Ok(fd) => Ok(Self { fd, path: path.to_owned() }),
            Err(Errno::NOTDIR | Errno::LOOP) => Err(SpoolError::NotAFolder { path: path.to_owned() }),
            Err(error) => Err(SpoolError::io(path, "open", error)),
        }
    }

    /// Opens a folder in this one.
    pub fn enter(&self, name: &str) -> Result<Self, SpoolError> {
        match rustix::fs::openat(&self.fd, name, FOLDER, Mode::empty()) {
            Ok(fd) => Ok(Self { fd, path: self.path.join(name) }),
            Err(Errno::NOTDIR | Errno::LOOP) => Err(SpoolError::NotAFolder { path: self.path.join(name) }),
            Err(error) => Err(self.error(name, "open", error)),
        }
    }

    /// Makes a folder in this one. Says whether it is new: of several that try at once, one makes it.
    pub fn make(&self, name: &str) -> Result<bool, SpoolError> {
        match rustix::fs::mkdirat(&self.fd, name, Mode::RWXU) {
            Ok(()) => Ok(true),
            Err(Errno::EXIST) => Ok(false),
            Err(error) => Err(self.error(name, "make", error)),
        }
    }

    /// Makes a file that must not be there yet.
    pub fn create_new(&self, name: &str, mode: Mode) -> Result<File, SpoolError> {
        self.open_file(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL, mode, "make")
    }

    /// Opens a file for appending, and makes it where it is missing.
    pub fn append(&self, name: &str) -> Result<File, SpoolError> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::APPEND;
        self.open_file(name, flags, Mode::RUSR | Mode::WUSR, "write")
    }

    /// Opens a file for reading; none where it is missing.
    pub fn open_read(&self, name: &str) -> Result<Option<File>, SpoolError> {
        match rustix::fs::openat(&self.fd, name, FILE | OFlags::RDONLY | OFlags::NONBLOCK, Mode::empty()) {
            Ok(fd) => Ok(Some(fd.into())),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(self.error(name, "read", error)),
        }
    }

    /// Reads a file, at most `limit` bytes of it; none where it is missing.
    pub fn read(&self, name: &str, limit: u64) -> Result<Option<Vec<u8>>, SpoolError> {
        let Some(file) = self.open_read(name)? else { return Ok(None) };
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).map_err(|error| self.error(name, "read", error))?;
        Ok(Some(bytes))
    }

    /// Makes a file with these bytes, in one write.
    pub fn write_new(&self, name: &str, mode: Mode, bytes: &[u8]) -> Result<File, SpoolError> {
        let mut file = self.create_new(name, mode)?;
        file.write_all(bytes).map_err(|error| self.error(name, "write", error))?;
        Ok(file)
    }

    /// Puts these bytes under a name, whatever stands there now: readers see the old file or the new one.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), SpoolError> {
        let fresh = format!("{name}.{}", std::process::id());
        self.remove(&fresh)?;
        self.write_new(&fresh, Mode::RUSR | Mode::WUSR, bytes)?;
        self.rename(&fresh, name)
    }

    /// Makes a fifo.
    pub fn make_fifo(&self, name: &str) -> Result<(), SpoolError> {
        rustix::fs::mkfifoat(&self.fd, name, Mode::RUSR | Mode::WUSR).map_err(|error| self.error(name, "make", error))
    }

    /// Opens a fifo for reading and writing, so that neither side waits for the other.
    pub fn open_fifo(&self, name: &str) -> Result<File, SpoolError> {
        self.open_file(name, OFlags::RDWR | OFlags::NONBLOCK, Mode::empty(), "open")
    }

    /// Whether something stands under this name.
    pub fn has(&self, name: &str) -> Result<bool, SpoolError> {
        match rustix::fs::statat(&self.fd, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(_) => Ok(true),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(self.error(name, "look at", error)),
        }
    }

    /// Gives a file another name, in place of what stands there.
    pub fn rename(&self, from: &str, to: &str) -> Result<(), SpoolError> {
        rustix::fs::renameat(&self.fd, from, &self.fd, to).map_err(|error| self.error(to, "rename", error))
    }

    /// Removes a file, where it is there.
    pub fn remove(&self, name: &str) -> Result<(), SpoolError> {
        match rustix::fs::unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(self.error(name, "remove", error)),
        }
    }

    /// Flushes the names in this folder to the disk.
    pub fn sync(&self) -> Result<(), SpoolError> {
        rustix::fs::fsync(&self.fd).map_err(|error| SpoolError::io(&self.path, "flush", error))
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// An error about a file in this folder.
    pub fn error(&self, name: &str, doing: &'static str, source: impl Into<std::io::Error>) -> SpoolError {
        SpoolError::io(self.path.join(name), doing, source)
    }

    fn open_file(&self, name: &str, flags: OFlags, mode: Mode, doing: &'static str) -> Result<File, SpoolError> {
        let fd = rustix::fs::openat(&self.fd, name, FILE | flags, mode);
        fd.map(File::from).map_err(|error| self.error(name, doing, error))
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}
