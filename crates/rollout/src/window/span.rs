//! A time of some weekdays.

use jiff::civil::{DateTime, Weekday};

pub(super) const DAY_MINUTES: u16 = 24 * 60;
const MINUTE_NANOS: i64 = 60_000_000_000;

/// From one time of day to another, on some days. Where the end is before the beginning it is on the next day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Whether it begins on each day, Monday first.
    pub(super) days: [bool; 7],
    /// The minute of the day at which it begins.
    pub(super) from: u16,
    /// The minute of the day before which it ends; that of midnight is the last one.
    pub(super) to: u16,
}

impl Span {
    /// Whether this time on the wall is inside.
    pub(super) fn holds(&self, wall: DateTime) -> bool {
        let minute = u16::from(wall.hour().unsigned_abs()) * 60 + u16::from(wall.minute().unsigned_abs());
        let today = self.begins_on(wall.weekday());
        if self.from < self.to {
            return today && (self.from..self.to).contains(&minute);
        }
        let yesterday = self.begins_on(wall.weekday().previous());
        (today && minute >= self.from) || (yesterday && minute < self.to)
    }

    /// Nanoseconds after this time on the wall at which it begins next, where the clocks do not change.
    pub(super) fn begins_in(&self, wall: DateTime) -> i64 {
        let since_midnight = i64::from(wall.hour()) * 60 * MINUTE_NANOS
            + i64::from(wall.minute()) * MINUTE_NANOS
            + i64::from(wall.second()) * 1_000_000_000
            + i64::from(wall.subsec_nanosecond());
        let mut day = wall.weekday();
        let mut wait = i64::from(self.from) * MINUTE_NANOS - since_midnight;
        while wait <= 0 || !self.begins_on(day) {
            day = day.next();
            wait += i64::from(DAY_MINUTES) * MINUTE_NANOS;
        }
        wait
    }

    fn begins_on(&self, day: Weekday) -> bool {
        self.days[usize::from(day.to_monday_zero_offset().unsigned_abs())]
    }
}
