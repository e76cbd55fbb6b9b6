//! The tree run as a state machine: plain data in, plain data out.
//!
//! [`tree::TreeRun`] is the coordinator, a parent and a leaf, as roles of one type. [`attempt`] holds the decisions
//! of the supervisor on one host. [`trace`] is the form in which a run's inputs are kept, to be stepped through again.

pub mod attempt;
pub mod trace;
pub mod tree;
