//! One tree run: who is reached through whom, what was started, what came back.

mod effect;
mod input;

pub use effect::{Effect, LinkId, OwnStart};
pub use input::{Input, LinkFailure, OwnEvent, OwnReceipt, TimerReason};
