//! Connections made by the system's own `ssh`: its configuration, its masters, and what its failures mean.

mod classify;
mod client;
mod config;
mod connection;
mod leftovers;
mod mux;

pub use classify::{classify, connection_lost};
pub use client::{SshClient, SshSetupError};
pub use config::{ConfigError, SshSettings};
pub use connection::{Connection, RemoteCommand};
