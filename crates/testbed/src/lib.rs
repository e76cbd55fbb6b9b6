//! Real fleets on one machine: every host is an sshd process of its own, with its own address, host key, home,
//! spool and log; on loopback, or each in a network namespace of its own, with long links between the admin host
//! and the datacenters. Used by the tests, the quickstart and the benchmarks.
//!
//! This crate knows nothing of mcom but the names of two files that it writes for it
//! (`client_files`) and one variable, `MCOM_SPOOL`, that gives each host its own spool.

mod builder;
mod client_files;
mod error;
mod faults;
mod fleet;
mod host;
mod lacking;
mod launch;
mod layout;
mod net;
mod processes;
mod proxy;
mod random;
mod sweep;
mod users;

pub use builder::{FleetBuilder, HostOptions};
pub use error::FleetError;
pub use faults::Links;
pub use fleet::Fleet;
pub use lacking::{ssh_without_session_bind, sshd_without_hostbound};
pub use net::{Line, Traffic, Way, namespaces_missing};
pub use processes::{Process, is_root};
pub use random::Random;
pub use sweep::{Signal, bring_down};
pub use users::PASSWORD;
