//! From what was asked for to hosts: inventories, groups, files, standard input and recorded runs are looked up here.

mod fleet;
mod pick;
mod recorded;
mod source;
mod stdin;

pub use fleet::{Fleet, Hosts, names_among};
pub use stdin::StandardInput;
