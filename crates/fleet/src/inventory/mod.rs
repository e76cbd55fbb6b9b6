//! The hosts that there are and what is known about each: datacenter, groups, how to reach it, weight as a parent.
//!
//! An inventory stays as compact as it was written: a million hosts in three lines cost three entries until somebody
//! asks for their names.

mod attributes;
mod entry;
mod file;
mod index;
mod set;
#[cfg(test)]
mod tests;

pub use attributes::HostAttributes;
pub use file::{Inventory, parse};
pub use set::Inventories;
