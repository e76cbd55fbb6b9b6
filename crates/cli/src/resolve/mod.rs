//! From what was asked for to hosts: inventories, groups, files, standard input and recorded runs are looked up here.

mod fleet;
mod pick;
mod source;
mod stdin;

pub use fleet::{Fleet, Hosts};
pub use stdin::StandardInput;
