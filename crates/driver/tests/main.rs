//! The driver on real processes and real sshds.
#![allow(clippy::unwrap_used, reason = "a test ends on the first surprise")]

mod authority;
mod bed;
mod bootstrap;
mod lending;
mod local_tree;
mod order;
mod resume_ready;
mod ssh_tree;
mod supervisor;
