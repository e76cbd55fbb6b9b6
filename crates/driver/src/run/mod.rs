//! The loops that carry a tree run out: the engine decides, and here it is done.

mod authority;
mod blobs;
mod control;
mod coordinate;
mod files;
mod links;
mod node;
mod node_main;
mod sink;
mod trace;
mod uplink;

pub use authority::{Authority, Granting};
pub use control::Control;
pub use coordinate::{Order, Start, coordinate};
pub use node::{Children, NodeError, serve};
pub use node_main::{node_main, node_main_with};
pub use sink::{RunSink, Tick};
