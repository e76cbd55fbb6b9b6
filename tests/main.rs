//! Black-box tests of the programs, one module per verb, and what the source tree promises about itself.
#![allow(clippy::unwrap_used, reason = "the helpers of a test are tests")]

mod tidy;
