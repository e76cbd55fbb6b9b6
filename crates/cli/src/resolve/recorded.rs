//! What patterns may refer to when they choose among the hosts of a recorded run: these hosts, and nothing else.

use mcom_fleet::hostset::HostSet;
use mcom_fleet::pattern::{NoSource, Source, SourceError};

pub(super) struct Recorded {
    pub(super) known: HostSet,
}

impl Source for Recorded {
    fn file(&self, path: &str) -> Result<String, SourceError> {
        NoSource.file(path)
    }

    fn stdin(&self) -> Result<String, SourceError> {
        NoSource.stdin()
    }

    fn group(&self, source: Option<&str>, group: &str) -> Result<Vec<String>, SourceError> {
        NoSource.group(source, group)
    }

    fn run(&self, id: &str, outcome: &str) -> Result<Vec<String>, SourceError> {
        NoSource.run(id, outcome)
    }

    fn inventory(&self) -> Option<&HostSet> {
        Some(&self.known)
    }
}
