//! A node in a process of its own, which can be killed, or think that the host has rebooted.

use super::stand::{Stand, kill, live, skipped, until};
use mcom_engine::tree::OwnMode;
use mcom_model::{HostLock, Outcome};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const FOLDER: &str = "MCOM_TEST_ELSEWHERE_FOLDER";
const COMMAND: &str = "MCOM_TEST_ELSEWHERE_COMMAND";
const MODE: &str = "MCOM_TEST_ELSEWHERE_MODE";
const WAITS: &str = "MCOM_TEST_ELSEWHERE_WAITS";
const DEADLINE: &str = "MCOM_TEST_ELSEWHERE_DEADLINE";

/// Not a test of its own: the node.
#[tokio::test]
async fn node_of_other_tests() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut stand = Stand::at(folder.as_ref());
    stand.deadline_ms = std::env::var(DEADLINE).ok().map(|ms| ms.parse().unwrap());
    let mode = if std::env::var_os(MODE).is_some() { OwnMode::Look } else { OwnMode::Start };
    let (mut spec, blobs) = live(stand.command(&std::env::var(COMMAND).unwrap()));
    if std::env::var_os(WAITS).is_some() {
        spec.lock = HostLock::Wait { ms: 60_000 };
    }
    let ended = stand.start_as(mode, [0; 2], (spec, blobs)).ended().await;
    std::fs::write(stand.path("outcome.new"), serde_json::to_vec(&ended.outcome).unwrap()).unwrap();
    std::fs::rename(stand.path("outcome.new"), stand.path("outcome")).unwrap();
}

/// A node that is started elsewhere.
pub struct Elsewhere {
    process: Child,
}

impl Elsewhere {
    pub fn start(stand: &Stand, text: &str) -> Self {
        Self { process: order(stand, text, std::env::current_exe().unwrap().as_ref(), &[]).spawn().unwrap() }
    }

    /// One whose attempt waits for the host's lock.
    pub fn start_waiting(stand: &Stand, text: &str) -> Self {
        let mut order = order(stand, text, std::env::current_exe().unwrap().as_ref(), &[]);
        Self { process: order.env(WAITS, "a minute").spawn().unwrap() }
    }

    /// Kills it, as a machine that is short of memory would.
    pub fn kill(mut self) {
        kill(&self.process.id().to_string());
        self.process.wait().unwrap();
    }
}

/// What a node says that looks at the attempt after the host has rebooted; none where this user cannot pretend that.
pub async fn outcome_after_reboot(stand: &Stand, text: &str) -> Option<Outcome> {
    std::fs::write(stand.path("boot_id"), "00000000-0000-4000-8000-000000000000\n").unwrap();
    let boot = "/proc/sys/kernel/random/boot_id";
    let script = format!("mount --bind {} {boot} && exec \"$0\" \"$@\"", stand.path("boot_id").display());
    let can = Command::new("unshare")
        .args(["-m", "sh", "-c", &script, "true"])
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success());
    if !can {
        skipped("this user cannot give a process another boot id (unshare -m, mount --bind)");
        return None;
    }
    let program = std::env::current_exe().unwrap();
    let before = ["-m", "sh", "-c", &script, program.to_str().unwrap()];
    let mut process = order(stand, text, Path::new("unshare"), &before).env(MODE, "look").spawn().unwrap();
    let outcome = until(|| std::fs::read(stand.path("outcome")).ok()).await;
    process.wait().unwrap();
    std::fs::remove_file(stand.path("outcome")).unwrap();
    Some(serde_json::from_slice(&outcome).unwrap())
}

fn order(stand: &Stand, text: &str, program: &Path, before: &[&str]) -> Command {
    let mut order = Command::new(program);
    order
        .args(before)
        .args(["--exact", "supervisor::elsewhere::node_of_other_tests", "--nocapture"])
        .env(FOLDER, stand.place())
        .env(COMMAND, text)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(ms) = stand.deadline_ms {
        order.env(DEADLINE, ms.to_string());
    }
    order
}
