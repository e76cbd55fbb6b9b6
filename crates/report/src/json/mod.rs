//! The run as JSON for programs: versioned objects, one a line, with names instead of ids and output in place.
//! Described in `docs/json.md`.

mod base64;
mod events;
mod object;

pub use events::JsonEvents;
pub(crate) use object::{VERSION, tally};
