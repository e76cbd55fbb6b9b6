//! From arguments to a request, and from a request to a plan with the bytes that it ships.

mod build;
mod payload;
mod quote;
mod saved;
mod settle;

pub use build::{Planned, build};
pub use saved::planned_again;
pub use settle::{random, targets};
