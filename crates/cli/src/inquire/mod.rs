//! Asking hosts about themselves, through the tree: nothing is started there, and nothing is recorded here.

mod answers;
mod ask;
mod bodies;
mod findings;
mod probe;
mod quick;

pub use answers::Seen;
pub use ask::{Asked, Question, ask};
pub use findings::{Finding, last_line};
pub use probe::{Probe, probe};
