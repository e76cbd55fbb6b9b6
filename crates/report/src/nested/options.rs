//! What a reader of the nested log asks for.

use crate::fold::FoldIgnore;
use mcom_model::HostId;
use regex::bytes::Regex;
use std::collections::BTreeSet;

/// How the nested log is written.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    /// 0: groups of a datacenter; 1: the subtree of every parent; 2: every host.
    pub verbose: u8,
    /// Only hosts that somebody has to look at.
    pub failed: bool,
    /// Only hosts whose name, reason or output has a match, and of their output only the lines that match.
    pub grep: Option<Regex>,
    /// One line a host instead of groups, in this order.
    pub order: Option<LogOrder>,
    /// Only these hosts.
    pub hosts: Option<BTreeSet<HostId>>,
    /// What folding overlooks.
    pub ignore: FoldIgnore,
    /// Whether the reader is a terminal, or a pager on one: then remote bytes are sanitised and long outputs cut.
    pub tty: bool,
    /// Whether to use colour.
    pub color: bool,
    /// Columns of the terminal, where there is one: the first line is cut to them.
    pub width: Option<usize>,
    /// Whether a coordinator carries the run out now.
    pub running: bool,
    /// The wall clock in milliseconds since 1970, UTC: how long a run takes that is carried out now. None: to its last
    /// event.
    pub now_ms: Option<u64>,
}

/// In which order hosts stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogOrder {
    /// In natural order of names.
    Host,
    /// As they ended.
    Time,
}

impl LogOptions {
    /// Whether any host may be left out.
    pub(super) const fn filters(&self) -> bool {
        self.failed || self.grep.is_some() || self.hosts.is_some()
    }
}
