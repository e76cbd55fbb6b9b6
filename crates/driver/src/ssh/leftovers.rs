//! What a program that was killed leaves behind: its private folder, and masters that nobody tells to end. The next one
//! of the same user clears it away.

use crate::spool::{HostIdentity, ProcessIdentity};
use crate::ssh::mux;
use serde::{Deserialize, Serialize};
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// Folders of this program begin so.
pub(super) const PREFIX: &str = "mcom-";

/// Says whose the folder is.
const OWNER: &str = "owner";

/// For the masters of a dead program to go; they need a few milliseconds.
const LEAVING_TIME: Duration = Duration::from_secs(1);

/// The process that a folder belongs to.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    process: ProcessIdentity,
    /// Process ids mean nothing outside of their namespace, which another container may have for itself.
    namespace: String,
}

impl Owner {
    fn this_process() -> io::Result<Self> {
        let host = HostIdentity::read().map_err(io::Error::other)?;
        let pid = i32::try_from(std::process::id()).map_err(io::Error::other)?;
        Ok(Self { process: ProcessIdentity::of(pid, &host)?, namespace: namespace()? })
    }
}

fn namespace() -> io::Result<String> {
    Ok(std::fs::read_link("/proc/self/ns/pid")?.to_string_lossy().into_owned())
}

/// Writes down that a folder is this process's. One that says nothing is never cleared away.
pub(super) fn claim(folder: &Path) {
    if let Ok(owner) = Owner::this_process()
        && let Ok(text) = serde_json::to_vec(&owner)
    {
        let _ = std::fs::write(folder.join(OWNER), text);
    }
}

/// Clears away the folders below `place` whose processes are gone. What cannot be cleared away is left for the next.
pub(super) fn clear(place: &Path) {
    let (Ok(entries), Ok(host), Ok(namespace)) = (std::fs::read_dir(place), HostIdentity::read(), namespace()) else {
        return;
    };
    let me = rustix::process::geteuid().as_raw();
    for entry in entries.filter_map(Result::ok) {
        let ours = entry.file_name().to_string_lossy().starts_with(PREFIX);
        // Not through a symbolic link, and nothing of another user.
        if ours && entry.metadata().is_ok_and(|data| data.is_dir() && data.uid() == me) {
            clear_one(&entry.path(), &host, &namespace);
        }
    }
}

fn clear_one(folder: &Path, host: &HostIdentity, namespace: &str) {
    let owner = std::fs::read(folder.join(OWNER)).ok();
    let owner = owner.and_then(|text| serde_json::from_slice::<Owner>(&text).ok());
    if !owner.is_some_and(|owner| owner.namespace == namespace && !owner.process.is_alive(host)) {
        return;
    }
    let sockets = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok);
    let sockets = sockets.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_socket()));
    let leaving: Vec<_> = sockets.filter_map(|socket| mux::dismiss(None, &socket.path())).collect();
    let until = Instant::now() + LEAVING_TIME;
    leaving.into_iter().for_each(|master| master.wait(until));
    let _ = std::fs::remove_dir_all(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_of_dead_processes_go_and_no_others() {
        let place = tempfile::tempdir().unwrap();
        let folder = |name: &str| {
            let path = place.path().join(name);
            std::fs::create_dir(&path).unwrap();
            path
        };
        let (mine, dead, elsewhere) = (folder("mcom-mine"), folder("mcom-dead"), folder("mcom-elsewhere"));
        let (silent, other) = (folder("mcom-silent"), folder("other"));
        claim(&mine);
        let owner = || Owner::this_process().unwrap();
        let gone = || ProcessIdentity { start_time: 1, ..owner().process };
        let put = |path: &Path, owner: &Owner| {
            std::fs::write(path.join(OWNER), serde_json::to_vec(owner).unwrap()).unwrap();
        };
        put(&dead, &Owner { process: gone(), ..owner() });
        // A link that was being made: its socket has nobody behind it any more.
        std::fs::create_dir(dead.join("0.d")).unwrap();
        drop(std::os::unix::net::UnixListener::bind(dead.join("0.d/agent")).unwrap());
        put(&other, &Owner { process: gone(), ..owner() });
        put(&elsewhere, &Owner { process: gone(), namespace: "pid:[1]".into() });
        clear(place.path());
        assert!(!dead.exists());
        assert!([mine, elsewhere, silent, other].iter().all(|path| path.exists()));
    }
}
