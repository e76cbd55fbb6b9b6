//! Where hostile hosts play: fleets of which some hosts are captured, runs on them, and what is looked at afterwards.

use crate::scene::{Coordinator, Scene};
use crate::support::{MCOM, Ran};
use mcom_testbed::FleetBuilder;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A fleet of which hosts can be captured.
pub struct Stage {
    pub scene: Scene,
}

/// A run with captured hosts that has ended.
pub struct Played {
    pub ran: Ran,
    pub run: Coordinator,
    /// The nested log, as a pipe gets it.
    pub log: String,
}

/// What an attack must come to.
pub struct Case {
    pub attack: &'static str,
    /// The host's outcome.
    pub kind: &'static str,
    /// The kind of the outcome's reason; empty where it has none.
    pub reason: &'static str,
    /// What the log says of it.
    pub words: &'static str,
}

pub const fn case(attack: &'static str, kind: &'static str, reason: &'static str, words: &'static str) -> Case {
    Case { attack, kind, reason, words }
}

/// The host is refused, or unknown where it may have begun, because it broke the protocol.
pub const fn broken(attack: &'static str, kind: &'static str, words: &'static str) -> Case {
    case(attack, kind, "protocol-violation", words)
}

impl Stage {
    /// A fleet whose hosts have their nodes.
    pub fn of(builder: FleetBuilder) -> Self {
        Self { scene: Scene::of(builder).warm() }
    }

    /// Puts the evil program in the node's place.
    pub fn capture(&self, host: &str, attack: &str) {
        let fleet = &self.scene.bench.fleet;
        let folder = fleet.spool(host).unwrap().join("node");
        let node = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).next().unwrap();
        let real = Path::new(MCOM).with_file_name("mcom-node");
        let orders = json!({"attack": attack, "node": real}).to_string();
        std::fs::write(fleet.home(host).unwrap().join("captured.json"), orders).unwrap();
        let beside = fleet.home(host).unwrap().join("evil");
        std::fs::copy(evil(), &beside).unwrap();
        std::fs::rename(beside, node).unwrap();
    }

    /// Carries out a run.
    pub fn play(&self, name: &str, args: &[&str], then: &str) -> Played {
        self.ended(self.scene.start(name, args, then))
    }

    /// Waits for the end of a run.
    pub fn ended(&self, mut run: Coordinator) -> Played {
        let ran = run.ended();
        let log: Ran = self.scene.command(&run.state, &["log", &run.id(), "-vv"]).output().unwrap().into();
        Played { ran, run, log: log.expect(0).out }
    }
}

impl Played {
    /// What is wrong with the outcome of a captured host, or with what the log says of it; nothing where it is as it
    /// must be.
    pub fn wrong(&self, host: &str, case: &Case) -> Option<String> {
        let Case { attack, kind, reason, words } = case;
        let outcomes = self.run.outcomes();
        let outcome = outcomes.get(host).unwrap_or(&Value::Null);
        let as_it_must = outcome["kind"] == *kind && outcome["reason"]["kind"].as_str().unwrap_or_default() == *reason;
        let named = self.log.lines().any(|line| line.contains(host) && line.contains(words));
        let told: Vec<&str> = self.log.lines().filter(|line| line.contains(host)).collect();
        (!as_it_must || !named).then(|| format!("{attack} on {host}: {outcome}, and the log says {told:#?}"))
    }

    /// Checks what each of the captured hosts came to.
    #[track_caller]
    pub fn came_to<'a>(&self, cases: impl Iterator<Item = (&'a str, &'a Case)>) {
        let wrong: Vec<String> = cases.filter_map(|(host, case)| self.wrong(host, case)).collect();
        assert!(wrong.is_empty(), "{}\nledger and trace: {}", wrong.join("\n"), self.run.keep().display());
    }

    /// Checks that every other host ended well.
    #[track_caller]
    pub fn others_are_ok(&self, captured: &[&str]) {
        let others: BTreeMap<String, Value> =
            self.run.outcomes().into_iter().filter(|(host, _)| !captured.contains(&host.as_str())).collect();
        assert!(!others.is_empty(), "somebody is honest");
        for (host, outcome) in others {
            assert_eq!(outcome["kind"], "ok", "{host}: {outcome}\n{}\n{}", self.log, self.ran.err);
        }
    }

    /// The hosts that are recorded as having broken the protocol on a link of the coordinator's.
    pub fn violators(&self) -> Vec<String> {
        let hosts = self.run.hosts();
        let events = self.run.events();
        let violations = events.iter().filter(|event| event["event"] == "violation");
        violations.map(|event| hosts[usize::try_from(event["host"].as_u64().unwrap()).unwrap()].clone()).collect()
    }
}

/// The program that stands in a node's place. It belongs to another package, so cargo builds it here.
fn evil() -> &'static Path {
    static EVIL: OnceLock<PathBuf> = OnceLock::new();
    EVIL.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--locked", "-p", "mcom-hostile", "--bin", "mcom-evil"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let built = build.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap();
        assert!(built.success(), "mcom-evil is built");
        Path::new(MCOM).with_file_name("mcom-evil")
    })
}
