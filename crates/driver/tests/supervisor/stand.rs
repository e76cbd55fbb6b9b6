//! What the tests share: a spool, a payload, and the events of an attempt.

use bytes::Bytes;
use mcom_driver::supervisor::{OwnAttempt, OwnPlace};
use mcom_engine::tree::{OwnEvent, OwnMode, OwnReceipt, OwnStart};
use mcom_model::{
    BlobRef, Digest, HostId, InnerLinks, Outcome, OutputMode, Payload, PayloadKind, Reason, RunId, RunLimits, RunSpec,
    TreeShape,
};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Receiver, channel};

/// How long anything may take before a test gives up: far longer than it ever takes.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A folder with a spool in it.
pub struct Stand {
    place: PathBuf,
    /// What the run's deadline leaves, for the attempts that are started from now on.
    pub deadline_ms: Option<u64>,
    _owned: Option<tempfile::TempDir>,
}

/// An attempt under way.
pub struct Running {
    pub attempt: OwnAttempt,
    pub events: Receiver<OwnEvent>,
    pub seen: Vec<OwnEvent>,
}

/// How an attempt ended, and everything that was said before.
#[derive(Debug)]
pub struct Ended {
    pub outcome: Outcome,
    pub receipt: Option<OwnReceipt>,
    pub before: Vec<OwnEvent>,
}

impl Stand {
    pub fn new() -> Self {
        let owned = tempfile::tempdir().unwrap();
        Self { place: owned.path().to_owned(), deadline_ms: None, _owned: Some(owned) }
    }

    /// The stand of another process, which removes it.
    pub fn at(place: &Path) -> Self {
        Self { place: place.to_owned(), deadline_ms: None, _owned: None }
    }

    /// A stand that another user of the machine can enter, with a spool of that user's.
    pub fn of_user(uid: u32) -> Self {
        use std::os::unix::fs::{PermissionsExt as _, chown};
        let stand = Self::new();
        std::fs::set_permissions(stand.place(), std::fs::Permissions::from_mode(0o755)).unwrap();
        std::fs::create_dir(stand.spool()).unwrap();
        chown(stand.spool(), Some(uid), None).unwrap();
        stand
    }

    pub fn place(&self) -> &Path {
        &self.place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.place.join(name)
    }

    pub fn spool(&self) -> PathBuf {
        self.path("spool")
    }

    /// The folder of an attempt of the run that [`command`] and [`script`] make.
    pub fn attempt(&self, attempt: u32) -> PathBuf {
        self.spool().join("runs").join(format!("{}.{attempt}", run_id()))
    }

    pub fn start(&self, work: (RunSpec, Vec<Bytes>)) -> Running {
        self.start_with(env!("CARGO_BIN_EXE_driver-test-node").into(), work)
    }

    pub fn start_with(&self, program: PathBuf, work: (RunSpec, Vec<Bytes>)) -> Running {
        self.start_by(program, OwnMode::Start, [0; 2], work)
    }

    pub fn start_as(&self, mode: OwnMode, from: [u64; 2], work: (RunSpec, Vec<Bytes>)) -> Running {
        self.start_by(env!("CARGO_BIN_EXE_driver-test-node").into(), mode, from, work)
    }

    fn start_by(
        &self,
        program: PathBuf,
        mode: OwnMode,
        from: [u64; 2],
        (spec, blobs): (RunSpec, Vec<Bytes>),
    ) -> Running {
        let (said, events) = channel(64);
        let place = OwnPlace { program, spool: Some(self.spool()), link: None };
        let (name, dc) = ("web1".into(), "dc1".into());
        let (deadline_ms, claimed_by) = (self.deadline_ms, None);
        let start = OwnStart { mode, spec, me: HostId(3), name, dc, from, deadline_ms, claimed_by };
        Running { attempt: OwnAttempt::start_at(place, start, blobs, None, said), events, seen: vec![] }
    }

    /// A command that knows the stand's files: `$F` is `pids`, `$W` is `wait`, `$S` is `starts`, `$E` is `escaped`.
    pub fn command(&self, text: &str) -> (RunSpec, Vec<Bytes>) {
        let (mut spec, blobs) = command(text);
        let files = [("F", "pids"), ("W", "wait"), ("S", "starts"), ("E", "escaped")];
        spec.payload.env = files.map(|(key, name)| (key.to_owned(), self.path(name).display().to_string())).into();
        (spec, blobs)
    }

