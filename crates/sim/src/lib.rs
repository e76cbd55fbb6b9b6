//! Thousands of tree runs in virtual time: latency, bandwidth, failures and a seed, and the invariants of the design
//! checked after every step. And thousands of rollouts, with their operators, hosts and deaths.
//!
//! Everything follows from the [`Scenario`] or [`RolloutScenario`], and that from its seed: what failed once can be replayed for ever.

mod check;
pub mod replay;
mod rng;
mod rollouts;
mod sabotage;
mod scenario;
mod stats;
mod story;
mod world;

pub use check::Broken;
pub use rng::Rng;
pub use rollouts::{RolloutBroken, RolloutReport, RolloutSabotage, RolloutScenario, run_rollout};
pub use sabotage::Sabotage;
pub use scenario::{Behead, Faults, Scenario, Work};
pub use stats::Stats;
pub use world::{Keep, Report, run};
