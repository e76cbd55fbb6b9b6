//! The policy of the site and of the user, applied: what a run on these hosts, or in these stages, must keep.

mod check;
mod sets;

pub use check::check_run;
#[allow(unused_imports, reason = "for stages, which the verbs of rollouts have")]
pub use check::check_stages;
