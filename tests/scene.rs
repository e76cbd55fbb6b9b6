//! What the tests of faults share: runs that leave a line on every host where they start, the processes of mcom on a
//! host, a coordinator that can be killed and whose run can be resumed, and the promise that must hold in the end.

use crate::support::{Bench, Ran};
use mcom_testbed::{Fleet, FleetBuilder, Process, Signal};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything takes on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// All silences are a fifth as long: a heartbeat each second, dead after three, asked again for six.
pub const TIMERS: &str = "20";

/// How often a host that is `unknown` is asked again before a test gives up.
const RESUMES: usize = 8;

/// A fleet, and runs on it.
pub struct Scene {
    pub bench: Bench,
    /// In percent of their values, as the program reads it.
    pub timers: &'static str,
}

impl Scene {
    pub fn of(builder: FleetBuilder) -> Self {
        Self { bench: Bench::of(builder), timers: TIMERS }
    }

    pub fn grid(datacenters: usize, hosts: usize) -> Self {
        Self::of(Fleet::builder().grid("mail", datacenters, hosts))
    }

    /// Puts the node on all hosts, so that what follows does not begin with that.
    pub fn warm(self) -> Self {
        self.bench.mcom(&["-h", "*", "-y", "-O", "none", "--", "true"]).expect(0);
        self
    }

    /// The program with scaled timers and a ledger of its own.
    pub fn command(&self, state: &Path, args: &[&str]) -> Command {
        let mut command = self.bench.command(args);
        command.env("MCOM_TIMER_PERCENT", self.timers).env("XDG_STATE_HOME", state);
        command
    }

    /// Starts a run whose ledger is called `name`: every host leaves a line, and then does `then`.
    pub fn start(&self, name: &str, args: &[&str], then: &str) -> Coordinator {
        let state = self.bench.path(name);
        let payload = format!("echo $MCOM_RUN >>runs; {then}");
        let mut all = args.to_vec();
        // Nobody reads what it prints until it has ended.
        all.extend(["-y", "-O", "none", "-c", &payload]);
        let mut command = self.command(&state, &all);
        let trace = state.with_extension("trace");
        command.env("MCOM_TRACE", trace).stdout(Stdio::piped()).stderr(Stdio::piped());
        Coordinator { child: Some(command.spawn().unwrap()), state }
    }

    /// What payloads wait for until a test has done to them what it wants to do.
    pub fn gate(&self, name: &str) -> Gate {
        Gate(self.bench.path(name))
    }

    /// Carries the run on, once.
    pub fn resume(&self, run: &Coordinator) -> Ran {
        self.command(&run.state, &["resume", &run.id(), "-O", "none"]).output().expect("mcom can be run").into()
    }

    /// Resumes until nothing is unknown, or unreachable, that could be known.
    pub fn settle(&self, run: &Coordinator) {
        for _ in 0..RESUMES {
            let outcomes = run.outcomes();
            if run.hosts().iter().all(|host| outcomes.get(host).is_some_and(|outcome| !is_open(outcome))) {
                return;
            }
            let ran = self.resume(run);
            assert!(ran.code.is_some_and(|code| code == 0 || code >= 10), "resume: {ran:?}");
        }
        panic!("not settled after {RESUMES} resumes: {:?}", run.outcomes());
    }

    /// How often the run started on this host.
    pub fn lines(&self, host: &str, run: &str) -> usize {
        let path = self.bench.fleet.home(host).unwrap().join("runs");
        std::fs::read_to_string(path).unwrap_or_default().lines().filter(|line| *line == run).count()
    }

    /// The processes of mcom on a host that play this part.
    pub fn part(&self, host: &str, part: Part) -> Vec<Process> {
        let all = self.bench.fleet.process_list(host).unwrap();
        let is_supervisor = |process: &Process| process.command.contains(" supervise ");
        let supervisors: Vec<_> = all.iter().filter(|one| is_supervisor(one)).map(|one| one.pid).collect();
        let plays = |process: &Process| match part {
            Part::Node => process.command.ends_with(" link"),
            Part::Supervisor => is_supervisor(process),
            Part::Payload => supervisors.contains(&process.parent),
        };
        all.into_iter().filter(plays).collect()
    }

    /// Kills them; says how many there were.
    pub fn kill(&self, host: &str, part: Part) -> usize {
        let found = self.part(host, part);
        found.iter().for_each(|process| process.signal(Signal::Kill));
        found.len()
    }

    /// The promise: nothing started twice; what is `ok` started once; what is said not to have started did not.
    pub fn check(&self, run: &Coordinator) {
        if let Err(broken) = self.promise(run) {
            let kept = run.keep();
            panic!("{broken}; ledger and trace are in {}", kept.display());
        }
    }

    /// The same, as a value.
    pub fn promise(&self, run: &Coordinator) -> Result<(), String> {
        let (id, outcomes) = (run.id(), run.outcomes());
        for host in run.hosts() {
            let outcome = outcomes.get(&host).ok_or(format!("{host} has no outcome"))?;
            let lines = self.lines(&host, &id);
            let kind = outcome["kind"].as_str().unwrap_or_default();
            let kept = match kind {
                "ok" => lines == 1,
                "unreachable" | "refused" | "not-run" | "skipped" => lines == 0,
                _ => lines <= 1,
            };
            if !kept {
                return Err(format!("{host} is {outcome} and started {lines} times in run {id}"));
            }
        }
        Ok(())
    }
}

