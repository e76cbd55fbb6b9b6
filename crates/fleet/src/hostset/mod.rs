//! Sets of host names: natural order, set operations, and folding back into a pattern. Nothing here parses patterns.

mod complement;
mod fold;
mod name;
mod set;
mod sort;

pub use complement::{describe, describe_in_dc};
pub use fold::fold;
pub(crate) use name::push_number;
pub use name::{MAX_DIGITS, MAX_NAME, is_host_name, is_name_byte, natural_cmp};
pub use set::HostSet;
pub(crate) use sort::sort_by_name;
