//! Windows against a walk over every minute, through changes of the clocks; and how wrong ones are refused.

use super::Window;
use jiff::tz::TimeZoneDatabase;
use jiff::{Timestamp, civil};
use proptest::prelude::*;

const MINUTE_MS: u64 = 60_000;

fn window(text: &str) -> Window {
    Window::parse(text, &TimeZoneDatabase::bundled()).unwrap()
}

fn ms(moment: &str) -> u64 {
    u64::try_from(moment.parse::<Timestamp>().unwrap().as_millisecond()).unwrap()
}

fn moment(ms: u64) -> String {
    Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap().to_string()
}

fn opens(text: &str, now: &str) -> String {
    moment(window(text).opens_ms(ms(now)))
}

#[test]
fn it_is_open_or_opens_later() {
    const AMSTERDAM: &str = "Mon-Thu 09:00-16:00 Europe/Amsterdam";
    for (text, now, opening) in [
        // A Thursday in winter.
        (AMSTERDAM, "2026-01-15T07:00:00Z", "2026-01-15T08:00:00Z"),
        (AMSTERDAM, "2026-01-15T08:00:00Z", "2026-01-15T08:00:00Z"),
        (AMSTERDAM, "2026-01-15T14:59:59.999Z", "2026-01-15T14:59:59.999Z"),
        (AMSTERDAM, "2026-01-15T15:00:00Z", "2026-01-19T08:00:00Z"),
        (AMSTERDAM, "2026-07-15T04:00:00.5Z", "2026-07-15T07:00:00Z"),
        // The clocks go forward between Friday and Monday.
        (AMSTERDAM, "2026-03-27T12:00:00Z", "2026-03-30T07:00:00Z"),
        // Over midnight, and over the end of the week.
        ("Sun 22:00-06:00 UTC", "2026-01-19T05:59:00Z", "2026-01-19T05:59:00Z"),
        ("Sun 22:00-06:00 UTC", "2026-01-19T06:00:00Z", "2026-01-25T22:00:00Z"),
        ("Fri-Mon 10:00-11:00 UTC", "2026-01-20T00:00:00Z", "2026-01-23T10:00:00Z"),
        ("Fri-Mon 10:00-11:00 UTC", "2026-01-24T12:00:00Z", "2026-01-25T10:00:00Z"),
        // Several, and the whole day.
        ("Tue 10:00-11:00, 20:00-20:30 UTC", "2026-01-20T00:00:00Z", "2026-01-20T10:00:00Z"),
        ("Tue 10:00-11:00, 20:00-20:30 UTC", "2026-01-21T00:00:00Z", "2026-01-21T20:00:00Z"),
        ("sat 00:00-24:00 UTC", "2026-01-23T12:00:00Z", "2026-01-24T00:00:00Z"),
        ("sat 00:00-24:00 UTC", "2026-01-24T23:59:59Z", "2026-01-24T23:59:59Z"),
        // 02:00 to 03:00 is left out on this day: open at once at 03:00, and never.
        ("02:30-04:00 Europe/Amsterdam", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
        ("02:00-03:00 Europe/Amsterdam", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"),
        // 02:00 to 03:00 comes twice on this day.
        ("02:00-02:30 Europe/Amsterdam", "2026-10-25T00:30:00Z", "2026-10-25T01:00:00Z"),
        ("02:30-03:30 Europe/Amsterdam", "2026-10-25T01:00:00Z", "2026-10-25T01:30:00Z"),
        // A day that the place has left out altogether.
        ("Fri 09:00-10:00 Pacific/Apia", "2011-12-29T20:00:00Z", "2012-01-05T19:00:00Z"),
    ] {
        assert_eq!(opens(text, now), opening.parse::<Timestamp>().unwrap().to_string(), "{text} at {now}");
    }
    assert_eq!(window(AMSTERDAM).opens_ms(u64::MAX), u64::MAX);
}

#[test]
fn wrong_windows_are_refused() {
    let general = |text: &str| format!("`{text}` is not a window: write it as Mon-Thu 09:00-16:00 Europe/Amsterdam");
    let no_zone =
        |text: &str| format!("the window `{text}` has no time zone: add UTC or a name such as Europe/Amsterdam");
    let day = |day: &str| format!("`{day}` is not a day of the week: write Mon, Tue, Wed, Thu, Fri, Sat, Sun");
    let times = |times: &str| format!("`{times}` is not a time of day: write it as 09:00-16:00");
    for (text, message) in [
        ("", general("")),
        ("UTC", general("UTC")),
        ("Mon-Thu UTC", general("Mon-Thu UTC")),
        ("Mon 09:00 - 16:00 UTC", general("Mon 09:00 - 16:00 UTC")),
        ("Mon 09:00-16:00,, Tue 09:00-16:00 UTC", general("Mon 09:00-16:00,, Tue 09:00-16:00 UTC")),
        ("09:00-16:00", no_zone("09:00-16:00")),
        ("Mon 09:00-16:00 UTC, Tue 09:00-16:00", general("Mon 09:00-16:00 UTC, Tue 09:00-16:00")),
        ("Mon-Thu 09:00-16:00", no_zone("Mon-Thu 09:00-16:00")),
        ("Monday 09:00-16:00 UTC", day("Monday")),
        ("Mon-Thx 09:00-16:00 UTC", day("Thx")),
        ("9:00-16:00 UTC", times("9:00-16:00")),
        ("09:00-25:00 UTC", times("09:00-25:00")),
        ("24:00-25:00 UTC", times("24:00-25:00")),
        ("09:60-16:00 UTC", times("09:60-16:00")),
        ("09:00-24:01 UTC", times("09:00-24:01")),
        ("09-16 UTC", times("09-16")),
        ("09:00 UTC", times("09:00")),
        ("09:00-09:00 UTC", "`09:00-09:00` is no time at all: for the whole day write 00:00-24:00".into()),
        (
            "09:00-16:00 Europe/Amsterdm",
            "there is no time zone `Europe/Amsterdm`: did you mean `Europe/Amsterdam`?".into(),
        ),
        ("09:00-16:00 new_york", "there is no time zone `new_york`: did you mean `America/New_York`?".into()),
        ("09:00-16:00 +01:00", "there is no time zone `+01:00`: write UTC or a name such as Europe/Amsterdam".into()),
    ] {
        assert_eq!(Window::parse(text, &TimeZoneDatabase::bundled()).map_err(|error| error.to_string()), Err(message));
    }
}

/// Days and times as text, with days and minutes as numbers beside it.
fn spans() -> impl Strategy<Value = Vec<(usize, usize, u16, u16)>> {
    let days = || (0_usize..7, 0_usize..7);
    let any = (days(), 0_u16..1440, 0_u16..=1440).prop_filter("it has a length", |(_, from, to)| from != to);
    // Clocks change at half hours of the night: spans that begin or end right there are what goes wrong.
    let night = (days(), 0_u16..9, 1_u16..4).prop_map(|(days, from, length)| (days, from * 30, (from + length) * 30));
    let span = prop_oneof![any, night].prop_map(|((first, last), from, to)| (first, last, from, to));
    prop::collection::vec(span, 1..4)
}

fn text(spans: &[(usize, usize, u16, u16)], zone: &str) -> String {
    const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let span = |&(first, last, from, to): &(usize, usize, u16, u16)| {
        format!("{}-{} {}-{}", DAYS[first], DAYS[last], time(from), time(to))
    };
    format!("{} {zone}", spans.iter().map(span).collect::<Vec<_>>().join(", "))
}

/// Whether the wall shows a time of a span that began on a day: today's, or yesterday's that goes over midnight.
fn is_inside(spans: &[(usize, usize, u16, u16)], wall: civil::DateTime) -> bool {
    let today = usize::try_from(wall.weekday().to_monday_zero_offset()).unwrap();
    let minute = u16::try_from(wall.hour()).unwrap() * 60 + u16::try_from(wall.minute()).unwrap();
    let within = |(first, last): (usize, usize), day: usize| (day + 7 - first) % 7 <= (last + 7 - first) % 7;
    spans.iter().any(|&(first, last, from, to)| {
        let length = if from < to { to - from } else { to + 1440 - from };
        [(today, minute), ((today + 6) % 7, minute + 1440)]
            .into_iter()
            .any(|(day, minute)| within((first, last), day) && minute >= from && minute - from < length)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// Zones whose clocks change by an hour, by half of one, at midnight, by a day, around a month of fasting, and not
    /// at all; in weeks in which they do.
    #[test]
    fn it_opens_where_a_walk_over_every_minute_finds_it(
        spans in spans(),
        (zone, about) in prop::sample::select(vec![
            ("UTC", "2026-01-01T00:00:00Z"),
            ("Europe/Amsterdam", "2026-03-29T01:00:00Z"),
            ("Europe/Amsterdam", "2026-10-25T01:00:00Z"),
            ("America/New_York", "2040-11-04T06:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
            ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
            ("Africa/Cairo", "2026-04-23T22:00:00Z"),
            ("Africa/Casablanca", "2026-02-15T02:00:00Z"),
            ("Pacific/Apia", "2011-12-30T10:00:00Z"),
            ("Asia/Kathmandu", "2026-06-01T00:00:00Z"),
        ]),
        before_ms in prop_oneof![0_u64..6 * 60 * MINUTE_MS, 0_u64..4 * 24 * 60 * MINUTE_MS],
    ) {
        let now = ms(about) - before_ms;
        let zones = TimeZoneDatabase::bundled();
        let zone_of = zones.get(zone).unwrap();
        let inside = |ms: u64| {
            is_inside(&spans, zone_of.to_datetime(Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap()))
        };
        let next_minute = now.next_multiple_of(MINUTE_MS);
        let walked = if inside(now) {
            now
        } else {
            (next_minute..).step_by(60_000).find(|&ms| inside(ms)).unwrap()
        };
        let text = text(&spans, zone);
        let window = Window::parse(&text, &zones).unwrap();
        prop_assert_eq!(moment(window.opens_ms(now)), moment(walked), "{} at {}", text, moment(now));
        prop_assert_eq!(window.to_string(), text);
    }

    #[test]
    fn any_text_is_a_window_or_refused(text in any::<String>(), words in "[MonTue0-9:, -]{0,30} UTC") {
        let _ = Window::parse(&text, &TimeZoneDatabase::bundled());
        let _ = Window::parse(&words, &TimeZoneDatabase::bundled());
    }
}
