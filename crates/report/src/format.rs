//! Durations, sizes, counts and times as people read them: the one place that decides how they look.

use mcom_model::RunClock;
use std::time::Duration;

/// A length of time: `31ms`, `0.4s`, `58.1s`, `3m04s`, `1h02m`, `2d03h`.
pub fn duration(time: Duration) -> String {
    let (millis, seconds) = (time.as_millis(), time.as_secs());
    match seconds {
        0 if millis < 100 => format!("{millis}ms"),
        0..60 => format!("{seconds}.{}s", time.subsec_millis() / 100),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds / 60 % 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds / 3600 % 24),
    }
}

/// A moment of a run: `+20.1s`.
pub fn moment(at: RunClock) -> String {
    format!("+{}", duration(at.elapsed()))
}

/// A size: `512 B`, `1.2 MiB`.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    if count < 1024 {
        return format!("{count} B");
    }
    let mut tenths = u128::from(count) * 10 / 1024;
    let mut unit = 0;
    while tenths >= 10_240 && unit + 1 < UNITS.len() {
        tenths /= 1024;
        unit += 1;
    }
    format!("{}.{} {}", tenths / 10, tenths % 10, UNITS[unit])
}

/// A number with its thousands set apart: `12,000`.
pub fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 host`, `300 hosts`.
pub fn hosts(count: u64) -> String {
    format!("{} host{}", number(count), if count == 1 { "" } else { "s" })
}

/// The time of day of a wall clock in milliseconds since 1970: `14:02:11Z`.
pub fn time_of_day(ms: u64) -> String {
    timestamp(ms).strftime("%H:%M:%SZ").to_string()
}

/// Date and time of a wall clock in milliseconds since 1970: `2026-07-22 14:02:11Z`.
pub fn date_time(ms: u64) -> String {
    timestamp(ms).strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Date and time of a wall clock to the minute: `2026-07-22 14:02Z`.
pub fn minute(ms: u64) -> String {
    timestamp(ms).strftime("%Y-%m-%d %H:%MZ").to_string()
}

/// How long ago a wall-clock moment was, behind it: ` (3m04s ago)`. Empty where another machine's clock is ahead.
pub(crate) fn age(then_ms: u64, now_ms: u64) -> String {
    let age = now_ms.checked_sub(then_ms).map(|ms| format!(" ({} ago)", duration(Duration::from_millis(ms))));
    age.unwrap_or_default()
}

fn timestamp(ms: u64) -> jiff::Timestamp {
    let ms = i64::try_from(ms).ok();
    ms.and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok()).unwrap_or(jiff::Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_the_digits_that_matter() {
        let texts = [0, 31, 99, 100, 430, 58_149, 59_999, 60_000, 184_000, 3_720_000, 97_200_000, 183_600_000];
        let texts = texts.map(|ms| duration(Duration::from_millis(ms)));
        let right = "0ms 31ms 99ms 0.1s 0.4s 58.1s 59.9s 1m00s 3m04s 1h02m 1d03h 2d03h";
        assert_eq!(texts.join(" "), right);
        assert_eq!(moment(RunClock::from_millis(20_100)), "+20.1s");
    }

    #[test]
    fn sizes_and_numbers() {
        let sizes = [0, 1023, 1024, 1_300_000, 64 << 20, u64::MAX].map(bytes);
        assert_eq!(sizes, ["0 B", "1023 B", "1.0 KiB", "1.2 MiB", "64.0 MiB", "16383.9 PiB"]);
        assert_eq!([7, 1000, 1_234_567].map(number), ["7", "1,000", "1,234,567"]);
        assert_eq!([1, 300].map(hosts), ["1 host", "300 hosts"]);
    }

    #[test]
    fn times_are_utc_and_never_panic() {
        assert_eq!(date_time(1_784_728_931_000), "2026-07-22 14:02:11Z");
        assert_eq!(time_of_day(1_784_728_931_000), "14:02:11Z");
        assert_eq!(time_of_day(u64::MAX).len(), 9);
    }
}
