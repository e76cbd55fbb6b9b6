//! How far a rollout is: the fold of its events. It decides nothing.

mod apply;

use crate::event::{Checked, HostsEnded, RunOf, Why};
use crate::health::Watched;
use crate::order::Order;
use mcom_model::{HostId, HostRanges, OutcomeKind, RunId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a rollout is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// The next stage has not begun: nothing has, or its window is closed.
    #[default]
    Pending,
    /// A stage's payload runs.
    Running,
    /// A stage's hosts are watched.
    Soaking,
    /// A stage is over, and the next one waits for an operator.
    AwaitingApproval,
    /// Nothing starts until an operator says so. What ran goes on to its end.
    Paused,
    /// It is being ended: what runs comes to its end, nothing new starts.
    Aborting,
    /// It has ended before its time. What is changed stays so.
    Aborted,
    /// The hosts that it touched are being reverted.
    Undoing,
    /// The hosts that it touched are reverted.
    Undone,
    /// Every stage is over.
    Done,
}

/// How far a rollout is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RolloutState {
    /// Where it is in its life.
    pub state: State,
    /// The stage that it is at, from 0; as many as there are stages where all are behind it.
    pub stage: u32,
    /// Since when, in milliseconds since 1970.
    pub since_ms: u64,
    /// When the state ends by itself.
    pub until_ms: Option<u64>,
    /// Why it is in this state.
    pub why: Option<Why>,
    /// Every host, in the order of ids.
    pub hosts: Vec<HostProgress>,
    /// Its runs, in their order.
    pub runs: Vec<RunProgress>,
    /// What was asked of it, and when.
    pub orders: Vec<(u64, Order)>,
    /// The last round of questions, and when it was.
    pub check: Option<(u64, Checked)>,
    /// When each stage that is behind it was begun and ended.
    pub stages: BTreeMap<u32, (u64, Option<u64>)>,
    /// The state that a pause interrupted.
    pub paused_from: Option<State>,
    /// Whether an operator went on although health was inconclusive, at this stage.
    pub inconclusive_accepted: bool,
    /// Whether an operator leaves out the health of this stage's hosts.
    pub health_skipped: bool,
    /// Whether an operator leaves out the soak of this stage, which has not begun.
    pub soak_skipped: bool,
    /// Whether an operator has let the next stage begin before this one was over.
    pub approved: bool,
    /// Whether hosts are to be reverted that had the change before.
    pub undoes_skipped: bool,
    /// Milliseconds of the soak that were left when it was paused.
    pub soak_left_ms: u64,
    /// What was asked for last, where nothing came of it yet: whoever was to follow it may be gone.
    pub(crate) unfollowed: Option<Order>,
    /// What is known of the health of the stage's hosts.
    pub(crate) watched: Watched,
    /// When the soak of this stage began.
    pub(crate) soaking_since_ms: u64,
    /// When the soak of this stage is to end.
    pub(crate) soak_until_ms: u64,
}

/// How far one host is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostProgress {
    /// In which stage it was last run, and how it ended there; no outcome: it runs, or may.
    pub run: Option<(u32, Option<OutcomeKind>)>,
    /// Whether its payload was ended by a signal.
    pub signalled: bool,
    /// The boot id under which the payload was claimed, where it is to be another one afterwards.
    pub boot: Option<String>,
    /// Whether it came back with another boot id.
    pub rebooted: bool,
    /// Whether it is bad by its health.
    pub sick: bool,
    /// Whether an operator went on although it is bad.
    pub accepted: bool,
    /// How the reverting ended, where it was tried; no outcome: it runs, or may.
    pub undone: Option<Option<OutcomeKind>>,
}

/// One run of a rollout.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunProgress {
    /// The run.
    pub run: RunId,
    /// What it is for.
    pub of: RunOf,
    /// Its hosts.
    pub hosts: HostRanges,
    /// When it was begun, in milliseconds since 1970.
    pub begun_ms: u64,
    /// When it ended, and how.
    pub ended: Option<(u64, HostsEnded)>,
}

