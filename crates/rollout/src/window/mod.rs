//! The window in which stages may start: times of weekdays in one time zone, such as
//! `Mon-Thu 09:00-16:00 Europe/Amsterdam`.
//!
//! A moment is inside where the clock on the wall shows a time that is: an hour that a change of the clocks repeats is
//! inside twice, one that it leaves out never.

mod parse;
mod span;

use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};
use span::Span;
use std::fmt;

/// When stages may start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    text: String,
    /// At least one, and none of them is empty.
    spans: Vec<Span>,
    zone: TimeZone,
}

/// A window that cannot be used: what is wrong, and what to type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WindowError(pub(crate) String);

impl Window {
    /// Reads a window. Its zone is looked up in `zones`.
    pub fn parse(text: &str, zones: &TimeZoneDatabase) -> Result<Self, WindowError> {
        let (spans, zone) = parse::window(text, zones)?;
        Ok(Self { text: text.split_whitespace().collect::<Vec<_>>().join(" "), spans, zone })
    }

    /// The first moment from `now_ms` on at which it is open: `now_ms` itself where it is open now. Milliseconds since
    /// 1970; years that the calendar does not have are always inside.
    pub fn opens_ms(&self, now_ms: u64) -> u64 {
        let now = i64::try_from(now_ms).ok().and_then(|now| Timestamp::from_millisecond(now).ok());
        now.and_then(|now| self.opens(now)).map_or(now_ms, |opens| opens.unsigned_abs().max(now_ms))
    }

    /// Between two changes of the clocks time on the wall runs evenly: so it opens where the next span begins, or, where
    /// a change comes first or at that very moment, perhaps right at the change.
    fn opens(&self, now: Timestamp) -> Option<i64> {
        let mut from = now;
        loop {
            let wall = self.zone.to_datetime(from);
            if self.spans.iter().any(|span| span.holds(wall)) {
                return Some(from.as_millisecond());
            }
            let wait = self.spans.iter().map(|span| span.begins_in(wall)).min()?;
            let begins = from.checked_add(SignedDuration::from_nanos(wait)).ok()?;
            match self.zone.following(from).next() {
                Some(change) if change.timestamp() <= begins => from = change.timestamp(),
                _ => return Some(begins.as_millisecond()),
            }
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;
