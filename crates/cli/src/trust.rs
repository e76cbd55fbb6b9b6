//! Files that decide what is run here, and with which keys: nobody but their owner and root may write them, nor the
//! folder that they lie in.

use crate::error::{CliError, ErrorKind};
use std::fs::Metadata;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Bits of a mode that let others write.
const OTHERS_WRITE: u32 = 0o022;

/// Why a file cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Distrust {
    /// The file, or the folder that it lies in.
    pub path: PathBuf,
    /// What is wrong with it.
    pub why: String,
    /// What to type.
    pub mend: String,
}

/// What is wrong with a file that is there, and with the folders in which it lies, also as a link.
pub fn distrust(path: &Path) -> Option<Distrust> {
    let real = std::fs::canonicalize(path).ok()?;
    let folder = |path: &Path| path.parent().map_or_else(|| PathBuf::from("/"), Path::to_path_buf);
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut looked_at = vec![real.clone(), folder(&absolute), folder(&real)];
    looked_at.dedup();
    looked_at.iter().find_map(|path| wrong(path, &std::fs::metadata(path).ok()?))
}

/// Refuses a file that others may write. `what` is what it is for mcom: `the configuration`.
pub fn trusted(what: &str, path: &Path) -> Result<(), CliError> {
    let Some(Distrust { path: at, why, mend }) = distrust(path) else { return Ok(()) };
    let message = match std::fs::canonicalize(path).is_ok_and(|real| real == at) {
        true => format!("{what} {} {why}", path.display()),
        false => format!("{what} {} lies in {}, which {why}", path.display(), at.display()),
    };
    Err(CliError::new(ErrorKind::Refused, message).hint(mend))
}

fn wrong(path: &Path, data: &Metadata) -> Option<Distrust> {
    let wrong = |why: String, mend: String| Some(Distrust { path: path.to_path_buf(), why, mend });
    let me = rustix::process::geteuid().as_raw();
    if data.uid() != 0 && data.uid() != me {
        let why = format!("belongs to another user (uid {}), who could have you run anything", data.uid());
        return wrong(why, format!("if what it says is right: chown {me} {}", path.display()));
    }
    if data.mode() & OTHERS_WRITE != 0 {
        let why =
            format!("may be written by others (mode {:04o}), who could have you run anything", data.mode() & 0o7777);
        return wrong(why, format!("if what it says is right: chmod go-w {}", path.display()));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    fn mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn neither_the_file_nor_its_folder_may_be_written_by_others() {
        let place = tempfile::tempdir().unwrap();
        let (folder, file) = (place.path().join("mcom"), place.path().join("mcom/config.toml"));
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(&file, "").unwrap();
        for (of_folder, of_file, bad) in [
            (0o755, 0o644, None),
            (0o700, 0o600, None),
            (0o755, 0o664, Some(&file)),
            (0o755, 0o602, Some(&file)),
            (0o775, 0o644, Some(&folder)),
            (0o1777, 0o644, Some(&folder)),
        ] {
            mode(&folder, of_folder);
            mode(&file, of_file);
            assert_eq!(distrust(&file).map(|bad| bad.path).as_ref(), bad, "{of_folder:o} {of_file:o}");
        }
        mode(&folder, 0o775);
        let link = place.path().join("link.toml");
        symlink(&file, &link).unwrap();
        assert_eq!(distrust(&link).map(|bad| bad.path), Some(folder), "a link does not hide where the file lies");
        assert_eq!(distrust(&place.path().join("gone")), None);
    }

    #[test]
    fn neither_may_belong_to_another_user_but_root() {
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("config.toml");
        std::fs::write(&file, "").unwrap();
        for theirs in [file.as_path(), place.path()] {
            std::os::unix::fs::chown(theirs, Some(54321), None).unwrap();
            let bad = distrust(&file).unwrap();
            assert!(bad.path == *theirs && bad.why.starts_with("belongs to another user (uid 54321)"), "{bad:?}");
            std::os::unix::fs::chown(theirs, Some(0), None).unwrap();
        }
        assert_eq!(distrust(&file), None);
    }
}
