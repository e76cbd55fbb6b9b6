//! The keys that hosts are known by, from the files that ssh keeps.

mod book;
mod line;
mod pattern;

pub use book::{KnownHosts, Problem};
