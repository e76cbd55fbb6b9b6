//! Files and folders that only their owner may see, and changes that survive a power cut.

use crate::error::WriteError;
use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// Makes a folder, or finds it made.
pub(crate) fn ensure_dir(path: &Path) -> Result<(), WriteError> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(WriteError::at(path))
}

/// Makes a folder that must not exist yet; those above it as needed.
pub(crate) fn create_dir(path: &Path) -> Result<(), WriteError> {
    if let Some(parent) = path.parent() {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(parent);
        made.map_err(WriteError::at(parent))?;
    }
    DirBuilder::new().mode(0o700).create(path).map_err(WriteError::at(path))
}

/// Makes a file that must not exist yet, for appending.
pub(crate) fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)
}

/// Writes a whole file: it is there with all its bytes, or not at all.
pub(crate) fn write_whole(
    path: &Path,
    temp: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), WriteError> {
    let write_temp = || {
        let mut file = io::BufWriter::new(create_file(temp)?);
        write(&mut file)?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_data()
    };
    let written = write_temp().map_err(WriteError::at(temp));
    let placed = written.and_then(|()| std::fs::rename(temp, path).map_err(WriteError::at(path)));
    placed.inspect_err(|_| {
        // The error that is returned says more than one of the cleaning would.
        let _ = std::fs::remove_file(temp);
    })
}

/// Puts the names inside a folder on the disk.
pub(crate) fn sync_dir(path: &Path) -> Result<(), WriteError> {
    File::open(path).and_then(|dir| dir.sync_all()).map_err(WriteError::at(path))
}

/// Points a symbolic link to `target`, replacing it in one step.
pub(crate) fn replace_link(link: &Path, target: &str, unique: &str) -> Result<(), WriteError> {
    let temp = link.with_file_name(format!(".{unique}.link"));
    std::os::unix::fs::symlink(target, &temp).map_err(WriteError::at(&temp))?;
    std::fs::rename(&temp, link).map_err(WriteError::at(link))
}
