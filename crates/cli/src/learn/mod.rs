//! `mcom ping --learn`: the keys of hosts that are not known yet, shown, confirmed, and kept where ssh keeps them.

mod collect;
mod keep;
mod known;
mod offer;
mod rounds;

pub use rounds::learn;
