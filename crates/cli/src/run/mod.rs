//! One run from the coordinator's side: its record, its views, its signals, its exit code.

mod authority;
mod bodies;
mod carry_on;
mod carry_out;
mod conduct;
mod control;
mod display;
mod execute;
mod follow;
mod identity;
mod info;
mod means;
mod operator;
mod password;
mod permit;
mod question;
mod rounds;
mod signals;
mod sink;
mod ssh;
mod timers;
mod views;

pub use bodies::LedgerBodies;
pub use carry_on::{CarryOn, busy, carry_on};
pub use control::ask_to_cancel;
pub use display::{Display, Terminal, ignore};
pub use execute::{Execution, execute};
pub use follow::follow;
pub use identity::{now_ms, run_id, user, who};
pub use info::run_info;
pub use means::Shown;
pub use operator::Operator;
pub use permit::permitted;
pub use rounds::blobs_of;
pub use ssh::{Reach, at_home, inner_links, long_links, reach, ssh_settings};
pub use timers::timers;
