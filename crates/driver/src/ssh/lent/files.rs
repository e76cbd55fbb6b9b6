//! The files of one link: private, and removed with it.

use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The folder of one link, which nobody else can enter. It goes with everything in it when this is dropped.
#[derive(Debug)]
pub(in crate::ssh) struct LinkFolder(PathBuf);

impl LinkFolder {
    /// Makes it; nothing may stand in its place.
    pub(super) fn make(path: PathBuf) -> io::Result<Self> {
        std::fs::DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Self(path))
    }

    /// The path of something in it.
    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for LinkFolder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Writes a new file that nobody else can read.
pub(super) fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = std::fs::File::options().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn everything_is_private_and_goes_with_the_link() {
        let place = tempfile::tempdir().unwrap();
        let folder = LinkFolder::make(place.path().join("1.d")).unwrap();
        let file = folder.join("known_hosts");
        write(&file, "text").unwrap();
        let mode = |path: &Path| std::fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&place.path().join("1.d")), mode(&file)), (0o700, 0o600));
        assert!(write(&file, "other").is_err());
        assert!(LinkFolder::make(place.path().join("1.d")).is_err());
        drop(folder);
        assert!(!place.path().join("1.d").exists());
    }
}
