//! One tree run: who is reached through whom, what was started, what came back.

mod below;
mod collect;
mod coordinator;
mod credit;
mod effect;
mod group;
mod heartbeat;
mod hosts;
mod input;
mod links;
mod lost;
mod node;
mod own;
mod pace;
mod relay;
mod resume;
mod run;
mod settle;
mod stop;
mod window;

pub use effect::{Effect, LinkId, OwnMode, OwnStart};
pub use input::{Input, LinkFailure, OwnEvent, OwnReceipt, TimerReason};
pub use run::TreeRun;
