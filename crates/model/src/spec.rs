//! What every node of a run is told, whatever its place in the tree.

use crate::credentials::Credentials;
use crate::digest::{Digest, DigestHasher};
use crate::ids::RunId;
use crate::limits;
use crate::payload::Payload;
use crate::plan::TreeShape;
use serde::{Deserialize, Serialize};

/// The part of a plan that each node needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunSpec {
    /// The run.
    pub run: RunId,
    /// Which try on each host, from 1.
    pub attempt: u32,
    /// Who runs it, as `user@host`: for locks and history on the hosts.
    pub who: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What is run.
    pub payload: Payload,
    /// Within which limits.
    pub limits: RunLimits,
    /// The tree's shape.
    pub shape: TreeShape,
    /// When output travels.
    pub output: OutputMode,
    /// How parents reach their children, where a host's own setting does not say.
    #[serde(default = "Credentials::before_the_setting")]
    pub credentials: Credentials,
    /// How ssh is set on the parents.
    #[serde(default)]
    pub inner: InnerLinks,
    /// Whether a host that has this payload already, ok, is skipped.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub once: bool,
    /// What happens where another run holds the host.
    #[serde(default)]
    pub lock: HostLock,
    /// The payload that this one reverts: where it ends ok, the host no longer has that one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undoes: Option<Digest>,
    /// Whether the payload only looks: nothing of it stays in the host's history.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looks: bool,
    /// How long silences last.
    #[serde(default)]
    pub timers: Timers,
}

impl RunSpec {
    /// What a node that was started with a certificate holds whoever speaks with it to: everything in here that becomes
    /// a program on its host, or says what the host remembers of it. That is the payload, by which tool it changes its
    /// user, what it reverts, whether it only looks, and how ssh is set, whose options can name commands.
    pub fn pinned(&self) -> Digest {
        let mut hasher = DigestHasher::default();
        let mut field = |bytes: &[u8]| {
            hasher.update(&(bytes.len() as u64).to_le_bytes());
            hasher.update(bytes);
        };
        field(self.payload.id().as_bytes());
        let tool = self.payload.run_as.as_ref().map(|run_as| run_as.tool.program());
        for optional in [tool, self.inner.config.as_deref()] {
            field(&[u8::from(optional.is_some())]);
            field(optional.unwrap_or_default().as_bytes());
        }
        field(self.undoes.map(|undone| undone.to_string()).unwrap_or_default().as_bytes());
        field(&[u8::from(self.looks)]);
        self.inner.options.iter().for_each(|option| field(option.as_bytes()));
        hasher.finish()
    }
}

/// What an attempt does about the lock of its host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostLock {
    /// Takes it, and is refused where another run has it.
    #[default]
    Take,
    /// Takes it, and waits for another run that has it.
    Wait {
        /// So many milliseconds at most.
        ms: u64,
    },
    /// Runs without it, beside whatever runs there.
    Without,
}

impl HostLock {
    /// Whether it is the usual one.
    pub fn is_take(&self) -> bool {
        *self == Self::Take
    }
}

/// How long silences last until something is done about them. Tests shorten all of them by one factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timers {
    /// Milliseconds after which a parent says something over a link that would be silent otherwise.
    pub heartbeat_ms: u64,
    /// Milliseconds of silence after which the other end of a link is dead.
    pub dead_ms: u64,
    /// Milliseconds for which a host whose link was lost is asked again before its state is unknown.
    pub ask_ms: u64,
    /// Milliseconds that a cancel or a deadline has beyond the grace: for the word to travel, and the receipts.
    pub travel_ms: u64,
}

impl Timers {
    /// All of them, at so many percent of their values; never zero.
    #[must_use]
    pub const fn at_percent(self, percent: u64) -> Self {
        const fn part(ms: u64, percent: u64) -> u64 {
            let part = ms.saturating_mul(percent) / 100;
            if part == 0 { 1 } else { part }
        }
        Self {
            heartbeat_ms: part(self.heartbeat_ms, percent),
            dead_ms: part(self.dead_ms, percent),
            ask_ms: part(self.ask_ms, percent),
            travel_ms: part(self.travel_ms, percent),
        }
    }
}

