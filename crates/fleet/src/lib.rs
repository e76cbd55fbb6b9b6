//! Which hosts, where they are, and the tree between them: patterns, host sets, inventory, datacenters, planning.
//!
//! Pure: files, standard input and saved runs come in as values.

pub mod dc;
pub mod document;
pub mod hostset;
pub mod inventory;
pub mod pattern;
pub mod planner;
pub mod tree;
