//! One run from the coordinator's side: its record, its views, its signals, its exit code.

mod bodies;
mod display;
mod execute;
mod identity;
mod signals;
mod sink;
mod ssh;
mod timers;
mod views;

pub use bodies::LedgerBodies;
pub use display::{Display, Terminal, ignore};
pub use execute::{Execution, execute};
pub use identity::{now_ms, run_id, who};
pub use ssh::{connector, inner_links};
pub use timers::timers;
