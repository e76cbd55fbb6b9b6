//! What stands on the screen while a run goes on: a block of fixed height, or a plain line now and then, and failures
//! as they happen. Pure: state, time and width in, text out.

mod block;
mod content;
mod failures;
mod moments;
mod plain;

pub(crate) use block::Block;
pub(crate) use content::content;
pub(crate) use failures::failure_lines;
pub(crate) use moments::moment_line;
pub(crate) use plain::PlainProgress;
