//! What the tests of rollouts share: a fleet, the file of a change, the rollout's record, and what ran on its hosts.

use crate::scene::{PATIENCE, until};
use crate::support::{Bench, Ran};
use mcom_testbed::{Fleet, FleetBuilder};
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The change: a line for each time it runs, and a failure where the host has a file `broken`.
pub const PAYLOAD: &str = "echo $MCOM_RUN >>runs; if test -e broken; then cat broken >&2; exit 1; fi";

/// Hosts are asked each second; they are sick where they have a file `sick`, and cannot say where they have `unsure`.
pub const WATCHED: &str = "
[health]
script = 'check.sh'
every = '1s'
within = '1s'
fails = 1
";

const CHECK: &str = "#!/bin/sh
echo asked >>checks
if test -e unsure; then cat unsure; exit 75; fi
if test -e sick; then cat sick; exit 1; fi
";

/// A chosen host and a gate, one of each datacenter, two of each, all.
pub const FOUR: &str = "
[[stage]]
name = 'canary'
host = 'mail2-dc1'
soak = '1s'
approve = true
[[stage]]
name = 'one-per-dc'
reach = '1/dc'
soak = '1s'
[[stage]]
name = 'two-per-dc'
reach = '2/dc'
soak = '1s'
[[stage]]
name = 'rest'
reach = 'all'
";

/// A chosen host of each datacenter, then the others.
pub const THREE: &str = "
[[stage]]
name = 'canary'
host = 'mail2-dc1'
soak = '1s'
[[stage]]
name = 'second'
host = 'mail1-dc2'
soak = '1s'
[[stage]]
name = 'rest'
reach = 'all'
";

/// A fleet on which a change is rolled out.
pub struct Change {
    pub bench: Bench,
}

/// A program that goes on beside the test, and ends with it.
pub struct Going(Option<Child>);

impl Change {
    pub fn grid(datacenters: usize, hosts: usize) -> Self {
        Self::of(Fleet::builder().grid("mail", datacenters, hosts))
    }

    pub fn of(builder: FleetBuilder) -> Self {
        let bench = Bench::of(builder);
        bench.file("check.sh", CHECK);
        Self { bench }
    }

    /// The file of a rollout of [`PAYLOAD`] to all hosts, which `rest` completes.
    pub fn file(&self, name: &str, rest: &str) -> String {
        self.file_of(name, PAYLOAD, rest)
    }

    pub fn file_of(&self, name: &str, payload: &str, rest: &str) -> String {
        let undo = "echo $MCOM_RUN >>undone; rm -f broken sick";
        let text = format!("name = '{name}'\nhosts = '*'\ncommand = '''{payload}'''\nundo = '{undo}'\n{rest}");
        self.bench.file(&format!("{name}.toml"), &text)
    }

    /// A payload that waits, after its line, for [`Change::go`].
    pub fn waiting(&self) -> String {
        format!("{PAYLOAD}; until test -e {}; do sleep 0.05; done", self.bench.path("go").display())
    }

    pub fn go(&self) {
        std::fs::write(self.bench.path("go"), "").unwrap();
    }

