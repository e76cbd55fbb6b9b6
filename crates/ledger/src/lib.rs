//! The durable record of a run: a folder with its head, its events and what the hosts printed.
//!
//! One process writes a run ([`Ledger`]); any number read it, while it runs and ever after ([`StoredRun`]).
//! The format is described in `docs/ledger-format.md`. Nothing here knows how a run is carried out or shown.

mod bodies;
mod body;
mod error;
mod events;
mod files;
mod find;
mod head;
mod layout;
mod ledger;
mod stored;
mod summary;

pub use body::Body;
pub use error::{FindError, OutputError, ReadError, WriteError};
pub use events::Events;
pub use find::{Listing, find, list};
pub use head::{FormatVersion, RunHead};
pub use layout::runs_dir;
pub use ledger::Ledger;
pub use stored::StoredRun;
pub use summary::{RunEnd, RunStatus, RunSummary};
