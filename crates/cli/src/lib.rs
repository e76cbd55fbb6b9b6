//! What `mcom` does: arguments and configuration in, a run and its views out.

mod app;
pub mod args;
mod config;
mod confirm;
mod doctor;
mod error;
pub mod exit;
mod inquire;
mod learn;
mod output;
mod policy;
mod prompt;
mod request;
mod resolve;
mod rollout;
mod run;
mod socket;
mod trace;
mod trust;
mod verbs;

pub use app::main;
