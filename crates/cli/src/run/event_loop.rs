//! The event loop of a process.

use crate::error::CliError;
use tokio::runtime::{Builder, Runtime};

/// One thread, with everything that links and timers need.
pub fn event_loop() -> Result<Runtime, CliError> {
    let runtime = Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| CliError::system("no event loop", &error))
}
