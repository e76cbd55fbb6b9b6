//! What `mcom` does: arguments and configuration in, a run and its views out.

pub mod args;
pub mod config;
mod error;
pub mod exit;

/// Runs the program and returns its exit code.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
