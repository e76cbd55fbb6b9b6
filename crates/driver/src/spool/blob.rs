//! The blobs of a run that lie on this host already, in the folder of an attempt.

use crate::spool::{AttemptFolder, Spool};
use bytes::Bytes;
use mcom_model::{BlobRef, Digest, RunSpec, limits};

impl Spool {
    /// Looks for a blob of a run's payload in the folders of its attempts. What is damaged or cannot be read counts as
    /// missing: it is brought again.
    pub fn find_blob(&self, run: &RunSpec, blob: &BlobRef) -> Option<Bytes> {
        let numbers = run.attempt..run.attempt.saturating_add(limits::ATTEMPTS);
        let folders = numbers.filter_map(|number| {
            let name = AttemptFolder::name_of(run, number);
            self.runs().has(&name).ok().filter(|&has| has).and_then(|_| self.runs().enter(&name).ok())
        });
        let files = folders.flat_map(|folder| ["payload", "stdin"].map(|name| folder.read(name, limits::BLOB)));
        let mut found = files.filter_map(|read| read.ok().flatten()).map(Bytes::from);
        found.find(|bytes| bytes.len() as u64 == blob.len && Digest::of(bytes) == blob.digest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::HostIdentity;
    use mcom_model::{HostLock, InnerLinks, OutputMode, Payload, PayloadKind, RunLimits, Timers, TreeShape};

    fn run(blob: BlobRef) -> RunSpec {
        let payload = Payload {
            kind: PayloadKind::Script,
            name: "fix.sh".into(),
            blob,
            args: vec![],
            env: vec![],
            cwd: None,
            stdin: None,
            run_as: None,
        };
        RunSpec {
            run: "8f3kabcd".parse().unwrap(),
            attempt: 1,
            who: "alice@bastion".into(),
            reason: None,
            payload,
            limits: RunLimits::default(),
            shape: TreeShape { width: 32, depth: None },
            output: OutputMode::AtEnd,
            credentials: mcom_model::Credentials::Own,
            inner: InnerLinks::default(),
            once: false,
            lock: HostLock::default(),
            undoes: None,
            looks: false,
            timers: Timers::default(),
        }
    }

    #[test]
    fn a_blob_is_found_in_any_attempt_of_its_run_unless_it_is_damaged() {
        let place = tempfile::tempdir().unwrap();
        let host = HostIdentity { machine: "m".into(), boot: "b".into() };
        let spool = Spool::open(place.path(), &host).unwrap();
        let bytes = Bytes::from_static(b"#!/bin/sh\n");
        let blob = BlobRef { digest: Digest::of(&bytes), len: bytes.len() as u64 };
        let run = run(blob);
        let put = |attempt: &str, name: &str, bytes: &[u8]| {
            spool.runs().make(attempt).unwrap();
            std::fs::write(place.path().join("runs").join(attempt).join(name), bytes).unwrap();
        };
        assert_eq!(spool.find_blob(&run, &blob), None);
        put("9f3kabcd.1", "payload", &bytes);
        put("8f3kabcd.1", "payload", b"#!/bin/sx\n");
        assert_eq!(spool.find_blob(&run, &blob), None);
        put("8f3kabcd.2", "stdin", &bytes);
        assert_eq!(spool.find_blob(&run, &blob), Some(bytes));
    }
}
