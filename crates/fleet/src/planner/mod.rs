//! From hosts and what is known about them to a plan, and from a plan to the tree that will be tried first.

mod candidate;
mod part;
mod plan;
mod stale;
#[cfg(test)]
mod tests;
mod tree;
mod ways;

pub use candidate::ParentReason;
pub use part::part;
pub use plan::{PlanError, PlanInput, plan};
pub use stale::{Difference, differences};
pub use tree::{DcTree, LevelSummary, SubParent, effective_maximum, trees};
pub use ways::{Ways, ways};
