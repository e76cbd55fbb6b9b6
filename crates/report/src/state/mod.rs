//! The state that the events of a run add up to. Every view reads it; none keeps one of its own.

mod apply;
mod dc;
mod host;
mod results;
mod term;
mod turn;
mod view;

pub use dc::DcView;
pub use host::{HostView, Parent, Stage};
pub use term::{ParentTerm, TermEnd, Terms};
pub use turn::Turn;
pub use view::RunView;
