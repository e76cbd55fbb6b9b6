//! What the record of a run says about it: what a new coordinator needs to carry the run on.

use crate::clock::RunClock;
use crate::digest::Digest;
use crate::event::EndedBy;
use crate::outcome::{BodyRef, OutcomeKind};
use crate::reason::Reason;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A run as its record left it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedRun {
    /// The moment of the last event.
    pub at: RunClock,
    /// Every host, in the order of ids.
    pub hosts: Vec<RecordedHost>,
    /// Bodies that are stored.
    pub bodies: BTreeSet<Digest>,
    /// Whether the operator had asked to cancel.
    pub cancelled: bool,
    /// What had stopped new hosts from being started, and in which words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub halted: Option<(EndedBy, Reason)>,
    /// Whether the run had come to its end.
    pub ended: bool,
}

/// One host, as the record left it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedHost {
    /// How it ended; none is asked, or started where it has not begun.
    pub outcome: Option<OutcomeKind>,
    /// What it printed, where it ended with a receipt.
    pub printed: Option<[BodyRef; 2]>,
    /// Whether frames that could start it may have been sent.
    pub begun: bool,
    /// The user id that claimed it there, where that was said.
    pub uid: Option<u32>,
    /// The coordinator went on with it through its parent's sshd, because the parent could not reach it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub transit: bool,
}
