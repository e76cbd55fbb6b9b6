//! Which process writes a record. The lock on the events says whether one does; this says which.

use crate::error::WriteError;
use crate::{files, layout};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;

/// The process that carries a run on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Writer {
    /// Its process id.
    pub pid: u32,
    /// Who started it, as `user@host`.
    pub who: String,
}

impl Writer {
    pub(crate) fn this_process(who: &str) -> Self {
        Self { pid: std::process::id(), who: who.to_owned() }
    }

    /// Written whole, by the holder of the lock alone.
    pub(crate) fn write(&self, run: &Path) -> Result<(), WriteError> {
        let path = layout::writer(run);
        let temp = path.with_extension("tmp");
        // What a writer that died here left behind.
        let _ = std::fs::remove_file(&temp);
        files::write_whole(&path, &temp, |mut file| {
            serde_json::to_writer(&mut file, self)?;
            file.write_all(b"\n")
        })
    }

    /// As far as it is known: it is not yet written in the first moment of a lock.
    pub(crate) fn read(run: &Path) -> Self {
        std::fs::read(layout::writer(run)).ok().and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pid {
            0 => f.write_str("another process"),
            pid => write!(f, "{} (process {pid})", self.who),
        }
    }
}