    pub async fn run(&self, work: (RunSpec, Vec<Bytes>)) -> Ended {
        self.start(work).ended().await
    }

    /// The text of a file once it is there and ends with a line end.
    pub async fn line_of(&self, name: &str) -> String {
        let path = self.path(name);
        until(|| std::fs::read_to_string(&path).ok().filter(|text| text.ends_with('\n'))).await.trim().to_owned()
    }
}

impl Running {
    pub async fn next(&mut self) -> OwnEvent {
        let event = tokio::time::timeout(PATIENCE, self.events.recv()).await;
        let event = event.expect("something happens").expect("the attempt goes on");
        self.seen.push(event.clone());
        event
    }

    /// The next event that is so.
    pub async fn next_but(&mut self, is: impl Fn(&OwnEvent) -> bool) -> OwnEvent {
        loop {
            let event = self.next().await;
            if is(&event) {
                return event;
            }
        }
    }

    pub async fn started(&mut self) {
        while !matches!(self.next().await, OwnEvent::Started) {}
    }

    pub async fn ended(&mut self) -> Ended {
        loop {
            if let OwnEvent::Ended { outcome, receipt } = self.next().await {
                let before = std::mem::take(&mut self.seen);
                return Ended { outcome, receipt: receipt.map(|receipt| *receipt), before };
            }
        }
    }
}

impl Ended {
    pub fn receipt(&self) -> &OwnReceipt {
        self.receipt.as_ref().unwrap_or_else(|| panic!("no receipt: {:?}", self.outcome))
    }

    pub fn out(&self) -> String {
        String::from_utf8(self.receipt().out.clone().expect("the output is small").to_vec()).unwrap()
    }

    pub fn err(&self) -> String {
        String::from_utf8(self.receipt().err.clone().expect("the output is small").to_vec()).unwrap()
    }

    pub fn reason(&self) -> &Reason {
        self.outcome.reason().unwrap_or_else(|| panic!("no reason: {:?}", self.outcome))
    }

    pub fn has_started(&self) -> bool {
        self.before.contains(&OwnEvent::Started)
    }
}

/// Waits until something is so.
pub async fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(since.elapsed() < PATIENCE, "what the test waits for never came");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Whether a process is there and has not ended.
pub fn is_alive(pid: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
}

/// Says that a part of a test was left out here, and why.
#[allow(clippy::print_stderr, reason = "who reads a test's output has to know")]
pub fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

pub fn kill(pid: &str) {
    let pid = rustix::process::Pid::from_raw(pid.parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
}

pub fn run_id() -> RunId {
    RunId::from_seed(42)
}

pub fn command(text: &str) -> (RunSpec, Vec<Bytes>) {
    work(PayloadKind::Command, text)
}

pub fn script(text: &str) -> (RunSpec, Vec<Bytes>) {
    work(PayloadKind::Script, text)
}

pub fn attempt(number: u32, work: (RunSpec, Vec<Bytes>)) -> (RunSpec, Vec<Bytes>) {
    (RunSpec { attempt: number, ..work.0 }, work.1)
}

pub fn live(work: (RunSpec, Vec<Bytes>)) -> (RunSpec, Vec<Bytes>) {
    (RunSpec { output: OutputMode::Live, ..work.0 }, work.1)
}

pub fn work(kind: PayloadKind, text: &str) -> (RunSpec, Vec<Bytes>) {
    let blob = BlobRef { digest: Digest::of(text.as_bytes()), len: text.len() as u64 };
    let payload =
        Payload { kind, name: "fix.sh".into(), blob, args: vec![], env: vec![], cwd: None, stdin: None, run_as: None };
    let spec = RunSpec {
        run: run_id(),
        attempt: 1,
        who: "alice@bastion".into(),
        reason: Some("CHG123".into()),
        payload,
        limits: RunLimits { grace_ms: 300, ..RunLimits::default() },
        shape: TreeShape { width: 32, depth: None },
        output: OutputMode::AtEnd,
        credentials: mcom_model::Credentials::Own,
        inner: InnerLinks::default(),
        once: false,
        lock: mcom_model::HostLock::default(),
        undoes: None,
        looks: false,
        timers: mcom_model::Timers::default(),
    };
    (spec, vec![Bytes::copy_from_slice(text.as_bytes())])
}
