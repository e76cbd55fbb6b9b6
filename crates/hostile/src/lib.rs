//! Hosts that lie. Whoever has captured a host can put any program where its node lies; this one is a real node behind
//! somebody who reads along, and changes, adds and withholds what goes up. Tests put it on hosts of real fleets, and
//! look at what the real coordinator and the real nodes of the other hosts make of it.

mod attack;
mod attacks;
mod captured;
mod out;
mod seen;

pub use attacks::names;
pub use captured::captured;
