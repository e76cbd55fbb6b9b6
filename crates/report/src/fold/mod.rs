//! Hosts that ended alike and printed the same, put together: three hundred equal answers are one.

mod difference;
mod group;
mod mask;
mod reasons;

pub(crate) use difference::{Change, difference};
pub(crate) use group::{Group, bodies_of, groups, groups_by_outcome};
pub use mask::FoldIgnore;
pub(crate) use reasons::{by_transit, common, together};
