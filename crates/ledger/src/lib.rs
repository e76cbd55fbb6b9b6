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
mod recorded;
mod stored;
mod summary;
mod writer;

pub use body::Body;
pub use error::{FindError, OutputError, ReadError, ReopenError, WriteError};
pub use events::Events;
pub use find::{Listing, find, list};
pub use head::{FormatVersion, LongLinks, RunHead};
pub use layout::runs_dir;
pub use ledger::Ledger;
pub use stored::StoredRun;
pub use summary::{RunEnd, RunStatus, RunSummary};
pub use writer::Writer;
