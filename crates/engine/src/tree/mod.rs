//! One tree run: who is reached through whom, what was started, what came back.

mod ask;
mod below;
mod collect;
mod coordinator;
mod credit;
mod edge;
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
mod transit;
mod window;

pub use ask::Handout;
pub use effect::{Asked, Effect, LinkId, OwnMode, OwnStart, Reach};
pub use input::{Input, LinkFailure, OwnEvent, OwnReceipt, TimerReason};
pub use run::TreeRun;