/// What may become another outcome when the host is asked again: what was lost on the way, not what nobody knows.
fn is_open(outcome: &Value) -> bool {
    let kind = outcome["kind"].as_str().unwrap_or_default();
    let reason = outcome["reason"]["kind"].as_str().unwrap_or_default();
    kind == "unreachable" || (kind == "unknown" && !["supervisor-lost", "rebooted"].contains(&reason))
}

/// What a process of mcom does on a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Node,
    Supervisor,
    Payload,
}

/// A file that is not there yet. The hosts are on this machine, so all of them see it.
pub struct Gate(PathBuf);

impl Gate {
    /// Shell text that goes on when the gate is open.
    pub fn shell(&self) -> String {
        format!("until [ -e {} ]; do sleep 0.05; done", self.0.display())
    }

    pub fn open(&self) {
        std::fs::write(&self.0, "").unwrap();
    }
}

/// A run: its process, while that lives, and its ledger.
pub struct Coordinator {
    child: Option<Child>,
    pub state: PathBuf,
}

impl Coordinator {
    fn ledger(&self) -> PathBuf {
        self.state.join("mcom/runs/latest")
    }

    /// The recorded events, as they stand in the file.
    pub fn record(&self) -> Vec<u8> {
        std::fs::read(self.ledger().join("events.ndjson")).unwrap_or_default()
    }

    pub fn events(&self) -> Vec<Value> {
        let text = self.record();
        let text = String::from_utf8_lossy(&text);
        // A line that is being written, or was when the coordinator was killed, is no event.
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub fn count(&self, key: &str, value: &str) -> usize {
        self.events().iter().filter(|event| event[key] == value).count()
    }

    /// Waits until so many hosts, or more, have had this said of them.
    #[track_caller]
    pub fn wait(&self, said: &str, hosts: usize) {
        until(&format!("{hosts} hosts {said}"), || self.count("said", said) >= hosts);
    }

    fn head(&self) -> Value {
        let text = std::fs::read_to_string(self.ledger().join("run.json")).unwrap_or_default();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// The run's id; empty before there is a run.
    pub fn id(&self) -> String {
        self.head()["run"].as_str().unwrap_or_default().to_owned()
    }

    /// The hosts of the run, by their ids.
    pub fn hosts(&self) -> Vec<String> {
        let head = self.head();
        let hosts = head["plan"]["hosts"].as_array().cloned().unwrap_or_default();
        hosts.iter().map(|host| host["name"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// The hosts of which this was said, in that order.
    pub fn said(&self, said: &str) -> Vec<String> {
        let hosts = self.hosts();
        let name = |event: &Value| hosts.get(usize::try_from(event["host"].as_u64()?).ok()?).cloned();
        self.events().iter().filter(|event| event["said"] == said).filter_map(name).collect()
    }

    /// How every host ended that has, as the ledger stands: a resume takes outcomes back.
    pub fn outcomes(&self) -> BTreeMap<String, Value> {
        let hosts = self.hosts();
        let name = |id: u64| hosts.get(usize::try_from(id).unwrap_or(usize::MAX)).cloned().unwrap_or_default();
        let mut outcomes = BTreeMap::new();
        for event in self.events() {
            if event["said"] == "ended" {
                outcomes.insert(name(event["host"].as_u64().unwrap()), event["outcome"].clone());
            }
            for range in event["hosts"].as_array().filter(|_| event["event"] == "resumed").into_iter().flatten() {
                let (from, to) = (range[0].as_u64().unwrap(), range[1].as_u64().unwrap());
                (from..=to).for_each(|id| drop(outcomes.remove(&name(id))));
            }
        }
        outcomes
    }

    /// How many hosts ended in each way.
    pub fn tally(&self) -> BTreeMap<String, usize> {
        let mut tally = BTreeMap::new();
        for outcome in self.outcomes().values() {
            *tally.entry(outcome["kind"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        tally
    }

    /// Kills the coordinator as the kernel does it that has no memory left; says whether it had not ended before.
    pub fn kill(&mut self) -> bool {
        let killed = self.is_running();
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        killed
    }

    /// Waits until there is a run: before that there is nothing to resume.
    #[track_caller]
    pub fn begun(&self) {
        until("the run begins", || self.count("event", "run-started") == 1);
    }

    /// Its process, while that has not been waited for.
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| child.try_wait().unwrap().is_none())
    }

    /// Waits for its end.
    #[track_caller]
    pub fn ended(&mut self) -> Ran {
        until("the coordinator ends", || !self.is_running());
        self.child.take().expect("it was started").wait_with_output().unwrap().into()
    }

    /// Copies the ledger and the trace to where they outlive the test.
    pub fn keep(&self) -> PathBuf {
        let kept = tempfile::Builder::new().prefix("chaos-").tempdir().unwrap().keep();
        for path in [self.state.clone(), self.state.with_extension("trace")] {
            let _ = Command::new("cp").arg("-r").arg(path).arg(&kept).status();
        }
        kept
    }
}

impl Drop for Coordinator {
    fn drop(&mut self) {
        self.kill();
    }
}

#[track_caller]
pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
