//! What is known about a name before it is expanded: how many names it stands for, how long, how they begin.

use super::ast::{Item, Name, Part};

/// How many names it stands for, equal ones counted each time; none where they are too many to count. `*` and `?`
/// count as one: what they stand for is in the inventory.
pub(super) fn count(name: &Name) -> Option<u64> {
    name.parts.iter().try_fold(1_u64, |product, part| {
        let choices = match part {
            Part::Literal(_) | Part::AnyText | Part::AnyChar => 1,
            Part::Range(items) => items.iter().try_fold(0_u64, |sum, item| sum.checked_add(item_count(item)))?,
            Part::Alt(branches) => branches.iter().try_fold(0_u64, |sum, branch| sum.checked_add(count(branch)?))?,
        };
        product.checked_mul(choices)
    })
}

/// How many numbers or letters an item stands for.
pub(super) fn item_count(item: &Item) -> u64 {
    match *item {
        Item::Numbers { first, last, step, .. } => (last - first) / step + 1,
        Item::Letters { first, last, step } => u64::from(last - first) / step + 1,
    }
}

impl Name {
    /// Whether it has a `*` or a `?`, so that only an inventory can tell what it stands for.
    pub fn has_wildcard(&self) -> bool {
        self.parts.iter().any(|part| match part {
            Part::AnyText | Part::AnyChar => true,
            Part::Alt(branches) => branches.iter().any(Name::has_wildcard),
            Part::Literal(_) | Part::Range(_) => false,
        })
    }
}

/// The length of the longest name that it stands for; wildcards count as nothing.
pub(super) fn longest(name: &Name) -> usize {
    let part = |part: &Part| match part {
        Part::Literal(text) => text.len(),
        Part::Range(items) => items.iter().map(item_len).max().unwrap_or(0),
        Part::Alt(branches) => branches.iter().map(longest).max().unwrap_or(0),
        Part::AnyText | Part::AnyChar => 0,
    };
    name.parts.iter().map(part).sum()
}

fn item_len(item: &Item) -> usize {
    match *item {
        Item::Numbers { last, width, .. } => width.max(last.checked_ilog10().unwrap_or(0) as usize + 1),
        Item::Letters { .. } => 1,
    }
}

/// How some of the names begin.
#[derive(Clone, Copy, Default)]
pub(super) struct Start {
    pub(super) empty: bool,
    pub(super) dash: bool,
    pub(super) dot: bool,
}

/// How the names that it stands for may begin.
pub(super) fn start(name: &Name) -> Start {
    let mut start = Start::default();
    for part in &name.parts {
        let own = match part {
            Part::Literal(text) => {
                Start { empty: text.is_empty(), dash: text.starts_with('-'), dot: text.starts_with('.') }
            }
            Part::Alt(branches) => branches.iter().map(self::start).fold(Start::default(), |a, b| Start {
                empty: a.empty || b.empty,
                dash: a.dash || b.dash,
                dot: a.dot || b.dot,
            }),
            Part::Range(_) | Part::AnyText | Part::AnyChar => Start::default(),
        };
        start.dash |= own.dash;
        start.dot |= own.dot;
        if !own.empty {
            return start;
        }
    }
    start.empty = true;
    start
}
