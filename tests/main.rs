//! Black-box tests of the programs, one module per verb, and what the source tree promises about itself.
#![allow(clippy::unwrap_used, reason = "the helpers of a test are tests")]

mod alone;
mod bounded;
mod cancel;
mod chaos;
mod cli_errors;
mod config;
mod confirm;
mod credentials;
mod credentials_flags;
mod doctor;
mod faults;
mod guide;
mod hostile;
mod hosts;
mod interrupt;
mod limits;
mod locks;
mod modes;
mod once;
mod output;
mod ping;
mod plan;
mod readers;
mod resume;
mod retry;
mod rollout;
mod run;
mod run_as;
mod scene;
mod support;
mod terminal;
mod tidy;
mod watch;
