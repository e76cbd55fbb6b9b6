//! The trace of a coordinator, where the environment variable `MCOM_TRACE` names a file for it: what the engine is
//! told and when, so that `mcom-sim --replay` can step through a run that went wrong.

use mcom_engine::trace::{Head, head_line, input_line};
use mcom_engine::tree::Input;
use mcom_model::RunClock;
use std::fs::File;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// The file, and how far the engine has come since the last line.
pub(super) struct Tracer {
    file: File,
    taken: u32,
}

impl Tracer {
    /// Begins a part of the trace, where one is wanted. Behind what an earlier coordinator left, whose last line may
    /// be torn.
    pub(super) fn of_environment(head: impl FnOnce() -> Head) -> Option<Self> {
        let path = std::env::var_os("MCOM_TRACE").filter(|path| !path.is_empty())?;
        let mut file =
            open(path.as_ref()).inspect_err(|error| tracing::warn!(%error, "there will be no trace")).ok()?;
        let line = head_line(&head()).ok()?;
        file.write_all(format!("\n{line}").as_bytes()).ok()?;
        Some(Self { file, taken: 0 })
    }

    /// An effect was taken.
    pub(super) const fn took(&mut self) {
        self.taken += 1;
    }

    /// The engine is told this next.
    pub(super) fn told(&mut self, at: RunClock, input: &Input) {
        let taken = std::mem::take(&mut self.taken);
        // A trace that cannot be written must not end the run; it is torn, as after a kill.
        let written = input_line(at, taken, input).map(|line| self.file.write_all(line.as_bytes()));
        if !matches!(written, Ok(Ok(()))) {
            tracing::warn!("a line of the trace could not be written");
        }
    }
}

/// Nobody else may read it: what hosts printed is in there, and what was signed for parents.
fn open(path: &Path) -> std::io::Result<File> {
    File::options().create(true).append(true).mode(0o600).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_trace_is_its_owners_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace");
        for text in ["a", "b"] {
            open(&path).unwrap().write_all(text.as_bytes()).unwrap();
        }
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "ab");
    }
}
