//! Who becomes a parent: the order of candidates and the reason for it.

use mcom_model::{Digest, HostSpec};
use std::cmp::Reverse;
use std::fmt;

/// The rank of a host as a parent; lower comes first.
///
/// Equal weights are ordered by a hash of the name: the same in every run, and not always host 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    not_preferred: bool,
    weight: Reverse<u32>,
    hash: Digest,
}

/// Why a host is the first candidate of its datacenter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentReason {
    /// `--parents` names it; of several, the first by weight and hash.
    Preferred {
        /// How many hosts of the datacenter it names.
        of: usize,
    },
    /// It is the only one.
    OnlyHost,
    /// No other host has its weight, and none has more.
    HighestWeight {
        /// The weight.
        weight: u32,
    },
    /// The first by the hash of its name among those of the highest weight.
    StableHash {
        /// How many they are.
        of: usize,
        /// Their weight.
        weight: u32,
    },
}

pub(super) fn rank(host: &HostSpec, preferred: bool) -> Rank {
    Rank { not_preferred: !preferred, weight: Reverse(host.weight), hash: Digest::of(host.name.as_bytes()) }
}

/// Why the first of `members` is the first. `preferred` says which of them `--parents` names.
pub(super) fn reason(members: &[&HostSpec], preferred: impl Fn(&HostSpec) -> bool) -> Option<ParentReason> {
    let (first, others) = members.split_first()?;
    let named = members.iter().filter(|host| preferred(host)).count();
    let equals = members.iter().filter(|host| host.weight == first.weight).count();
    Some(match (named, equals) {
        _ if others.is_empty() => ParentReason::OnlyHost,
        (1.., _) => ParentReason::Preferred { of: named },
        (0, 1) => ParentReason::HighestWeight { weight: first.weight },
        (0, _) => ParentReason::StableHash { of: equals, weight: first.weight },
    })
}

impl fmt::Display for ParentReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preferred { of: 1 } => f.write_str("--parents"),
            Self::Preferred { of } => write!(f, "--parents, first of the {of} it names"),
            Self::OnlyHost => f.write_str("only host"),
            Self::HighestWeight { weight } => write!(f, "highest weight {weight}"),
            Self::StableHash { of, weight } => write!(f, "first by stable hash of {of} with weight {weight}"),
        }
    }
}
