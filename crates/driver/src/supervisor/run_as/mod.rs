//! An attempt that belongs to another user of this host: sudo or doas starts a process as that user, which sees to it in
//! that user's spool, and the node passes orders down to it and events up from it.
//!
//! That process is `mcom-node attach`. It claims, follows and cancels as the user, and so does the supervisor that it
//! starts; so a cancel ends whatever the payload started. It ends with the node's link; the supervisor does not.

mod door;
mod frame;
mod pass;
mod refusal;
mod serve;
mod talk;

pub(super) use pass::pass_on;
pub use serve::attach;
