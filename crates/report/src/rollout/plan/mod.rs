//! What a rollout means, before anything runs: which hosts in which stage, what follows, when it ends at the earliest.

mod json;
mod moments;
mod place;
mod stage;
mod text;

pub use json::plan_json;
pub use moments::PlanOfRollout;
pub use text::{plan_brief, plan_text};
