//! Keeps keys in the files in which ssh looks for them: at their end, and nothing that stands there is touched.

use crate::error::{CliError, ErrorKind, plain};
use std::fs::{DirBuilder, File};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process::Command;

/// Appends lines to a file, with hashed names where the configuration wants that.
pub(super) fn keep(file: &Path, lines: &[String], hashed: bool) -> Result<(), CliError> {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let text = if hashed { with_hashes(&text) } else { Ok(text) };
    text.and_then(|text| append(file, &text)).map_err(|error| {
        CliError::new(ErrorKind::File, format!("{} cannot be written: {}", file.display(), plain(&error)))
    })
}

/// In one write: another program may append to it at the same time.
fn append(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.exists()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = File::options().read(true).append(true).create(true).mode(0o600).open(path)?;
    let whole = if file.metadata()?.len() == 0 {
        true
    } else {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        last == *b"\n"
    };
    let text = if whole { text.to_owned() } else { format!("\n{text}") };
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Hashes the names as ssh's own tool does.
fn with_hashes(text: &str) -> io::Result<String> {
    let place = tempfile::tempdir()?;
    let file = place.path().join("keys");
    std::fs::write(&file, text)?;
    let made = Command::new("ssh-keygen").arg("-H").arg("-f").arg(&file).output()?;
    if !made.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&made.stderr).trim().to_owned()));
    }
    std::fs::read_to_string(&file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    const LINE: &str = "web1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";

    #[test]
    fn what_stands_there_stays() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("ssh/known_hosts");
        keep(&file, &["a x".into(), "b y".into()], false).unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&file, "a x").unwrap();
        keep(&file, &["b y".into()], false).unwrap();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "a x\nb y\n");
        keep(&file, &[LINE.into()], true).unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("a x\nb y\n|1|") && !text.contains("web1"), "{text}");
    }
}