impl Default for Timers {
    fn default() -> Self {
        Self {
            heartbeat_ms: limits::HEARTBEAT_MS,
            dead_ms: limits::LINK_DEAD_MS,
            ask_ms: limits::ASK_MS,
            travel_ms: limits::CANCEL_TRAVEL_MS,
        }
    }
}

/// What parents are told about the links inside a datacenter.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InnerLinks {
    /// Path of an `ssh_config` on the parent, its `-F`; without one, the parent's user's and system's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// Further options, each as after `ssh -o`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
}

/// When output travels up the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OutputMode {
    /// While it is printed.
    Live,
    /// When the payload has ended, equal bodies once.
    AtEnd,
}

/// Pace, time and size limits of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLimits {
    /// Payloads running at once in each datacenter.
    pub fanout: u32,
    /// Payloads running at once in each datacenter when the run begins; each host that ends ok makes room for one more,
    /// up to the fan-out.
    #[serde(default = "slow_start", skip_serializing_if = "is_slow_start")]
    pub opening: u32,
    /// Milliseconds for one connection to be made.
    pub connect_timeout_ms: u64,
    /// Milliseconds for the payload on one host; none means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command_timeout_ms: Option<u64>,
    /// Milliseconds between TERM and KILL.
    pub grace_ms: u64,
    /// Bytes kept of each stream of each host.
    pub output_cap: u64,
    /// Payloads running at once over all datacenters; none means as many as the fan-outs allow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub global_fanout: Option<u32>,
    /// Milliseconds for the whole run, after which nothing starts and what runs is ended; none means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline_ms: Option<u64>,
    /// Hosts that may fail, time out, be unreachable or unknown before nothing new starts; none means no limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_fail: Option<u64>,
    /// Bytes of live output that each host may send before the coordinator has granted anything.
    #[serde(default = "usual_credit", skip_serializing_if = "is_usual_credit")]
    pub live_credit: u64,
}

impl RunLimits {
    /// The same for a run on so many hosts: what all of them may send unasked stays bounded.
    #[must_use]
    pub const fn for_hosts(self, hosts: u64) -> Self {
        let share = limits::OUTPUT_IN_FLIGHT / if hosts == 0 { 1 } else { hosts };
        let live_credit = if share < limits::LIVE_INITIAL_CREDIT { share } else { limits::LIVE_INITIAL_CREDIT };
        Self { live_credit, ..self }
    }
}

const fn usual_credit() -> u64 {
    limits::LIVE_INITIAL_CREDIT
}

const fn is_usual_credit(bytes: &u64) -> bool {
    *bytes == limits::LIVE_INITIAL_CREDIT
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            fanout: limits::FANOUT,
            opening: limits::SLOW_START,
            connect_timeout_ms: limits::CONNECT_TIMEOUT_MS,
            command_timeout_ms: None,
            grace_ms: limits::GRACE_MS,
            output_cap: limits::OUTPUT_CAP,
            global_fanout: None,
            deadline_ms: None,
            max_fail: None,
            live_credit: limits::LIVE_INITIAL_CREDIT,
        }
    }
}

const fn slow_start() -> u32 {
    limits::SLOW_START
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
const fn is_slow_start(opening: &u32) -> bool {
    *opening == limits::SLOW_START
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_many_hosts_send_unasked_is_bounded() {
        for hosts in [0, 1, 300, 10_000, limits::HOSTS] {
            let each = RunLimits::default().for_hosts(hosts).live_credit;
            assert!(each <= limits::LIVE_INITIAL_CREDIT && each * hosts <= limits::OUTPUT_IN_FLIGHT, "{hosts}: {each}");
        }
        assert_eq!(RunLimits::default().for_hosts(300), RunLimits::default(), "a few hundred hosts are not many");
    }
}
