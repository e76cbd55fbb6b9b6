//! Output as lines: `host: line`, for pipes and for reading along.

mod buffer;
mod reader;

pub(crate) use reader::Lines;
pub use reader::{LineOptions, LineOrder};
