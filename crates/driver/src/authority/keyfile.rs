//! One key file: the public key in it or beside it, and the private one where it can be read.

use mcom_credentials::{KeyFile, KeyFileError, PublicIdentity};
use mcom_wire::Secret;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A key that a file names.
#[derive(Clone, Debug)]
pub(super) struct FoundKey {
    pub path: PathBuf,
    /// Whether somebody named the file, and not ssh by itself.
    pub named: bool,
    pub public: PublicIdentity,
    /// None where only an agent signs with it.
    pub private: Option<KeyFile>,
}

/// The key of a file, and the certificate beside it; nothing where there is no such file.
pub(super) fn find(path: &Path, named: bool) -> Result<Vec<FoundKey>, String> {
    let found = |public, private| FoundKey { path: path.to_owned(), named, public, private };
    let beside = public_beside(path, ".pub");
    let key = match std::fs::read(path).map(Secret::new) {
        Ok(text) => match KeyFile::parse(text.reveal()) {
            Ok(key) => Some(found(key.public().clone(), Some(key))),
            Err(error) => match line(text.reveal()).or(beside) {
                Some(public) => Some(found(public, None)),
                None => return Err(unusable(path, error)),
            },
        },
        Err(error) if error.kind() == ErrorKind::NotFound => beside.map(|public| found(public, None)),
        Err(error) => return Err(format!("{}: {error}", path.display())),
    };
    let certificate = public_beside(path, "-cert.pub");
    let certificate = certificate.zip(key.clone()).map(|(public, key)| FoundKey { public, ..key });
    Ok(key.into_iter().chain(certificate).collect())
}

fn unusable(path: &Path, error: KeyFileError) -> String {
    let file = path.display().to_string();
    match error.mend(&file) {
        Some(mend) => format!("{file}: {error}: {mend}"),
        None => format!("{file}: {error}"),
    }
}

fn public_beside(path: &Path, suffix: &str) -> Option<PublicIdentity> {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    line(&std::fs::read(name).ok()?)
}

fn line(text: &[u8]) -> Option<PublicIdentity> {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().find(|line| !line.trim().is_empty() && !line.starts_with('#'))?;
    PublicIdentity::from_line(line).ok()
}
