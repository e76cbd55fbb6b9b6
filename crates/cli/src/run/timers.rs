//! How long silences last: the built-in times, all of them shortened by one factor in tests.

use mcom_model::Timers;

/// The percentage of the built-in times; tests of lost links set it.
const PERCENT: &str = "MCOM_TIMER_PERCENT";

/// The times of this process's runs.
pub fn timers() -> Timers {
    at_percent(std::env::var(PERCENT).ok().as_deref())
}

fn at_percent(text: Option<&str>) -> Timers {
    match text.and_then(|text| text.parse().ok()) {
        Some(percent @ 1..) => Timers::default().at_percent(percent),
        _ => Timers::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_factor_for_all() {
        assert_eq!(at_percent(Some("10")), Timers::default().at_percent(10));
        for text in [None, Some(""), Some("0"), Some("-1"), Some("ten"), Some("100")] {
            assert_eq!(at_percent(text), Timers::default(), "{text:?}");
        }
    }
}
