//! What payloads left in `$MCOM_RESULT`, counted.

use std::collections::BTreeMap;

/// How many distinct lines are told apart.
const RESULTS: usize = 1000;

/// Lines with counts.
#[derive(Clone, Debug, Default)]
pub(super) struct Results {
    pub(super) by_line: BTreeMap<String, u64>,
    /// Lines beyond the last distinct one that is told apart.
    pub(super) other: u64,
}

impl Results {
    pub(super) fn add(&mut self, line: &str) {
        if let Some(count) = self.by_line.get_mut(line) {
            *count += 1;
        } else if self.by_line.len() < RESULTS {
            self.by_line.insert(line.to_owned(), 1);
        } else {
            self.other += 1;
        }
    }
}
