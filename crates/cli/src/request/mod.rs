//! From arguments to a request, and from a request to a plan with the bytes that it ships.

mod build;
mod kept;
mod payload;
mod quote;
mod saved;
mod settle;
mod touched;

pub use build::{Planned, build};
pub use kept::{Already, Made, keep};
pub use payload::{PayloadParts, Prepared, prepare};
pub use saved::{Saved, planned_again};
pub use settle::{random, targets};
