//! The configuration that links are made with, where `ssh -G` finds it, and what stands in it.

use crate::authority::error::AuthorityError;
use crate::authority::me::Me;
use crate::authority::scan::Scan;
use crate::ssh::{SshSettings, SshSetupError, private_folder, render};
use std::path::PathBuf;
use tempfile::TempDir;

/// It stands as long as its folder is kept.
pub(super) struct Configured {
    pub folder: TempDir,
    pub config: PathBuf,
    pub me: Me,
    pub scan: Scan,
}

impl Configured {
    /// Writes it into a private folder, and reads which hosts it speaks of.
    pub(super) fn write(long: &SshSettings) -> Result<Self, AuthorityError> {
        let text = render(long).map_err(SshSetupError::from)?;
        let folder = private_folder()?;
        let config = folder.path().join("config");
        std::fs::write(&config, &text)
            .map_err(|source| SshSetupError::Folder { folder: folder.path().to_owned(), source })?;
        let me = Me::read();
        let scan = Scan::read(&text, &me);
        Ok(Self { folder, config, me, scan })
    }
}
