//! How far a rollout is, on one screen: the stages, who has the change, who is bad, and what to type next.

mod bad;
mod hosts;
mod json;
mod next;
mod screen;
mod stages;

pub use json::status_json;
pub use screen::status_text;

pub(super) use bad::{bad_hosts, bad_lines};
pub(super) use hosts::host_lines;
pub(super) use next::next_step;
pub(super) use screen::head_line;
pub(super) use stages::progress;
