//! The policy of the site and of the user, applied: what a run on these hosts, or in these stages, must keep.

mod check;
mod sets;

pub use check::{check_run, check_stages, check_undo};
