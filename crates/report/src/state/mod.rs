//! The state that the events of a run add up to. Every view reads it; none keeps one of its own.

mod host;
mod view;

pub use host::{HostView, Parent, Stage};
pub use view::{DcView, RunView};
