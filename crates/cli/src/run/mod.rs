//! One run from the coordinator's side: its record, its views, its signals, its exit code.

mod bodies;
mod display;
mod execute;
mod identity;
mod signals;
mod sink;
mod ssh;
mod views;

pub use bodies::LedgerBodies;
pub use display::{Display, Terminal, ignore};
pub use execute::{Execution, execute};
