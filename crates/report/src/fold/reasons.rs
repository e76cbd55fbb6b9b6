//! The reasons of hosts that were stopped by one cause, in one text: what they have in common, and the oldest moment or
//! age that one of them names.

use crate::state::RunView;
use mcom_model::{HostId, Reason, ReasonKind};
use std::collections::BTreeMap;

/// What the hosts of one cause have in common: which run holds them or was there before, not since when on each.
pub(crate) fn common(reason: &Reason) -> &str {
    split(reason).0
}

/// The text for all of these reasons, which have the same in common: `run 9zzzabcd.1 of bob@bastion2 (backup.sh) holds the
/// host since up to 14 s`.
pub(crate) fn together<'a>(reasons: impl IntoIterator<Item = &'a Reason>) -> String {
    let mut reasons = reasons.into_iter();
    let Some(first) = reasons.next() else { return String::new() };
    let (mut oldest, mut differ) = (first, false);
    for reason in reasons {
        differ |= split(reason).1 != split(first).1;
        if age(reason) > age(oldest) {
            oldest = reason;
        }
    }
    let (shared, added) = (common(first), split(oldest).1);
    match first.kind {
        _ if !differ => first.text.clone(),
        ReasonKind::Busy => format!("{shared} since up to {added}"),
        _ => format!("{shared}, {added} and later"),
    }
}

/// Hosts that go by transit, by why their parent could not reach them.
pub(crate) fn by_transit(view: &RunView, hosts: impl IntoIterator<Item = HostId>) -> BTreeMap<&str, Vec<HostId>> {
    let mut by_reason: BTreeMap<&str, Vec<HostId>> = BTreeMap::new();
    for id in hosts {
        if let Some(reason) = view.host(id).and_then(|host| host.transit.as_ref()) {
            by_reason.entry(common(reason)).or_default().push(id);
        }
    }
    by_reason
}

/// What hosts have in common, and what each of them adds.
fn split(reason: &Reason) -> (&str, &str) {
    let text = reason.text.as_str();
    let by = match reason.kind {
        ReasonKind::Busy => " since ",
        ReasonKind::AlreadyRan => ", ",
        _ => return (text, ""),
    };
    text.rsplit_once(by).unwrap_or((text, ""))
}

/// Greater for what is older: seconds that have passed, or an earlier moment.
fn age(reason: &Reason) -> (u64, std::cmp::Reverse<&str>) {
    let added = split(reason).1;
    match reason.kind {
        ReasonKind::Busy => {
            let seconds = added.split(' ').next().and_then(|seconds| seconds.parse().ok());
            (seconds.unwrap_or(0), std::cmp::Reverse(""))
        }
        _ => (0, std::cmp::Reverse(added)),
    }
}
