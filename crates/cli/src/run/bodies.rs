//! What hosts printed, read back from a run's record.

use mcom_ledger::StoredRun;
use mcom_model::Digest;
use mcom_report::Bodies;
use std::io::{self, Read};

/// The bodies of a recorded run.
pub struct LedgerBodies(pub StoredRun);

impl Bodies for LedgerBodies {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0.body(digest)?))
    }
}
