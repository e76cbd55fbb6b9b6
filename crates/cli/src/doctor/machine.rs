//! What belongs to this machine: the nodes for the hosts, the place of the ledger, how much may be open at once.

use crate::config::Settings;
use crate::doctor::Finding;
use crate::error::plain;
use mcom_driver::bootstrap::NodeStore;
use rustix::fs::{Access, access};
use rustix::process::{Resource, getrlimit};
use std::path::Path;

/// Fewer open files than this do not carry a run on many hosts: each link has four.
const OPEN_FILES: u64 = 1024;

pub(super) fn nodes() -> Finding {
    let found = std::env::current_exe().map_err(|error| plain(&error));
    let found = found.and_then(|exe| NodeStore::beside(&exe).map_err(|error| error.to_string()));
    match found {
        Ok(nodes) => {
            let of: Vec<String> =
                nodes.nodes().iter().map(|node| format!("{} ({})", node.arch(), node.digest().short())).collect();
            Finding::ok("nodes", format!("for {}", of.join(", ")))
        }
        Err(why) => Finding::problem("nodes", why, "build them: scripts/build-release"),
    }
}

pub(super) fn ledger(settings: &Settings) -> Finding {
    let runs = mcom_ledger::runs_dir(&settings.state_home.value);
    let there = runs.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
    match access(there, Access::WRITE_OK | Access::EXEC_OK) {
        Ok(()) if there.is_dir() => Finding::ok("ledger", runs.display().to_string()),
        _ => Finding::problem(
            "ledger",
            format!("{} cannot be written, and the ledger would be {}", there.display(), runs.display()),
            format!("make it yours, or set XDG_STATE_HOME to a folder that is: ls -ld {}", there.display()),
        ),
    }
}

pub(super) fn open_files() -> Finding {
    let limit = getrlimit(Resource::Nofile);
    let text = |limit: Option<u64>| limit.map_or_else(|| "no limit".to_owned(), |limit| limit.to_string());
    let said = format!("{}, raised to {} for a run", text(limit.current), text(limit.maximum));
    match limit.maximum {
        Some(most) if most < OPEN_FILES => {
            Finding::problem("open files", said, format!("allow {OPEN_FILES} and more: ulimit -Hn, limits.conf(5)"))
        }
        _ => Finding::ok("open files", said),
    }
}
