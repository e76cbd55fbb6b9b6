//! Where the hosts of a stage are: a few words for each datacenter, on as many lines as there is room for.

use crate::names::Names;
use crate::rollout::options::RolloutOptions;
use mcom_model::HostId;
use std::collections::BTreeSet;

/// Characters of the hosts of one datacenter.
const HOSTS: usize = 60;

/// Fewer hosts than this are named, also where they are all that is left of a datacenter.
const NAMED: usize = 3;

/// `ams1 web[3,9,12]`, `fra1 the other 64`: for each datacenter that has hosts of a stage. `before` are the hosts of the
/// stages before it.
pub(super) fn by_datacenter(
    names: &Names,
    hosts: &[HostId],
    before: &BTreeSet<HostId>,
    options: &RolloutOptions,
) -> Vec<String> {
    let of_dc = |(dc, hosts): (usize, Vec<HostId>)| {
        let whole = &names.dcs()[dc];
        let reached = whole.hosts.iter().filter(|host| before.contains(host)).count();
        let is_rest = reached > 0 && hosts.len() > NAMED && reached + hosts.len() == whole.hosts.len();
        if is_rest && !options.verbose {
            return format!("{} the other {}", whole.name, hosts.len());
        }
        let folded = names.fold_in_dc(dc, &hosts);
        let cut = options.cut(folded.clone(), HOSTS);
        if cut == folded {
            format!("{} {folded}", whole.name)
        } else {
            format!("{} {}: {cut}", whole.name, hosts.len())
        }
    };
    names.by_dc(hosts).into_iter().map(of_dc).collect()
}

/// Joins parts to lines of a width, and counts what there is no room for.
pub(super) fn wrap(parts: &[String], width: usize, max_lines: usize, what: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (place, part) in parts.iter().enumerate() {
        let more = format!(" · … {} more {what}", parts.len() - place);
        let line_count = lines.len();
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.chars().count() + 3 <= width => {
                line.push_str(" · ");
                line.push_str(part);
            }
            Some(line) if line_count == max_lines => {
                line.push_str(&more);
                return lines;
            }
            _ => lines.push(part.clone()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_there_is_no_room_for_is_counted() {
        let parts: Vec<String> = (1..=9).map(|number| format!("dc{number} web{number}")).collect();
        let lines = wrap(&parts, 29, 2, "datacenters");
        assert_eq!(lines, ["dc1 web1 · dc2 web2", "dc3 web3 · dc4 web4 · … 5 more datacenters"]);
        assert_eq!(wrap(&parts, 300, 2, "datacenters").len(), 1);
        assert_eq!(wrap(&parts, 29, usize::MAX, "datacenters").len(), 5);
    }
}
