//! What each verb does.

mod config;
mod history;
mod hosts;
mod log;
mod pager;
mod plan;
mod plan_pace;
mod plan_text;
mod run;
mod who;

pub use config::config;
pub use history::history;
pub use hosts::hosts;
pub use log::log;
pub use plan::plan;
pub use run::run;
pub use who::who;
