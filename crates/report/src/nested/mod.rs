//! The nested log: the tree of a run with what each level knows about its children.
//!
//! It is built as a tree of nodes and then drawn, so that every variant (folded, by parent, by host, filtered) has
//! the same lines.

mod datacenter;
mod draw;
mod filter;
mod groups;
mod heads;
mod hosts;
mod options;
mod parents;
mod root;
mod transit;

pub use options::{LogOptions, LogOrder};

use crate::bodies::Bodies;
use crate::state::RunView;
use std::io::{self, Write};

/// Writes the nested log of a run.
pub fn nested_log(view: &RunView, bodies: &dyn Bodies, options: &LogOptions, out: &mut dyn Write) -> io::Result<()> {
    nested_log_at(view, bodies, options, "", out)
}

/// The same as a branch of another tree: the lines below the run's own begin with `prefix`.
pub(crate) fn nested_log_at(
    view: &RunView,
    bodies: &dyn Bodies,
    options: &LogOptions,
    prefix: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let log = root::Log { view, bodies, options, is_branch: !prefix.is_empty() };
    let selected = filter::select(log);
    draw::draw(log, &root::root(log, &selected), prefix, out)
}
