//! Through which children of the coordinator a datacenter was commanded, one after another.

use super::datacenter::without_parent;
use crate::format;
use crate::state::{ParentTerm, RunView, TermEnd, Terms};
use crate::words::words_of;
use mcom_model::RunClock;

/// Parents of a datacenter that are named, the first one and the last ones.
const HEADS_SHOWN: usize = 6;

/// A parent over the terms that it had under one coordinator after another.
struct Head<'a> {
    first: &'a ParentTerm,
    last: &'a ParentTerm,
    /// How often a later coordinator took it again, and when the one before had left, the last time.
    again: Option<(u64, RunClock)>,
}

/// `via mail1-dc2 until +20.1s (lost), then mail2-dc2, again after +58.0s; mail3-dc2 gave way (no route)`.
pub(super) fn via(view: &RunView, dc: usize) -> String {
    let (info, dc_view) = (view.info(), &view.dcs()[dc]);
    let mut story = String::new();
    let heads = heads(&dc_view.parents);
    for (place, head) in heads.iter().enumerate() {
        if heads.len() > HEADS_SHOWN && (1..heads.len() - HEADS_SHOWN + 2).contains(&place) {
            if place == 1 {
                story += &format!(", … {} more", heads.len() - HEADS_SHOWN + 1);
            }
            continue;
        }
        story += match head.first.after {
            _ if story.is_empty() => "via ",
            Some(_) => ", then ",
            None => " and ",
        };
        story += info.name(head.first.host);
        story += &match head.again {
            None => String::new(),
            Some((1, left)) => format!(", again after {}", format::moment(left)),
            Some((times, left)) => format!(", again {times} times, last after {}", format::moment(left)),
        };
        story += &match &head.last.until {
            Some((at, TermEnd::Lost(_))) => format!(" until {} (lost)", format::moment(*at)),
            Some((at, TermEnd::RunEnded)) => format!(" until {} (run ended)", format::moment(*at)),
            Some((at, _)) => format!(" until {} (interrupted)", format::moment(*at)),
            None => String::new(),
        };
    }
    if story.is_empty() {
        return without_parent(view, dc).to_owned();
    }
    if let Some((&first, more)) = dc_view.gave_way.split_first() {
        let reason = view.host(first).and_then(|host| host.gave_way.as_ref());
        let reason = reason.map(|reason| words_of(reason.kind)).unwrap_or_default();
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        story += &format!("; {}{more} gave way ({reason})", info.name(first));
    }
    story
}

/// The heads in the order in which they began. One that a coordinator left last and the next one took is the same.
fn heads(parents: &Terms) -> Vec<Head<'_>> {
    let mut heads: Vec<Head<'_>> = Vec::new();
    for term in parents.heads() {
        let before = parents.heads().filter_map(left).filter(|left| *left <= term.since).max();
        match heads
            .iter_mut()
            .rfind(|head| head.last.host == term.host && before.is_some() && left(head.last) == before)
        {
            Some(head) => {
                head.again = before.map(|left| (head.again.map_or(0, |(times, _)| times) + 1, left));
                head.last = term;
            }
            None => heads.push(Head { first: term, last: term, again: None }),
        }
    }
    heads
}

/// When the coordinator left, where the term ended by that.
fn left(term: &ParentTerm) -> Option<RunClock> {
    term.until.as_ref().filter(|(_, end)| end.is_from_above()).map(|(at, _)| *at)
}
