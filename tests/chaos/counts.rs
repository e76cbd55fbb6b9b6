//! What happened over many rounds: chaos in which something never happens proves nothing about it.

use super::blow;
use crate::scene::Coordinator;
use mcom_testbed::namespaces_missing;
use std::collections::BTreeMap;

/// What must be seen to have happened to runs, by what their ledgers say.
const TRANSITIONS: [&str; 6] = ["parent-lost", "link-lost", "attached", "chosen", "resumed", "gave-way"];

/// Outcomes that chaos brings about.
const OUTCOMES: [&str; 4] = ["ok", "failed", "unknown", "unreachable"];

/// How often what happened.
#[derive(Debug, Default)]
pub struct Counts {
    rounds: u64,
    blows: BTreeMap<&'static str, u64>,
    transitions: BTreeMap<&'static str, u64>,
    /// As they were first said, before a resume asked again.
    first: BTreeMap<String, u64>,
    last: BTreeMap<String, u64>,
    resumes: u64,
}

impl Counts {
    pub fn struck(&mut self, kind: &'static str) {
        *self.blows.entry(kind).or_default() += 1;
    }

    /// Counts a round that has been settled.
    pub fn round(&mut self, run: &Coordinator) {
        self.rounds += 1;
        let events = run.events();
        for name in TRANSITIONS {
            let times = events.iter().filter(|event| event["said"] == name || event["event"] == name).count();
            *self.transitions.entry(name).or_default() += times as u64;
        }
        for event in events.iter().filter(|event| event["said"] == "ended") {
            let kind = event["outcome"]["kind"].as_str().unwrap_or_default().to_owned();
            *self.first.entry(kind).or_default() += 1;
        }
        for (kind, hosts) in run.tally() {
            *self.last.entry(kind).or_default() += hosts as u64;
        }
        self.resumes += run.count("event", "resumed") as u64;
    }

    pub fn add(&mut self, other: &Self) {
        fn sum<K: Ord + Clone>(to: &mut BTreeMap<K, u64>, from: &BTreeMap<K, u64>) {
            from.iter().for_each(|(key, count)| *to.entry(key.clone()).or_default() += count);
        }
        sum(&mut self.blows, &other.blows);
        sum(&mut self.transitions, &other.transitions);
        sum(&mut self.first, &other.first);
        sum(&mut self.last, &other.last);
        self.rounds += other.rounds;
        self.resumes += other.resumes;
    }

    pub fn rounds(&self) -> u64 {
        self.rounds
    }

    /// How many hosts ended like this, all rounds together.
    pub fn outcome(&self, kind: &str) -> u64 {
        self.last.get(kind).copied().unwrap_or_default()
    }

    /// What never happened, and could have on this machine.
    pub fn missing(&self) -> Vec<&'static str> {
        let blows =
            blow::possible(namespaces_missing().is_none()).iter().filter(|kind| !self.blows.contains_key(*kind));
        let transitions = TRANSITIONS.iter().filter(|name| self.transitions.get(*name).is_none_or(|n| *n == 0));
        let outcomes = OUTCOMES.iter().filter(|kind| !self.first.contains_key(**kind));
        blows.chain(transitions).chain(outcomes).copied().collect()
    }
}

impl std::fmt::Display for Counts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn list<K: std::fmt::Display>(counts: &BTreeMap<K, u64>) -> String {
            counts.iter().map(|(name, count)| format!("{count} {name}")).collect::<Vec<_>>().join(", ")
        }
        writeln!(f, "{} rounds, {} resumes", self.rounds, self.resumes)?;
        writeln!(f, "  faults: {}", list(&self.blows))?;
        writeln!(f, "  transitions: {}", list(&self.transitions))?;
        writeln!(f, "  outcomes at first: {}", list(&self.first))?;
        write!(f, "  outcomes in the end: {}", list(&self.last))
    }
}
