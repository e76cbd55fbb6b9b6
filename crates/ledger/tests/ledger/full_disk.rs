//! A disk that fills while a run is recorded: a small tmpfs, where this process may mount one.

use crate::fixture;
use mcom_ledger::{Ledger, OutputError, StoredRun};
use mcom_model::{Digest, HostId, Stream};
use std::path::Path;
use std::process::Command;

/// A mounted tmpfs of 128 KiB.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// None where this process may not mount.
    fn mount() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", "size=128k", "tmpfs"]).arg(dir.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then(|| Self(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        assert!(Command::new("umount").arg(self.path()).status().unwrap().success());
    }
}

#[test]
fn what_was_written_before_the_disk_was_full_stays_readable() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("not shown: a tmpfs cannot be mounted here (needs root); /dev/full stands in, in the unit tests");
        return;
    };
    let mut ledger = Ledger::create(disk.path(), &fixture::head("8f3kabcd")).unwrap();
    let events = fixture::events("8f3kabcd");
    let mut written = 0;
    let error = loop {
        match ledger.append(&events[written % events.len()], true) {
            Ok(()) => written += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_full(), "{error}");
    assert!(written > 100);
    let refused = ledger.store_output(HostId(0), Stream::Out, 0, &[1; 200_000]).unwrap_err();
    assert!(matches!(refused, OutputError::Write(error) if error.is_full()));
    assert!(ledger.store_body(&Digest::of(&[2; 5000]), &[2; 5000]).is_err());
    let run = StoredRun::open(ledger.dir()).unwrap();
    let read: Vec<_> = run.events().unwrap().map(Result::unwrap).collect();
    assert_eq!(read.len(), written);
    // Somebody makes room: the record goes on where it was.
    std::fs::remove_file(ledger.dir().join("run.json")).unwrap();
    ledger.append(&events[0], true).unwrap();
    assert_eq!(run.events().unwrap().map(Result::unwrap).last().as_ref(), Some(&events[0]));
}
