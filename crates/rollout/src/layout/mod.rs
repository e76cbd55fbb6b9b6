//! From stages as they are typed to stages with hosts: who is picked when, in which runs, and who is asked beside them.
//! The same hosts and the same rollout's name always give the same stages.

mod controls;
mod error;
mod lay_out;
mod ranking;
mod reached;
mod waves;

#[cfg(test)]
mod tests;

pub use error::LayoutError;
pub use lay_out::{LaidOut, LayOut, lay_out};
