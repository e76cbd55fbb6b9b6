//! The durable record of a run: a folder with its head, its events and what the hosts printed. And that of a rollout.
//!
//! One process writes a run ([`Ledger`]); any number read it, while it runs and ever after ([`StoredRun`]). So with
//! rollouts: [`RolloutRecord`] and [`StoredRollout`].
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
mod rollouts;
mod stored;
mod summary;
mod writer;

pub use body::Body;
pub use error::{FindError, OutputError, ReadError, ReopenError, WriteError};
pub use events::Events;
pub use find::{Listing, find, find_run_by_id, list};
pub use head::{FormatVersion, LongLinks, RunHead, RunOfRollout};
pub use layout::{rollouts_dir, runs_dir};
pub use ledger::Ledger;
pub use rollouts::{
    FindRolloutError, Hold, HoldError, RolloutHead, RolloutListing, RolloutRecord, RolloutSummary, StoredRollout,
    UnreadableRollout, find_rollout, hold, list_open_rollouts, list_rollouts,
};
pub use stored::StoredRun;
pub use summary::{RunEnd, RunStatus, RunSummary};
pub use writer::Writer;
