//! Real fleets on one machine: every host is an sshd process of its own on loopback, with its own
//! address, host key, home, spool and log. Used by the tests, the quickstart and the benchmarks.
//!
//! This crate knows nothing of mcom but the names of two files that it writes for it
//! (`client_files`) and one variable, `MCOM_SPOOL`, that gives each host its own spool.

mod builder;
mod client_files;
mod error;
mod fleet;
mod host;
mod layout;
mod sweep;

pub use builder::{FleetBuilder, HostOptions};
pub use error::FleetError;
pub use fleet::Fleet;
pub use sweep::{Signal, bring_down};
