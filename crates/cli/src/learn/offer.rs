//! New keys in words: by datacenter, those with equal keys together, for somebody who compares them with what they know.

use mcom_credentials::PublicIdentity;
use mcom_fleet::hostset::fold;
use mcom_model::{HostId, Plan};
use mcom_report::sanitise_line;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Hosts that were not known, and what they show.
pub(super) fn offered(plan: &Plan, new: &[(HostId, &PublicIdentity)]) -> String {
    let mut text = String::from("host keys that are not known yet:\n");
    for (place, dc) in (0u32..).zip(&plan.datacenters) {
        let mut keys: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for (id, key) in new.iter().filter(|(id, _)| plan.host(*id).dc == place) {
            let shown = format!("{} {}", sanitise_line(key.algorithm().as_bytes()), key.fingerprint());
            keys.entry(shown).or_default().push(&plan.host(*id).name);
        }
        if keys.is_empty() {
            continue;
        }
        let mut hosts: Vec<(String, usize, String)> =
            keys.into_iter().map(|(key, names)| (fold(names.iter().copied()), names.len(), key)).collect();
        hosts.sort_by(|(a, ..), (b, ..)| mcom_fleet::hostset::natural_cmp(a, b));
        let _ = writeln!(text, "{}", dc.name);
        for (names, count, key) in hosts {
            let same = if count > 1 { format!("  (one key for {count} hosts)") } else { String::new() };
            let _ = writeln!(text, "  {names}  {key}{same}");
        }
    }
    text
}
