//! The supervisor on real processes: no ssh, a spool of each test's own.

mod asking;
mod elsewhere;
mod ending;
mod faults;
mod follow;
mod giving_up;
mod looking;
mod output;
mod run_as;
mod running;
mod stand;
mod waiting;
