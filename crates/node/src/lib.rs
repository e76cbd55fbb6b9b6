//! What `mcom-node` does on a host: everything of it is the driver's.

/// Runs the program and returns its exit code.
pub fn main() -> std::process::ExitCode {
    mcom_driver::run::node_main()
}
