//! A rollout whose record cannot be read, and whether it may hold hosts all the same.

use crate::error::ReadError;
use crate::layout;
use mcom_rollout::State;
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A rollout of a listing that cannot be read: damaged, or of a newer mcom.
#[derive(Debug)]
pub struct UnreadableRollout {
    /// Its folder.
    pub dir: PathBuf,
    /// What is wrong.
    pub error: ReadError,
    /// Whether it may hold hosts: nothing in its folder says that it is over, or that it never began.
    pub may_be_open: bool,
}

impl UnreadableRollout {
    pub(super) fn new(dir: PathBuf, error: ReadError) -> Self {
        let may_be_open = may_be_open(&dir, &error);
        Self { dir, error, may_be_open }
    }
}

/// As much of an event as is asked for here.
#[derive(Deserialize)]
struct Line {
    event: String,
    #[serde(default)]
    state: Option<State>,
}

fn may_be_open(dir: &Path, error: &ReadError) -> bool {
    let events = match std::fs::read(layout::events(dir)) {
        Ok(events) => events,
        Err(why) if why.kind() == ErrorKind::NotFound => Vec::new(),
        Err(_) => return true,
    };
    if events.is_empty() {
        // It holds hosts from its first event on; a newer mcom may keep its events elsewhere.
        return matches!(error, ReadError::NewerFormat { .. } | ReadError::Io { .. });
    }
    // What stands behind the last state that can be read may be another state.
    let mut is_over = false;
    for line in events.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        match serde_json::from_slice::<Line>(line) {
            Ok(Line { event, state }) if event == "became" => is_over = state.is_some_and(State::is_over),
            Ok(_) => {}
            Err(_) => is_over = false,
        }
    }
    !is_over
}
