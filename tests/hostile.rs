//! Hostile hosts against the real programs: `mcom-evil` (crates/hostile) stands in the node's place on captured hosts.
//! Each attempt is refused, recorded, and named in the log with its host, and the other hosts end ok.

mod child;
mod credentials;
mod floods;
mod parent;
mod silence;
mod stage;
mod text;
