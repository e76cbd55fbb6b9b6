//! Standard output of the verbs that print once. A reader that went away (`| head`) is no error.

use crate::error::{CliError, ErrorKind, plain};
use std::io::{ErrorKind as IoErrorKind, Write};

/// Writes text to standard output.
pub fn print(text: &str) -> Result<(), CliError> {
    print_bytes(text.as_bytes())
}

/// Writes bytes to standard output.
pub fn print_bytes(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != IoErrorKind::BrokenPipe => {
            Err(CliError::new(ErrorKind::File, format!("standard output cannot be written: {}", plain(&error))))
        }
        _ => Ok(()),
    }
}

/// Writes text to standard error; nobody can be told where that fails.
pub fn say(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}
