//! Which datacenter a host is in. Each host alone decides, never the rest of the pattern, so a host is in the same
//! datacenter in every plan.

mod name;
mod rules;

pub use rules::{DcNameRule, DcNameRuleError, DcRules};

/// The group of hosts that no rule could place.
pub const NO_DC: &str = "none";

/// The one group of a flat run.
pub const FLAT: &str = "all";
