//! The process that runs one payload on this host and outlives the link, and the node's view of it.
//!
//! The node claims the attempt with everything that it needs and starts `mcom-node supervise FOLDER` ([`OwnAttempt`]).
//! From then on the supervisor ([`supervise`]) needs nobody: it carries out what [`mcom_engine::attempt`] decides and
//! leaves the exit record in the folder. The node reads along and may come and go; another one may follow in its place,
//! or beside it.

mod answer;
mod begin;
mod bell;
mod cgroup;
mod conclude;
mod descend;
mod follow;
mod inquiry;
mod login;
mod output;
mod own;
mod payload;
mod perform;
mod record;
mod run_as;
mod supervise;
mod sys;
mod tail;
mod teller;
mod watch;

pub use own::{OwnAttempt, OwnPlace};
pub use run_as::attach;
pub use supervise::supervise;
