//! What each verb does.

mod cancel;
mod chosen;
mod config;
mod doctor;
mod history;
mod hosts;
mod log;
mod log_rollout;
mod pager;
mod ping;
mod plan;
mod plan_already;
mod plan_pace;
mod plan_text;
mod resume;
mod retry;
mod rollout;
mod run;
mod watch;
mod who;

pub use cancel::cancel;
pub use config::config;
pub use doctor::doctor;
pub use history::history;
pub use hosts::hosts;
pub use log::log;
pub use ping::ping;
pub use plan::plan;
pub use resume::resume;
pub use retry::retry;
pub use rollout::rollout;
pub use run::run;
pub use watch::watch;
pub use who::who;