    /// `mcom rollout` with these words.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.bench.command(&[&["rollout"], args].concat());
        command.env("MCOM_TIMER_PERCENT", "20");
        command
    }

    pub fn rollout(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("mcom can be run").into()
    }

    /// The same, while the test goes on.
    pub fn begin(&self, args: &[&str]) -> Going {
        Going::of(self.command(args))
    }

    /// Puts a file with a line into a host's home.
    pub fn put(&self, host: &str, name: &str) {
        std::fs::write(self.bench.fleet.home(host).unwrap().join(name), format!("{name} on {host}\n")).unwrap();
    }

    pub fn mend(&self, host: &str, name: &str) {
        std::fs::remove_file(self.bench.fleet.home(host).unwrap().join(name)).unwrap();
    }

    /// How many lines a file in a host's home has.
    pub fn lines(&self, host: &str, name: &str) -> usize {
        let text = std::fs::read_to_string(self.bench.fleet.home(host).unwrap().join(name));
        text.map_or(0, |text| text.lines().count())
    }

    /// The hosts on which the change was started, or whatever else leaves lines; each so often.
    pub fn where_lines(&self, name: &str) -> Vec<(String, usize)> {
        let lines = |host: &str| (host.to_owned(), self.lines(host, name));
        self.bench.fleet.names().map(lines).filter(|(_, lines)| *lines > 0).collect()
    }

    /// The promise: the change was started exactly once on each of these hosts, and on no other.
    #[track_caller]
    pub fn ran_once_on(&self, hosts: &[&str]) {
        let mut expected: Vec<_> = hosts.iter().map(|host| ((*host).to_owned(), 1)).collect();
        let mut ran = self.where_lines("runs");
        expected.sort();
        ran.sort();
        assert_eq!(ran, expected);
    }

    #[track_caller]
    pub fn ran_once_everywhere(&self) {
        let all: Vec<_> = self.bench.fleet.names().collect();
        self.ran_once_on(&all);
    }

    fn state_folder(&self) -> PathBuf {
        let env = self.bench.fleet.env();
        let (_, state) = env.into_iter().find(|(key, _)| key == "XDG_STATE_HOME").expect("the fleet sets it");
        PathBuf::from(state).join("mcom")
    }

    /// The folders of all rollouts, the oldest first.
    pub fn records(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.state_folder().join("rollouts")).into_iter().flatten();
        let mut folders: Vec<_> = entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()).collect();
        folders.sort();
        folders
    }

    /// The folder of the ledger of this run.
    pub fn ledger(&self, run: &str) -> PathBuf {
        let entries = std::fs::read_dir(self.state_folder().join("runs")).into_iter().flatten();
        let mut folders = entries.map(|entry| entry.unwrap().path());
        folders.find(|path| path.to_string_lossy().ends_with(run)).unwrap_or_default()
    }

    /// The events of the last rollout.
    pub fn events(&self) -> Vec<Value> {
        let Some(folder) = self.records().pop() else { return Vec::new() };
        let text = std::fs::read_to_string(folder.join("events.ndjson")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    pub fn events_of(&self, kind: &str) -> Vec<Value> {
        self.events().into_iter().filter(|event| event["event"] == kind).collect()
    }

    /// Every state that the last rollout was in, with the stage.
    pub fn life(&self) -> Vec<String> {
        let became = self.events_of("became");
        became.iter().map(|event| format!("{} {}", event["state"].as_str().unwrap(), event["stage"])).collect()
    }

    /// The state that it is in now, with the stage.
    pub fn state(&self) -> String {
        self.life().pop().unwrap_or_default()
    }

    /// Why it is in that state.
    pub fn why(&self) -> Value {
        self.events_of("became").pop().unwrap_or_default()["why"].clone()
    }

    #[track_caller]
    pub fn await_state(&self, state: &str) {
        until(state, || self.state() == state);
    }

    /// Waits until the change has been started on so many hosts.
    #[track_caller]
    pub fn await_starts(&self, hosts: usize) {
        until(&format!("started on {hosts} hosts"), || self.where_lines("runs").len() >= hosts);
    }

    /// The hosts of a stage of the last rollout, by name.
    pub fn hosts_of_stage(&self, stage: usize) -> Vec<String> {
        let text = std::fs::read_to_string(self.records().pop().unwrap().join("rollout.json")).unwrap();
        let head: Value = serde_json::from_str(&text).unwrap();
        let spec = &head["spec"];
        let number = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let ranges = spec["stages"][stage]["hosts"].as_array().unwrap();
        let ids = ranges.iter().flat_map(|range| number(&range[0])..=number(&range[1]));
        ids.map(|id| spec["plan"]["hosts"][id]["name"].as_str().unwrap().to_owned()).collect()
    }
}

impl Going {
    pub fn of(mut command: Command) -> Self {
        Self(Some(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()))
    }

    /// Kills it as the kernel does it that has no memory left.
    pub fn kill(mut self) {
        let mut child = self.0.take().unwrap();
        assert!(
            child.try_wait().unwrap().is_none(),
            "it had ended before: {:?}",
            Ran::from(child.wait_with_output().unwrap())
        );
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Lets it go on for so long at most, and kills it then; its exit code where it had ended before.
    pub fn killed_after(mut self, time: Duration) -> Option<i32> {
        let mut child = self.0.take().unwrap();
        let since = Instant::now();
        while since.elapsed() < time {
            if let Some(status) = child.try_wait().unwrap() {
                return status.code();
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        None
    }

    /// Waits for its end, and checks the exit code.
    #[track_caller]
    pub fn expect(mut self, code: i32) -> Ran {
        let mut child = self.0.take().unwrap();
        let since = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if since.elapsed() > PATIENCE {
                child.kill().unwrap();
                panic!("it goes on: {:?}", Ran::from(child.wait_with_output().unwrap()));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ran::from(child.wait_with_output().unwrap()).expect(code)
    }
}

impl Drop for Going {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
