//! Decides what happens next in a rollout.

mod io;

pub use io::{Effect, HostEnd, Input};
