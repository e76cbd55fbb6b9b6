//! What the tests of runs share: a fleet, the program, and what it left in its ledger.

use mcom_testbed::{Fleet, FleetBuilder};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The program under test. Its node lies beside it.
pub const MCOM: &str = env!("CARGO_BIN_EXE_mcom");

/// A fleet of real sshds, and the program pointed at it.
pub struct Bench {
    pub fleet: Fleet,
    files: tempfile::TempDir,
}

/// What a command left: its exit code and its two streams as text.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl Bench {
    /// `datacenters` datacenters dc1, dc2, ... of `hosts` hosts mail1-dc1, mail2-dc1, ...
    pub fn grid(datacenters: usize, hosts: usize) -> Self {
        Self::of(Fleet::builder().grid("mail", datacenters, hosts))
    }

    pub fn of(builder: FleetBuilder) -> Self {
        Self { fleet: builder.start().expect("the fleet starts"), files: tempfile::tempdir().unwrap() }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.fleet.command(MCOM);
        command.args(args).stdin(Stdio::null()).env_remove("NO_COLOR");
        command
    }

    /// Runs the program without a terminal.
    pub fn mcom(&self, args: &[&str]) -> Ran {
        self.command(args).output().expect("mcom can be run").into()
    }

    /// A file for the program to read.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.files.path().join(name);
        std::fs::File::create(&path).and_then(|mut file| file.write_all(text.as_bytes())).unwrap();
        path.display().to_string()
    }

    /// A folder for the program to write to.
    pub fn path(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    /// The recorded events of the last run, as values; none where there was no run yet.
    pub fn events(&self) -> Vec<serde_json::Value> {
        let state = self.fleet.env().into_iter().find(|(key, _)| key == "XDG_STATE_HOME").expect("the fleet sets it").1;
        recorded(Path::new(&state))
    }

    /// The same of an operator whose state home is the folder of this name.
    pub fn events_of(&self, operator: &str) -> Vec<serde_json::Value> {
        recorded(&self.path(operator))
    }

    /// The head of the last run.
    pub fn head(&self) -> serde_json::Value {
        let state = self.fleet.env().into_iter().find(|(key, _)| key == "XDG_STATE_HOME").expect("the fleet sets it").1;
        let text = std::fs::read_to_string(format!("{state}/mcom/runs/latest/run.json")).unwrap();
        serde_json::from_str(&text).expect("a head is JSON")
    }

    /// How many connections were authenticated, over all hosts.
    pub fn logins(&self) -> usize {
        self.fleet.names().map(|name| self.fleet.logins(name).unwrap()).sum()
    }
}

fn recorded(state: &Path) -> Vec<serde_json::Value> {
    let text = std::fs::read_to_string(state.join("mcom/runs/latest/events.ndjson")).unwrap_or_default();
    // A run that is still going on may be writing its last line.
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).expect("an event is JSON")).collect()
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Ran {
    /// Checks the exit code, and shows everything where it is another.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// The lines of standard output, sorted.
    pub fn sorted(&self) -> Vec<&str> {
        let mut lines: Vec<&str> = self.out.lines().collect();
        lines.sort_unstable();
        lines
    }
}

/// Counts the events whose field has this value.
pub fn count(events: &[serde_json::Value], key: &str, value: &str) -> usize {
    events.iter().filter(|event| event[key] == value).count()
}

/// The kinds of all outcomes of the last run, sorted.
pub fn outcomes(bench: &Bench) -> Vec<String> {
    let ended = bench.events().into_iter().filter(|event| event["said"] == "ended");
    let mut kinds: Vec<String> = ended.map(|event| event["outcome"]["kind"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds
}

/// How each host ended, as the record stands: what a resume has taken back does not count.
pub fn ended_as(events: &[serde_json::Value]) -> BTreeMap<u64, String> {
    let mut outcomes = BTreeMap::new();
    for event in events {
        if event["said"] == "ended" {
            let kind = event["outcome"]["kind"].as_str().unwrap().to_owned();
            assert_eq!(outcomes.insert(event["host"].as_u64().unwrap(), kind), None, "a host ends once: {event}");
        }
        for range in event["hosts"].as_array().filter(|_| event["event"] == "resumed").into_iter().flatten() {
            let (first, last) = (range[0].as_u64().unwrap(), range[1].as_u64().unwrap());
            outcomes.retain(|id, _| !(first..=last).contains(id));
        }
    }
    outcomes
}
