//! The file that says a rollout: what it may hold, and how it is read.

mod types;

pub use types::{At, FilePayload, HealthFile, RolloutFile, StageFile};
