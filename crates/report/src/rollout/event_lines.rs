//! A plain line for each thing that happens to a rollout, for pipes and for above the live block.

use super::health::{by_said, round_line};
use super::options::RolloutOptions;
use super::words::{ends_text, ids, order_text, place, stage_name, state_word, until, when, why_text};
use crate::format;
use crate::names::{Names, fit};
use crate::style::{Line, Tone};
use mcom_model::{HostId, HostRanges};
use mcom_rollout::{Answer, Checked, Happened, HostsEnded, RolloutEvent, RolloutSpec, RolloutState, RunOf, State, Why};

/// Characters of a list of hosts in a line.
const HOSTS: usize = 80;

/// Reads a rollout's events and says what is worth a line. A round of questions is one only where the answers are not
/// those of the round before.
#[derive(Clone, Debug, Default)]
pub struct EventLines {
    /// Who was not healthy in the last round, and what the command here said.
    last: Option<(HostRanges, HostRanges, Option<Answer>)>,
}

impl EventLines {
    /// A reader of a rollout's events from their beginning.
    pub fn new() -> Self {
        Self::default()
    }

    /// The line for the next event, without its newline; `state` has it already.
    pub fn line(
        &mut self,
        spec: &RolloutSpec,
        state: &RolloutState,
        event: &RolloutEvent,
        options: &RolloutOptions,
    ) -> Option<String> {
        let said = self.said(spec, state, event, options, true)?;
        let mut line = Line::new().add(Tone::Faint, when(event.at_ms, spec.started_ms));
        line.push(Tone::Plain, "  ");
        line.append(said);
        Some(line.render(options.color))
    }

    /// Takes in an event that was told before.
    pub fn past_event(&mut self, event: &RolloutEvent) {
        match &event.what {
            Happened::Checked(round) => drop(self.is_news(round)),
            Happened::Became { state: State::Running | State::Soaking, .. } => self.last = None,
            _ => {}
        }
    }

    /// The same without the moment, and without the stage where it stands below its stage.
    pub(super) fn said(
        &mut self,
        spec: &RolloutSpec,
        state: &RolloutState,
        event: &RolloutEvent,
        options: &RolloutOptions,
        names_stage: bool,
    ) -> Option<Line> {
        let says = Says { spec, state, options, names_stage };
        match &event.what {
            Happened::Checked(round) => {
                let before = self.last.clone();
                self.is_news(round).then(|| says.round(before.is_some(), round))
            }
            what => {
                self.past_event(event);
                says.line(event.at_ms, what)
            }
        }
    }

    /// Whether a round says anything that the last one did not.
    fn is_news(&mut self, round: &Checked) -> bool {
        let new = (round.sick.clone(), round.inconclusive.clone(), round.global);
        let is_news = self.last.as_ref() != Some(&new);
        self.last = Some(new);
        is_news
    }
}

/// What the words are made from.
struct Says<'a> {
    spec: &'a RolloutSpec,
    state: &'a RolloutState,
    options: &'a RolloutOptions,
    names_stage: bool,
}

