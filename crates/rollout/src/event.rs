//! Everything that can be said about a rollout. Its record, its views and the machine that carries it on are readers of
//! this one stream.

use crate::answer::Answer;
use crate::order::Order;
use crate::state::State;
use mcom_model::{HostId, HostRanges, OutcomeKind, RunId};
use serde::{Deserialize, Serialize};

/// One thing that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolloutEvent {
    /// Wall-clock moment in milliseconds since 1970, UTC.
    pub at_ms: u64,
    /// What happened.
    #[serde(flatten)]
    pub what: Happened,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Happened {
    /// It is in another state, or in the same one for another stage. The first event of every rollout says `pending`.
    Became {
        /// The state.
        state: State,
        /// The stage that it is at, counted from 0; as many as there are stages where all are behind it.
        stage: u32,
        /// When the state ends by itself: a soak, or the wait for a window.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until_ms: Option<u64>,
        /// Why, where it is not just the next thing to do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<Why>,
    },
    /// An operator asked for something that can be done.
    Asked(Order),
    /// A run is about to begin. On the disk before the run has a record of its own.
    RunBegun {
        /// The run.
        run: RunId,
        /// What it is for.
        of: RunOf,
        /// Its hosts.
        hosts: HostRanges,
    },
    /// A run has ended.
    RunEnded(HostsEnded),
    /// One round of questions about health.
    Checked(Checked),
    /// These hosts are bad by what they said, or did not say, about their health.
    Sick {
        /// The hosts.
        hosts: HostRanges,
    },
    /// Hosts of a stage whose payload restarts them are back, with another boot id.
    Rebooted {
        /// The hosts.
        hosts: HostRanges,
    },
    /// An operator has seen that these hosts are bad and goes on: they count against no limit any more.
    Accepted {
        /// The hosts.
        hosts: HostRanges,
    },
    /// A new process carries it on.
    CarriedOn {
        /// Who, as `user@host`.
        who: String,
    },
}

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunOf {
    /// The payload, for a stage.
    Stage(u32),
    /// What reverts it.
    Undo,
}

/// How the hosts of a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostsEnded {
    /// The run.
    pub run: RunId,
    /// Which hosts ended how.
    pub ends: Vec<(OutcomeKind, HostRanges)>,
    /// Of the hosts that failed: those whose payload was ended by a signal. Said where the payload restarts its host.
    #[serde(default, skip_serializing_if = "HostRanges::is_empty")]
    pub signalled: HostRanges,
    /// The boot ids under which the payload was claimed. Said where the payload restarts its host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boots: Vec<(HostId, String)>,
}

/// One round of questions about health, as it is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Hosts that are healthy.
    #[serde(default, skip_serializing_if = "HostRanges::is_empty")]
    pub healthy: HostRanges,
    /// Hosts that cannot say.
    #[serde(default, skip_serializing_if = "HostRanges::is_empty")]
    pub inconclusive: HostRanges,
    /// Hosts that are sick.
    #[serde(default, skip_serializing_if = "HostRanges::is_empty")]
    pub sick: HostRanges,
    /// What the command on this machine says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global: Option<Answer>,
    /// What some of those said that are not healthy; the command's line has no host.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<(Option<HostId>, String)>,
}

/// Why a rollout is in its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub enum Why {
    /// An operator asked for it.
    Operator {
        /// Who, as `user@host`.
        who: String,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// More hosts of the stage are bad than it may have.
    TooManyBad {
        /// So many.
        bad: u64,
        /// It may have so many.
        limit: u64,
    },
    /// The command on this machine says that things are bad.
    GlobalSick {
        /// Its last line.
        said: String,
    },
    /// It cannot be said whether the hosts are healthy: they, hosts that were never touched, or the command say so.
    Inconclusive {
        /// In words.
        said: String,
    },
    /// The hosts cannot be asked or run on from here: a key or an agent is gone, or no program to reach them with.
    CannotReach {
        /// In words.
        said: String,
    },
    /// A run of it was cancelled, or stopped by something that is not the rollout's.
    Stopped {
        /// In words.
        said: String,
    },
    /// Hosts that were to be reverted were not.
    NotUndone {
        /// So many.
        hosts: u64,
    },
    /// The window in which stages start is closed.
    Window,
}
