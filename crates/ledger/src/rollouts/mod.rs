//! The durable record of a rollout: a folder with its head, its events and what it runs.
//!
//! One process carries a rollout on ([`RolloutRecord`]); any number read it ([`StoredRollout`]). Its runs are recorded
//! as all others.

mod error;
mod find;
mod head;
mod hold;
mod record;
mod stored;
mod summary;
mod unreadable;

pub use error::{FindRolloutError, HoldError};
pub use find::{RolloutListing, find_rollout, list_open_rollouts, list_rollouts};
pub use head::RolloutHead;
pub use hold::{Hold, hold};
pub use record::RolloutRecord;
pub use stored::StoredRollout;
pub use summary::RolloutSummary;
pub use unreadable::UnreadableRollout;
