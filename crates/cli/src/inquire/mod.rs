//! Asking hosts about themselves, through the tree: nothing is started there, and nothing is recorded here.

mod answers;
mod ask;

pub use answers::Seen;
pub use ask::{Asked, Question, ask};
