//! Splits the members of a node into groups: a head that the node reaches itself, and the hosts below that head.
//!
//! Pure and deterministic. It knows nothing of datacenters, names or what can be reached.

use mcom_model::HostId;

/// The groups that the coordinator makes of the members of one datacenter, which come in candidate order with their
/// weights: one group with the best candidate as its head, or one group per host where `depth` is 1 or where no
/// member may be a parent.
///
/// Each group has its head first and its further members in candidate order.
pub fn top(members: &[(HostId, u32)], depth: Option<u32>) -> Vec<Vec<HostId>> {
    let flat = depth.is_some_and(|depth| depth <= 1);
    match members.iter().position(|&(_, weight)| weight > 0) {
        Some(head) if !flat => vec![head_first(members, head)],
        _ => singles(members),
    }
}

/// The groups that a node makes of its members, which come in candidate order with their weights.
///
/// The tree gets the smallest depth that `width` children per parent allow (and never more than `levels_left` below
/// the node, even if parents then need more children), and at that depth the smallest number of children that holds
/// everybody. The best candidates are heads; a member of weight 0 never heads a group of more than one. The others
/// are dealt out in turn, so that every group gets its share of good candidates.
///
/// Each group has its head first and its further members in candidate order.
pub fn split(members: &[(HostId, u32)], width: u32, levels_left: Option<u32>) -> Vec<Vec<HostId>> {
    let width = (width as usize).max(1);
    let levels = levels_left.map(|levels| levels.max(1));
    let children = children(members.len(), width, levels);
    let able = members.iter().filter(|&&(_, weight)| weight > 0).count();
    if children >= members.len() || able == 0 {
        return singles(members);
    }
    if able >= children {
        return deal(members, children, 0);
    }
    // Too few may be parents: this node takes its share of the rest as children of its own, as far as the width goes.
    let rest = members.len() - able;
    let own = rest.div_ceil(able + 1).min(width.saturating_sub(able));
    deal(members, able, own)
}

