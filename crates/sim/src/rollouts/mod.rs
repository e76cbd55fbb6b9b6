//! Rollouts in virtual time: drawn stages, hosts, operators and deaths, and what must hold for every rollout checked after
//! every step. Everything follows from a seed, so that what failed once can be replayed.

mod check;
mod names;
mod sabotage;
mod scenario;
mod world;

pub use check::RolloutBroken;
pub use sabotage::RolloutSabotage;
pub use scenario::RolloutScenario;
pub use world::{RolloutReport, run_rollout};
