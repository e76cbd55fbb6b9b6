//! The trace of a coordinator: how its run began, and every input with its time, as JSON lines. Fed to a fresh
//! [`TreeRun`](crate::tree::TreeRun) they give the same effects again, so a run that went wrong can be stepped through.

mod bytes;
mod line;
mod read;

pub(crate) use bytes::{hex, hex_of_some, hex_or_reason, up};
pub use line::{Begin, Head, VERSION, head_line, input_line};
pub use read::{TimedInput, Trace, TraceError};
