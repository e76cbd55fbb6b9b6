//! Connections made by the system's own `ssh`: its configuration, its masters, and what its failures mean.

mod classify;
mod client;
mod config;
mod connection;
mod leftovers;
mod lent;
mod mux;
mod transit;

pub use classify::{classify, connection_lost};
pub(crate) use client::private_folder;
pub use client::{SshClient, SshSetupError};
pub(crate) use config::render;
pub use config::{ConfigError, SshSettings};
pub use connection::{Connection, RemoteCommand, host_arguments};
pub use transit::stream_command;
