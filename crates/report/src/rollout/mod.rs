//! What readers of a rollout see: what it means before it starts, how far it is, what happened, and its nested log.
//!
//! Every view is made from the rollout's spec, its state or its events, and the caller's clock. Text from hosts and
//! from files is fit for one line of a terminal; JSON has it as it is.

mod ended;
mod event_json;
mod event_lines;
mod health;
mod in_flight;
mod list;
mod log;
mod options;
mod plan;
mod soak;
mod status;
mod words;

pub use ended::ended_text;
pub use event_json::event_json;
pub use event_lines::EventLines;
pub use in_flight::in_flight;
pub use list::{RolloutRow, list_json, list_text};
pub use log::{RolloutLog, RolloutRun, nested_rollout_log};
pub use options::{Carrier, RolloutOptions};
pub use plan::{PlanOfRollout, plan_brief, plan_json, plan_text};
pub use soak::{SoakBlock, soak_line};
pub use status::{status_json, status_text};
