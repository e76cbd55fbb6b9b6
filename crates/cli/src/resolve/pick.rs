//! `--pick`: a part of the hosts, the same for the same seed.

use crate::args::Pick;
use mcom_fleet::pattern::Target;
use mcom_model::Digest;
use std::collections::BTreeMap;

/// Keeps as many targets as the pick says, in their order. `dc` says where a host is.
pub(super) fn pick(targets: Vec<Target>, pick: Pick, dc: impl Fn(&str) -> String) -> Vec<Target> {
    let seed = pick.seed.unwrap_or_default().to_le_bytes();
    let mut groups: BTreeMap<String, Vec<(Digest, usize)>> = BTreeMap::new();
    for (place, target) in targets.iter().enumerate() {
        let group = if pick.per_dc { dc(&target.name) } else { String::new() };
        let rank = Digest::of(&[&seed, target.name.as_bytes()].concat());
        groups.entry(group).or_default().push((rank, place));
    }
    let count = usize::try_from(pick.count).unwrap_or(usize::MAX);
    let mut kept = vec![false; targets.len()];
    for members in groups.values_mut() {
        members.sort_unstable();
        members.iter().take(count).for_each(|&(_, place)| kept[place] = true);
    }
    targets.into_iter().zip(kept).filter_map(|(target, kept)| kept.then_some(target)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picked(text: &str) -> Vec<String> {
        let targets = ["a1-x", "a2-x", "a3-x", "a1-y", "a2-y"].map(Target::named).to_vec();
        let dc = |name: &str| name.rsplit('-').next().unwrap().to_owned();
        pick(targets, text.parse().unwrap(), dc).into_iter().map(|target| target.name).collect()
    }

    #[test]
    fn the_same_seed_picks_the_same_hosts() {
        assert_eq!(picked("2@1"), picked("2@1"));
        assert_eq!(picked("2@1").len(), 2);
        assert!((2..40).any(|seed| picked(&format!("2@{seed:x}")) != picked("2@1")), "the seed matters");
    }

    #[test]
    fn per_datacenter_and_more_than_there_are() {
        let some = picked("1/dc@7");
        assert_eq!(some.len(), 2);
        assert!(some[0].ends_with("-x") && some[1].ends_with("-y"));
        assert_eq!(picked("9@7").len(), 5);
    }
}
