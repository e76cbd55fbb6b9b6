//! `mcom rollout init`: a commented file to begin with.

use crate::args::RolloutInitArgs;
use crate::error::{CliError, ErrorKind};
use crate::exit;
use crate::output::say;
use mcom_rollout::file::TEMPLATE;
use std::fs::File;
use std::io::{ErrorKind as IoErrorKind, Write as _};

/// The file where none is named.
const FILE: &str = "rollout.toml";

/// Writes the file, and never over one that is there. Returns the exit code.
pub(super) fn init(args: &RolloutInitArgs) -> Result<u8, CliError> {
    let path = args.file.as_deref().unwrap_or(FILE);
    let written = File::create_new(path).and_then(|mut file| file.write_all(TEMPLATE.as_bytes()));
    written.map_err(|error| match error.kind() {
        IoErrorKind::AlreadyExists => CliError::new(ErrorKind::Refused, format!("{path} is there already"))
            .hint("write another one: mcom rollout init FILE"),
        _ => {
            let why = crate::error::plain(&error);
            CliError::new(ErrorKind::File, format!("{path} cannot be written: {why}"))
        }
    })?;
    say(&format!("{path} is written: change it, then see what it means\n  mcom rollout plan {path}\n"));
    Ok(exit::OK)
}
