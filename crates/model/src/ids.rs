//! Names of runs, hosts within a plan, and epochs of a parent.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A host's place in the plan. Frames carry this number, never a name, so a host cannot speak under another's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostId(pub u32);

/// Counts the parents that a subtree had. Frames of an earlier epoch are refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Epoch(pub u32);

/// The name of a run: eight characters that cannot be mistaken for one another when read aloud or typed.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

/// Text that is not a run id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a run id is 4 to 16 characters of 0-9 and a-z without i, l, o and u")]
pub struct ParseRunIdError;

/// Digits of Crockford's base 32: no i, l, o, u.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

impl RunId {
    /// The run id that `seed` stands for; forty bits of it are used.
    pub fn from_seed(seed: u64) -> Self {
        let digit = |place: u32| char::from(ALPHABET[((seed >> (place * 5)) & 31) as usize]);
        Self((0..8).map(digit).collect())
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RunId({})", self.0)
    }
}

impl FromStr for RunId {
    type Err = ParseRunIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (4..=16).contains(&text.len()) && text.bytes().all(|b| ALPHABET.contains(&b));
        if fits { Ok(Self(text.to_owned())) } else { Err(ParseRunIdError) }
    }
}

impl TryFrom<String> for RunId {
    type Error = ParseRunIdError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

/// A set of hosts as inclusive ranges of ids: what a ledger line about ten thousand hosts costs a few bytes with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct HostRanges(Vec<(HostId, HostId)>);

impl HostRanges {
    /// The hosts of the set, ascending.
    pub fn iter(&self) -> impl Iterator<Item = HostId> + '_ {
        self.0.iter().flat_map(|&(first, last)| (first.0..=last.0).map(HostId))
    }

    /// How many hosts the set has.
    pub fn len(&self) -> usize {
        self.0.iter().map(|&(first, last)| (last.0 as usize + 1).saturating_sub(first.0 as usize)).sum()
    }

    /// Whether a host is in the set.
    pub fn contains(&self, host: HostId) -> bool {
        let after = self.0.partition_point(|&(first, _)| first <= host);
        after > 0 && host <= self.0[after - 1].1
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<HostId> for HostRanges {
    fn from_iter<I: IntoIterator<Item = HostId>>(hosts: I) -> Self {
        let mut ids: Vec<HostId> = hosts.into_iter().collect();
        ids.sort_unstable();
        ids.dedup();
        let mut ranges: Vec<(HostId, HostId)> = Vec::new();
        for id in ids {
            match ranges.last_mut() {
                Some((_, last)) if last.0 + 1 == id.0 => *last = id,
                _ => ranges.push((id, id)),
            }
        }
        Self(ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ids_parse_what_they_print() {
        for seed in [0, 1, 31, u64::MAX, 0x1234_5678_9abc] {
            let id = RunId::from_seed(seed);
            assert_eq!(id.as_str().parse(), Ok(id.clone()));
        }
        assert!("../../etc".parse::<RunId>().is_err());
        assert!("loud".parse::<RunId>().is_err());
    }

    #[test]
    fn ranges_keep_every_host_once() {
        let hosts: HostRanges = [3, 1, 2, 9, 2].map(HostId).into_iter().collect();
        assert_eq!(hosts.iter().map(|h| h.0).collect::<Vec<_>>(), [1, 2, 3, 9]);
        assert_eq!(hosts.len(), 4);
        let has = |id| hosts.contains(HostId(id));
        assert_eq!((0..11).filter(|&id| has(id)).collect::<Vec<_>>(), [1, 2, 3, 9]);
    }
}
