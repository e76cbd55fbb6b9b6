//! Networks of a fleet's own: anonymous network namespaces, joined by bridges and by links with faults.
//!
//! Nothing here has a name in the machine's own namespace. A network lives as long as a process holds one of
//! its namespaces, so there is nothing that could be left behind once the fleet's processes have ended.

mod line;
mod probe;
mod site;
mod space;
mod sys;

pub use line::{Line, Traffic, Way};
pub use probe::namespaces_missing;
pub(crate) use site::Site;
pub(crate) use space::NetSpace;
