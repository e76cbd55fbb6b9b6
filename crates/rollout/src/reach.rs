//! How far a stage reaches, and how much of a datacenter runs at a time, as they are typed.

use std::fmt;
use std::str::FromStr;

/// How far the rollout reaches when a stage is behind it, counted from the beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// So many hosts: `10`.
    Hosts(u64),
    /// So many hosts of each datacenter: `10/dc`.
    HostsPerDc(u64),
    /// A share of all hosts: `25%`.
    Percent(u32),
    /// A share of each datacenter: `25%/dc`.
    PercentPerDc(u32),
    /// Every host.
    All,
    /// These hosts, and those of the stages before: `host = "web7-fra1"`.
    Pattern(String),
}

/// How much of a datacenter runs at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Share {
    /// So many hosts: `5/dc`.
    Hosts(u32),
    /// A share of them: `10%/dc`.
    Percent(u32),
}

impl FromStr for Reach {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || {
            format!(
                "`{text}` is not a reach: write 1 for one host, 10/dc for ten of each datacenter, 25% or 25%/dc for a \
                 share, or all"
            )
        };
        if text == "all" {
            return Ok(Self::All);
        }
        let (amount, per_dc) = per_dc(text);
        match (amount.strip_suffix('%'), per_dc) {
            (Some(share), false) => percent(share).map(Self::Percent).ok_or_else(refused),
            (Some(share), true) => percent(share).map(Self::PercentPerDc).ok_or_else(refused),
            (None, false) => count(amount).map(Self::Hosts).ok_or_else(refused),
            (None, true) => count(amount).map(Self::HostsPerDc).ok_or_else(refused),
        }
    }
}

impl FromStr for Share {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = |text: &str| {
            format!("`{text}` is not a batch: write 10%/dc for a tenth of each datacenter, 5/dc for five hosts of each")
        };
        let (amount, per_dc) = per_dc(text);
        let share = match amount.strip_suffix('%') {
            Some(share) => percent(share).map(Self::Percent),
            None => count(amount).and_then(|hosts| u32::try_from(hosts).ok()).map(Self::Hosts),
        };
        match share {
            Some(share) if per_dc => Ok(share),
            Some(share) => Err(format!("`{text}` is not a batch: batches are of each datacenter, write {share}")),
            None => Err(refused(text)),
        }
    }
}

fn per_dc(text: &str) -> (&str, bool) {
    text.strip_suffix("/dc").map_or((text, false), |amount| (amount, true))
}

/// Digits alone: `+5` is no count.
fn count(text: &str) -> Option<u64> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&count| digits && count > 0)
}

fn percent(text: &str) -> Option<u32> {
    count(text).and_then(|share| u32::try_from(share).ok()).filter(|&share| share <= 100)
}

impl fmt::Display for Reach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hosts(hosts) => write!(f, "{hosts}"),
            Self::HostsPerDc(hosts) => write!(f, "{hosts}/dc"),
            Self::Percent(share) => write!(f, "{share}%"),
            Self::PercentPerDc(share) => write!(f, "{share}%/dc"),
            Self::All => f.write_str("all"),
            Self::Pattern(pattern) => f.write_str(pattern),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hosts(hosts) => write!(f, "{hosts}/dc"),
            Self::Percent(share) => write!(f, "{share}%/dc"),
        }
    }
}
