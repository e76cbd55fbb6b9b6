//! One attempt on one host: what its supervisor does next, and what may be concluded from what it left behind.
//!
//! Decisions only. Files, locks and processes belong to the driver, which performs each [`Op`] and says how it went.

mod ask;
mod before;
#[cfg(test)]
mod crash;
mod machine;
mod op;

pub use ask::{ClaimFact, Facts, Verdict, judge};
pub use machine::{Attempt, AttemptLimits};
pub use op::{Input, Op};
