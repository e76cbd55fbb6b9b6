//! What hosts answer about themselves: who holds them, what earlier runs did there, which of them have a payload.
//!
//! Answers hold words that a host chose. In text they are made fit for a terminal, wherever the text goes; in JSON
//! they are escaped as JSON demands.

mod already;
mod answers;
mod holders;
mod past;
mod ping;

pub use already::already_text;
pub use answers::{Answer, AnswerOptions, AnswerStyle};
pub use holders::write_holders;
pub use past::write_past;
pub use ping::{Measured, write_pings};
