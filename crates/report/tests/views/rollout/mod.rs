//! What readers of a rollout see: snapshots of each view in each state of a rollout, and what holds whatever happens.

mod any_events;
mod event_lines;
mod list;
mod nested;
mod plan;
mod status;
mod told;