impl State {
    /// All states, in the order of a life.
    pub const ALL: [Self; 10] = [
        Self::Pending,
        Self::Running,
        Self::Soaking,
        Self::AwaitingApproval,
        Self::Paused,
        Self::Aborting,
        Self::Aborted,
        Self::Undoing,
        Self::Undone,
        Self::Done,
    ];

    /// The words for it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Soaking => "soaking",
            Self::AwaitingApproval => "awaiting approval",
            Self::Paused => "paused",
            Self::Aborting => "aborting",
            Self::Aborted => "aborted",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
            Self::Done => "done",
        }
    }

    /// Whether the rollout holds its hosts no longer: it is over.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Aborted | Self::Undone | Self::Done)
    }

    /// Whether somebody has to say something before anything more happens.
    pub const fn waits_for_operator(self) -> bool {
        matches!(self, Self::Paused | Self::AwaitingApproval)
    }

    /// Whether a process is needed to carry it on.
    pub const fn goes_on(self) -> bool {
        !self.is_over() && !self.waits_for_operator()
    }
}

impl RolloutState {
    /// Of a rollout of so many hosts that has not begun.
    pub fn new(hosts: usize) -> Self {
        Self {
            state: State::Pending,
            stage: 0,
            since_ms: 0,
            until_ms: None,
            why: None,
            hosts: vec![HostProgress::default(); hosts],
            runs: Vec::new(),
            orders: Vec::new(),
            check: None,
            stages: BTreeMap::new(),
            paused_from: None,
            inconclusive_accepted: false,
            health_skipped: false,
            soak_skipped: false,
            approved: false,
            undoes_skipped: false,
            soak_left_ms: 0,
            unfollowed: None,
            watched: Watched::default(),
            soaking_since_ms: 0,
            soak_until_ms: 0,
        }
    }

    /// The run that goes on, or was left before its end.
    pub fn open_run(&self) -> Option<&RunProgress> {
        self.runs.last().filter(|run| run.ended.is_none())
    }

    /// One host.
    ///
    /// # Panics
    /// Where the id is not of this rollout.
    pub fn host(&self, id: HostId) -> &HostProgress {
        &self.hosts[id.0 as usize]
    }

    /// Hosts that have the change now, as far as anybody knows: it ended ok there and was not undone.
    pub fn changed(&self) -> HostRanges {
        self.which(|host| host.has(OutcomeKind::Ok) && !host.is_undone())
    }

    /// Hosts that had the change before this rollout came to them.
    pub fn skipped(&self) -> HostRanges {
        self.which(|host| host.has(OutcomeKind::Skipped) && !host.is_undone())
    }

    /// Hosts on which the payload began and did not end ok, and which were not reverted: somebody has to look.
    pub fn half_changed(&self) -> HostRanges {
        self.which(|host| host.was_begun() && !host.has(OutcomeKind::Ok) && !host.is_undone())
    }

    /// Hosts of which this holds.
    pub fn which(&self, is: impl Fn(&HostProgress) -> bool) -> HostRanges {
        (0..).map(HostId).zip(&self.hosts).filter(|(_, host)| is(host)).map(|(id, _)| id).collect()
    }
}

impl HostProgress {
    /// How the payload ended on it.
    pub fn outcome(&self) -> Option<OutcomeKind> {
        self.run.and_then(|(_, outcome)| outcome)
    }

    fn has(&self, kind: OutcomeKind) -> bool {
        self.outcome() == Some(kind)
    }

    /// Whether the payload began on it, or may have.
    pub fn was_begun(&self) -> bool {
        use OutcomeKind::{NotRun, Refused, Skipped, Unreachable};
        match self.run {
            None => false,
            Some((_, outcome)) => !matches!(outcome, Some(NotRun | Refused | Skipped | Unreachable)),
        }
    }

    /// Whether the payload did not do what it was to do, or could not begin.
    pub fn ended_badly(&self) -> bool {
        use OutcomeKind::{NotRun, Ok, Skipped};
        self.outcome().is_some_and(|kind| !matches!(kind, Ok | Skipped | NotRun))
    }

    /// Whether it was reverted.
    pub fn is_undone(&self) -> bool {
        self.undone == Some(Some(OutcomeKind::Ok))
    }
}
