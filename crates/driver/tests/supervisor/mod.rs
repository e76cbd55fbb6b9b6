//! The supervisor on real processes: no ssh, a spool of each test's own.

mod ending;
mod faults;
mod follow;
mod output;
mod running;
mod stand;