impl Says<'_> {
    fn line(&self, at_ms: u64, what: &Happened) -> Option<Line> {
        let line = match what {
            Happened::Became { state, stage, until_ms, why } => {
                return self.became(at_ms, *state, *stage, *until_ms, why.as_ref());
            }
            Happened::Asked(order) => Line::new().add(Tone::Strong, format!("asked: {}", order_text(order))),
            Happened::RunBegun { run, of, hosts } => {
                let what = match of {
                    RunOf::Stage(stage) => stage_name(self.spec, *stage),
                    RunOf::Undo => "undo".to_owned(),
                };
                Line::new().add(Tone::Plain, format!("{what}: run {run} on {}", self.hosts(hosts)))
            }
            Happened::RunEnded(ended) => return Some(self.run_ended(ended)),
            Happened::Sick { hosts } => {
                Line::new().add(Tone::Bad, "BAD").add(Tone::Plain, format!(" by health: {}", self.hosts(hosts)))
            }
            Happened::Rebooted { hosts } => {
                Line::new().add(Tone::Plain, format!("restarted and back: {}", self.hosts(hosts)))
            }
            Happened::Accepted { hosts } => {
                Line::new().add(Tone::Doubtful, format!("bad and accepted: {}", self.hosts(hosts)))
            }
            Happened::CarriedOn { who } => Line::new().add(Tone::Plain, format!("carried on by {}", fit(who))),
            Happened::Checked(_) => return None,
        };
        Some(line)
    }

    fn became(&self, at_ms: u64, state: State, stage: u32, until_ms: Option<u64>, why: Option<&Why>) -> Option<Line> {
        // The first event of every rollout, and the end of a wait that the next line tells.
        if state == State::Pending && until_ms.is_none() {
            return None;
        }
        let mut line = state_word(state);
        if self.names_stage {
            line.push(Tone::Plain, place(self.spec, state, stage));
        }
        if let Some(until_ms) = until_ms.filter(|until_ms| *until_ms > at_ms) {
            line.push(Tone::Plain, format!(", {}", until(until_ms, at_ms)));
        }
        // What an operator asked for stands in the line above.
        if let Some(why) = why.filter(|why| !matches!(why, Why::Operator { .. })) {
            line.push(Tone::Plain, format!(": {}", why_text(why)));
        }
        Some(line)
    }

    fn run_ended(&self, ended: &HostsEnded) -> Line {
        let mut line = Line::new().add(Tone::Plain, format!("run {} ended: ", ended.run));
        line.append(ends_text(&ended.ends));
        let bad = ended.ends.iter().filter(|(kind, _)| crate::words::is_bad(*kind)).flat_map(|(_, hosts)| hosts.iter());
        let bad: HostRanges = bad.collect();
        if !bad.is_empty() {
            line.push_apart(Tone::Strong, self.names_of(&bad));
        }
        line
    }

    /// `healthy: 36 hosts`; `1 SICK, 35 healthy: web3-ams1: connection refused`.
    fn round(&self, is_later: bool, round: &Checked) -> Line {
        let mut line = Line::new().add(Tone::Plain, "health: ");
        line.append(round_line(round));
        if round.sick.is_empty() && round.inconclusive.is_empty() {
            if is_later && round.global.is_none_or(|answer| answer == Answer::Healthy) {
                line.push(Tone::Plain, " again");
            }
        } else {
            let names = Names::new(&self.spec.plan);
            let hosts = ids(self.state, &round.sick).into_iter().chain(ids(self.state, &round.inconclusive));
            let groups = by_said(round, hosts);
            let words = groups.iter().take(3).map(|(said, hosts)| {
                let hosts = self.options.cut(names.describe(hosts), HOSTS);
                said.as_ref().map_or_else(|| hosts.clone(), |said| format!("{hosts}: {said}"))
            });
            line.push(Tone::Plain, format!("; {}", words.collect::<Vec<_>>().join("; ")));
            if groups.len() > 3 {
                line.push(Tone::Faint, "; …");
            }
        }
        if let Some(said) = super::health::said_by(round, None) {
            line.push(Tone::Plain, format!("; here: {said}"));
        }
        line
    }

    /// `3 hosts, web[3,7,9]-ams1`; `web7-fra1`.
    fn hosts(&self, hosts: &HostRanges) -> String {
        match hosts.len() {
            1 => self.names_of(hosts),
            count => format!("{}, {}", format::hosts(count as u64), self.names_of(hosts)),
        }
    }

    fn names_of(&self, hosts: &HostRanges) -> String {
        let hosts: Vec<HostId> = ids(self.state, hosts);
        self.options.cut(Names::new(&self.spec.plan).describe(&hosts), HOSTS)
    }
}
