//! The story of a run in words: what was recorded, in order, indented by how far from the coordinator it happened,
//! and at the end who was below whom.

use crate::scenario::Scenario;
use mcom_model::{HostEvent, HostId, Outcome, RunEvent, Tally, Verdict, What};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The story so far.
pub(crate) struct Story {
    told: bool,
    text: String,
    /// The parent of each host, and how each ended.
    by: BTreeMap<HostId, Option<HostId>>,
    ended: BTreeMap<HostId, String>,
}

impl Story {
    pub(crate) fn new(told: bool, scenario: &Scenario) -> Self {
        let text = if told { format!("{}\n", scenario.in_words()) } else { String::new() };
        Self { told, text, by: BTreeMap::new(), ended: BTreeMap::new() }
    }

    /// Something happened that no record knows of.
    pub(crate) fn fault(&mut self, now: u64, host: &str, what: &str) {
        if self.told {
            self.line(now, 0, &format!("! {host} {what}"));
        }
    }

    /// Something was recorded.
    pub(crate) fn record(&mut self, event: &RunEvent, scenario: &Scenario) {
        if !self.told {
            return;
        }
        let name = |host: HostId| scenario.plan.host(host).name.as_str();
        let at = event.at.as_micros();
        let (depth, text) = match &event.what {
            What::Host { host, said } => {
                if let HostEvent::Linked { by, .. } = said {
                    self.by.insert(*host, *by);
                }
                if let HostEvent::Ended { outcome, .. } = said {
                    self.ended.insert(*host, in_words(outcome));
                }
                (self.depth(*host), format!("{} {}", name(*host), said_in_words(said, name)))
            }
            What::RunStarted(start) => (0, format!("run {} of {} hosts", start.run, start.hosts)),
            What::Intent { hosts, via } => (0, format!("may start from now on: {} via {}", hosts.len(), name(*via))),
            What::Shipped { host, bytes } => (0, format!("{bytes} bytes of the payload go to {}", name(*host))),
            What::BodyStored { digest, len } => (0, format!("body {} of {len} bytes is stored", digest.short())),
            What::BodyLost { digest, reason } => (0, format!("body {} is lost: {reason}", digest.short())),
            What::Asked { host, by, verdict, .. } => {
                let verdict = if matches!(verdict, Verdict::Granted { .. }) { "may" } else { "may not" };
                (0, format!("{} {verdict} log in on {}", name(*by), name(*host)))
            }
            What::Violation { host, reason } => (0, format!("{} is cut off: {reason}", name(*host))),
            What::Halted { reason, .. } => (0, format!("nothing new starts: {reason}")),
            What::CancelAsked { .. } => (0, "cancel".to_owned()),
            What::Resumed { hosts, .. } => (0, format!("another coordinator carries on, with {} hosts", hosts.len())),
            What::RunEnded { by, .. } => (0, format!("the run has ended, by {by:?}")),
        };
        self.line(at, depth, &text);
    }

    fn line(&mut self, at: u64, depth: usize, text: &str) {
        let (seconds, millis) = (at / 1_000_000, at / 1000 % 1000);
        let indent = depth * 3;
        writeln!(self.text, "+{seconds:>4}.{millis:03}s  {:indent$}{text}", "").expect("a string takes everything");
    }

    fn depth(&self, host: HostId) -> usize {
        let parent = |host: &HostId| self.by.get(host).copied().flatten();
        std::iter::successors(parent(&host), parent).take(20).count()
    }

    /// The whole story, with the tree at its end.
    pub(crate) fn finish(&mut self, scenario: &Scenario, tally: &Tally) -> String {
        if !self.told {
            return String::new();
        }
        let mut below: BTreeMap<Option<HostId>, Vec<HostId>> = BTreeMap::new();
        for host in scenario.plan.host_ids() {
            below.entry(self.by.get(&host).copied().flatten()).or_default().push(host);
        }
        for kind in mcom_model::OutcomeKind::ALL {
            if tally.count(kind) > 0 {
                writeln!(self.text, "{:>6} {}", tally.count(kind), kind.words()).expect("a string takes everything");
            }
        }
        let mut left: Vec<(HostId, usize)> = below.get(&None).into_iter().flatten().rev().map(|&h| (h, 0)).collect();
        while let Some((host, depth)) = left.pop() {
            let how = self.ended.get(&host).map_or("no outcome", String::as_str);
            let (name, indent) = (&scenario.plan.host(host).name, depth * 3);
            writeln!(self.text, "{:indent$}├─ {name}  {how}", "").expect("a string takes everything");
            left.extend(below.get(&Some(host)).into_iter().flatten().rev().map(|&child| (child, depth + 1)));
        }
        std::mem::take(&mut self.text)
    }
}

fn said_in_words<'a>(said: &HostEvent, name: impl Fn(HostId) -> &'a str) -> String {
    let by = |by: &Option<HostId>| by.map_or("the coordinator", &name);
    match said {
        HostEvent::Linking { by: whom } => format!("is called by {}", by(whom)),
        HostEvent::Linked { by: whom, node_shipped, ms } => {
            let node = if *node_shipped { ", the node was put there" } else { "" };
            format!("answers {} after {ms} ms{node}", by(whom))
        }
        HostEvent::Chosen { below } => format!("is the parent of {below}"),
        HostEvent::GaveWay { reason } => format!("gives way: {reason}"),
        HostEvent::ParentLost { reason } => format!("is lost as a parent: {reason}"),
        HostEvent::LinkLost { reason } => format!("is asked again: {reason}"),
        HostEvent::Transit { reason } => format!("goes by transit: {reason}"),
        HostEvent::Attached { .. } => "had begun before".to_owned(),
        HostEvent::Held { reason } => format!("waits: {reason}"),
        HostEvent::Claimed { .. } => "is claimed".to_owned(),
        HostEvent::Started => "starts".to_owned(),
        HostEvent::Printed { stream, len } => format!("has printed {len} bytes ({stream:?})"),
        HostEvent::Ended { outcome, .. } => format!("ends: {}", in_words(outcome)),
    }
}

fn in_words(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Failed { exit } => format!("failed, {exit:?}"),
        other => other
            .reason()
            .map_or_else(|| other.kind().words().to_owned(), |reason| format!("{}: {reason}", other.kind().words())),
    }
}
