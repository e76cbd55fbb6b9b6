//! Hosts that ended alike and printed the same, put together: three hundred equal answers are one.

mod difference;
mod group;
mod mask;

pub(crate) use difference::{Change, difference};
pub(crate) use group::{Group, bodies_of, common, groups, groups_by_outcome};
pub use mask::FoldIgnore;
