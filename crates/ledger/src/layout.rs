//! Where the parts of runs and rollouts lie. The only place that knows file names.

use mcom_model::{Digest, HostId, RunId, Stream};
use std::path::{Path, PathBuf};

/// The link to the newest run, beside the runs.
pub(crate) const LATEST: &str = "latest";

/// The folder of all runs below a state folder (`$XDG_STATE_HOME`, or `~/.local/state`).
pub fn runs_dir(state_home: &Path) -> PathBuf {
    state_home.join("mcom").join("runs")
}

/// The folder of all rollouts below a state folder.
pub fn rollouts_dir(state_home: &Path) -> PathBuf {
    state_home.join("mcom").join("rollouts")
}

/// The name of the folder of a run or rollout: sorts by start, to the millisecond, so that runs of one second keep
/// their order; ends with the id.
pub(crate) fn dir_name(started_ms: u64, run: &RunId) -> String {
    let time = i64::try_from(started_ms)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok())
        .unwrap_or(jiff::Timestamp::MAX);
    format!("{}-{run}", time.strftime("%Y%m%dT%H%M%S.%3fZ"))
}

/// The id in a folder's name, where it is one of a run or rollout.
pub(crate) fn id_of(dir_name: &str) -> Option<RunId> {
    let (time, id) = dir_name.rsplit_once('-')?;
    if time.len() < 16 || !time.ends_with('Z') {
        return None;
    }
    id.parse().ok()
}

pub(crate) fn head(run: &Path) -> PathBuf {
    run.join("run.json")
}

pub(crate) fn rollout_head(rollout: &Path) -> PathBuf {
    rollout.join("rollout.json")
}

/// The folder of what a rollout runs: payloads, their standard input.
pub(crate) fn blobs(rollout: &Path) -> PathBuf {
    rollout.join("blobs")
}

/// The file that is locked while rollouts are compared with each other.
pub(crate) fn hold(rollouts: &Path) -> PathBuf {
    rollouts.join("hold")
}

pub(crate) fn events(run: &Path) -> PathBuf {
    run.join("events.ndjson")
}

/// Who writes the record.
pub(crate) fn writer(run: &Path) -> PathBuf {
    run.join("writer.json")
}

pub(crate) fn bodies(run: &Path) -> PathBuf {
    run.join("bodies")
}

pub(crate) fn body(bodies: &Path, digest: &Digest) -> PathBuf {
    bodies.join(digest.to_string())
}

/// The folder of output that has no name yet.
pub(crate) fn partial(run: &Path) -> PathBuf {
    run.join("partial")
}

pub(crate) fn partial_file(partial: &Path, host: HostId, stream: Stream) -> PathBuf {
    let stream = match stream {
        Stream::Out => "out",
        Stream::Err => "err",
    };
    partial.join(format!("{}.{stream}", host.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_named_by_time_and_id() {
        let run: RunId = "8f3kabcd".parse().unwrap();
        let name = dir_name(1_784_728_931_007, &run);
        assert_eq!(name, "20260722T140211.007Z-8f3kabcd");
        assert_eq!(id_of(&name), Some(run));
        assert_eq!(id_of("latest"), None);
        assert_eq!(id_of("some-8f3k"), None);
    }
    #[test]
    fn runs_of_one_second_keep_their_order() {
        let name = |started_ms: u64, run: &str| dir_name(started_ms, &run.parse().unwrap());
        assert!(name(1_784_728_931_006, "zzzzzzzz") < name(1_784_728_931_007, "00000000"));
    }
}
