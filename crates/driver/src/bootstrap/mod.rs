//! Gets a node to speak at the other end of a connection: starts it where it stands, puts it there where it is missing.

mod answer;
mod arch;
mod commands;
mod open;
mod session;
mod store;
mod upload;

pub(crate) use answer::upload_refused;
pub(crate) use commands::{ABSENT, attach};
pub use open::{Allowed, open};
pub use store::{NodeFile, NodeStore, NodeStoreError};
