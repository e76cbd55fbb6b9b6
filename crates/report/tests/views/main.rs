//! What readers of a run see: snapshots of every view over one realistic run, and what must hold beside them.
#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod any_bytes;
mod corpus;
mod fixture;
mod follow;
mod history;
mod inquiry;
mod json;
mod lines;
mod live;
mod logins;
mod lost;
mod lost_live;
mod lost_log;
mod nested;
mod recap;
mod rollout;
mod state;
mod story;
