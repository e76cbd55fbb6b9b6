//! The shape of the tree: which hosts a node reaches itself, and which of the others each of those commands.
//!
//! Shared by the planner, which prints the tree, and by the engine, which builds it: they cannot disagree.

mod split;

pub use split::{split, top};