/// How many children a node takes for `members` hosts below it.
fn children(members: usize, width: usize, levels: Option<u32>) -> usize {
    let mut depth = 1;
    while levels.is_none_or(|levels| depth < levels) && holds(width, depth) < members {
        // A width of one is a chain: every level holds one host, so the depth may grow to the number of members.
        depth += 1;
    }
    let (mut low, mut high) = (1, members.max(1));
    while low < high {
        let middle = usize::midpoint(low, high);
        if holds(middle, depth) >= members {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// How many hosts `depth` levels of parents with `width` children each hold.
fn holds(width: usize, depth: u32) -> usize {
    if width == 1 {
        return depth as usize;
    }
    let (mut total, mut level) = (0usize, 1usize);
    for _ in 0..depth {
        level = level.saturating_mul(width);
        total = total.saturating_add(level);
        if level == usize::MAX {
            break;
        }
    }
    total
}

/// Makes `heads` groups of the members that may be heads, and groups of one of the last `alone` that may not.
fn deal(members: &[(HostId, u32)], heads: usize, alone: usize) -> Vec<Vec<HostId>> {
    let mut groups: Vec<Vec<HostId>> = Vec::with_capacity(heads + alone);
    let mut rest = Vec::with_capacity(members.len());
    for &(host, weight) in members {
        if weight > 0 && groups.len() < heads {
            groups.push(vec![host]);
        } else {
            rest.push((host, weight));
        }
    }
    let unable_from = rest.len() - alone;
    // `alone` is more than zero only where every host that may lead does, so the rest are all unable to.
    let singles = rest.split_off(unable_from);
    for (turn, (host, _)) in rest.into_iter().enumerate() {
        groups[turn % heads].push(host);
    }
    groups.extend(singles.into_iter().map(|(host, _)| vec![host]));
    groups
}

fn singles(members: &[(HostId, u32)]) -> Vec<Vec<HostId>> {
    members.iter().map(|&(host, _)| vec![host]).collect()
}

fn head_first(members: &[(HostId, u32)], head: usize) -> Vec<HostId> {
    let others = members.iter().enumerate().filter(|&(place, _)| place != head);
    std::iter::once(members[head].0).chain(others.map(|(_, &(host, _))| host)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(weights: &[u32]) -> Vec<(HostId, u32)> {
        (0u32..).map(HostId).zip(weights.iter().copied()).collect()
    }

    fn sizes(groups: &[Vec<HostId>]) -> Vec<usize> {
        groups.iter().map(Vec::len).collect()
    }

    /// Levels and widest parent of the whole tree below a node.
    fn measure(members: &[(HostId, u32)], width: u32, levels: Option<u32>) -> (u32, usize) {
        if members.is_empty() {
            return (0, 0);
        }
        let groups = split(members, width, levels);
        let mut seen: Vec<HostId> = groups.iter().flatten().copied().collect();
        seen.sort_unstable();
        let mut all: Vec<HostId> = members.iter().map(|member| member.0).collect();
        all.sort_unstable();
        assert_eq!(seen, all, "every member is in one group");
        let weight = |host: &HostId| members.iter().find(|member| member.0 == *host).unwrap().1;
        let (mut depth, mut widest) = (0, groups.len());
        for group in &groups {
            assert!(group.len() == 1 || weight(&group[0]) > 0, "weight 0 heads a group");
            let below: Vec<_> = group[1..].iter().map(|host| (*host, weight(host))).collect();
            let (d, w) = measure(&below, width, levels.map(|levels| levels - 1));
            (depth, widest) = (depth.max(d), widest.max(w));
        }
        (depth + 1, widest)
    }

    #[test]
    fn few_members_are_all_children() {
        assert_eq!(sizes(&split(&hosts(&[1; 32]), 32, None)), vec![1; 32]);
        assert_eq!(split(&[], 32, None), Vec::<Vec<HostId>>::new());
    }

    #[test]
    fn one_more_than_the_width_makes_a_level_with_few_children() {
        assert_eq!(sizes(&split(&hosts(&[1; 33]), 32, None)), [6, 6, 6, 5, 5, 5]);
    }

    #[test]
    fn depth_is_minimal_and_width_kept() {
        for (n, width, depth) in [(99, 32, 2), (1056, 32, 2), (1057, 32, 3), (9999, 32, 3), (6, 2, 2), (7, 2, 3)] {
            let (levels, widest) = measure(&hosts(&vec![1; n]), width, None);
            assert_eq!(levels, depth, "{n} hosts, width {width}");
            assert!(widest <= width as usize, "{n} hosts, width {width}: {widest} children");
        }
    }

    #[test]
    fn a_width_of_one_is_a_chain() {
        assert_eq!(measure(&hosts(&[1; 5]), 1, None), (5, 1));
    }

    #[test]
    fn levels_win_over_width() {
        assert_eq!(measure(&hosts(&[1; 100]), 4, Some(2)), (2, 10));
        assert_eq!(sizes(&split(&hosts(&[1; 100]), 4, Some(1))), vec![1; 100]);
        assert_eq!(sizes(&split(&hosts(&[1; 3]), 4, Some(0))), vec![1; 3]);
    }

    #[test]
    fn best_candidates_lead_and_the_rest_is_dealt_in_turn() {
        let groups = split(&hosts(&[1; 12]), 3, None);
        let ids: Vec<Vec<u32>> = groups.iter().map(|group| group.iter().map(|host| host.0).collect()).collect();
        assert_eq!(ids, [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]);
    }

    #[test]
    fn weight_zero_never_leads() {
        let mut weights = vec![0; 100];
        assert_eq!(sizes(&split(&hosts(&weights), 32, None)), vec![1; 100], "nobody may lead");
        weights[0] = 1;
        let groups = split(&hosts(&weights), 32, None);
        assert_eq!(groups.len(), 32);
        assert_eq!((groups[0][0], groups[0].len()), (HostId(0), 69));
        // Candidates that come late (a head that gave way) lead before hosts that may not.
        let groups = split(&hosts(&[0, 0, 0, 0, 1, 1]), 2, None);
        assert_eq!([groups[0][0], groups[1][0]], [HostId(4), HostId(5)]);
        measure(&hosts(&weights), 32, None);
    }

    #[test]
    fn the_top_is_one_group_or_flat() {
        let top_of = |weights: &[u32], depth| {
            let groups = top(&hosts(weights), depth);
            groups.iter().map(|group| group.iter().map(|host| host.0).collect()).collect::<Vec<Vec<u32>>>()
        };
        assert_eq!(top_of(&[1, 1, 1], None), [[0, 1, 2]]);
        assert_eq!(top_of(&[0, 1, 1], Some(2)), [[1, 0, 2]]);
        assert_eq!(top_of(&[1, 1], Some(1)), [[0], [1]]);
        assert_eq!(top_of(&[0, 0], None), [[0], [1]]);
        assert!(top_of(&[], None).is_empty());
    }
}
