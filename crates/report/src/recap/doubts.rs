//! What a run leaves open: outcomes that could not be learned, and output that could not be kept.

use crate::recap::results::shorten;
use crate::state::RunView;
use crate::style::{Line, Tone};
use crate::words::words_of;
use mcom_model::{BodyRef, HostId, Outcome, ReasonKind};
use std::collections::BTreeMap;

/// What is not known, and why, apart from what failed; and what is known and could not be kept.
pub(super) fn doubts(view: &RunView) -> Vec<Line> {
    let mut unknown: BTreeMap<ReasonKind, Vec<HostId>> = BTreeMap::new();
    let mut not_kept = Vec::new();
    for (id, host) in view.hosts() {
        if let Some(Outcome::Unknown { reason }) = &host.outcome {
            unknown.entry(reason.kind).or_default().push(id);
        }
        let is_full = |body: &BodyRef| {
            body.len > 0 && view.body_lost(&body.digest).is_some_and(|reason| reason.kind == ReasonKind::LedgerFull)
        };
        if host.receipt.as_ref().is_some_and(|receipt| is_full(&receipt.out) || is_full(&receipt.err)) {
            not_kept.push(id);
        }
    }
    let fold = |hosts: &[HostId]| shorten(&view.info().fold(hosts));
    let pending = unknown.remove(&ReasonKind::CancelPending);
    let kinds: Vec<String> =
        unknown.iter().map(|(&kind, hosts)| format!("{} {}", words_of(kind), fold(hosts))).collect();
    let text = [
        (!kinds.is_empty()).then(|| format!("unknown, which is not failed: {}", kinds.join(" · "))),
        pending.map(|hosts| format!("cancel pending: the word has not reached {}", fold(&hosts))),
        (!not_kept.is_empty())
            .then(|| format!("output of {} is lost: the disk of this machine was full, not theirs", fold(&not_kept))),
    ];
    text.into_iter().flatten().map(|text| Line::new().add(Tone::Doubtful, text)).collect()
}
