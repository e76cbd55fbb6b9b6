//! A cgroup of the payload's own, where the kernel has version 2 and this user may make one: `cgroup.kill` reaches
//! every process in it at once, however fast they fork.

use rustix::fs::{Mode, OFlags};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// A cgroup below the supervisor's own. Removed when it is dropped, unless processes were left in it.
#[derive(Debug)]
pub(super) struct Cgroup {
    path: PathBuf,
    fd: OwnedFd,
}

/// What `statfs` says of a cgroup of version 2.
const CGROUP2_MAGIC: u64 = 0x6367_7270;

impl Cgroup {
    /// Makes one for an attempt; none where that is not possible, which is not a fault.
    pub(super) fn make(attempt: &str) -> Option<Self> {
        let own = std::fs::read_to_string("/proc/self/cgroup").ok()?;
        let own = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
        // Seen from inside a namespace, a cgroup outside of it has a path that climbs out of the file system.
        if own.split('/').any(|name| name == "..") {
            return None;
        }
        let root = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].into_iter().find(|root| is_cgroup2(root))?;
        let parent = PathBuf::from(root).join(own);
        remove_empty(&parent);
        let path = parent.join(format!("mcom-{attempt}-{}", std::process::id()));
        std::fs::create_dir(&path).ok()?;
        match rustix::fs::open(&path, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
            Ok(fd) => Some(Self { path, fd }),
            Err(_) => {
                let _ = std::fs::remove_dir(&path);
                None
            }
        }
    }

    /// Kills everything in it. A kernel before 5.14 cannot, which the sweep of descendants makes up for.
    pub(super) fn kill(&self) {
        let _ = std::fs::write(self.path.join("cgroup.kill"), "1");
    }
}

impl AsFd for Cgroup {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.path);
    }
}

/// Removes cgroups of earlier attempts, whose last process has ended since. The kernel keeps those that have any.
fn remove_empty(parent: &Path) {
    let Ok(entries) = std::fs::read_dir(parent) else { return };
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with("mcom-") {
            let _ = std::fs::remove_dir(entry.path());
        }
    }
}

fn is_cgroup2(root: &str) -> bool {
    rustix::fs::statfs(root).is_ok_and(|about| about.f_type as u64 == CGROUP2_MAGIC)
}
