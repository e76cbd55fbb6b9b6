//! How a window is typed: `[DAY[-DAY]] HH:MM-HH:MM`, several of them with commas between, and the time zone.

use crate::window::WindowError;
use crate::window::span::{DAY_MINUTES, Span};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use mcom_fleet::document::nearest;

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const EXAMPLE: &str = "Mon-Thu 09:00-16:00 Europe/Amsterdam";

/// Reads a window: its spans and its zone.
pub(super) fn window(text: &str, zones: &TimeZoneDatabase) -> Result<(Vec<Span>, TimeZone), WindowError> {
    let mut parts: Vec<Vec<&str>> = text.split(',').map(|part| part.split_whitespace().collect()).collect();
    let mut zone = None;
    if let Some(last) = parts.last_mut() {
        zone = last.pop_if(|word| !is_times(word) && days(word).is_err());
    }
    let spans = parts.iter().map(|words| span(text, words)).collect::<Result<Vec<_>, _>>()?;
    match zone {
        Some(zone) => Ok((spans, self::zone(zone, zones)?)),
        None => {
            Err(refused(format!("the window `{text}` has no time zone: add UTC or a name such as Europe/Amsterdam")))
        }
    }
}

fn span(text: &str, words: &[&str]) -> Result<Span, WindowError> {
    let (days, times) = match *words {
        [times] if is_times(times) => ([true; 7], times),
        [days, times] if is_times(times) => (self::days(days)?, times),
        _ => return Err(refused(format!("`{text}` is not a window: write it as {EXAMPLE}"))),
    };
    let (from, to) = self::times(times)?;
    Ok(Span { days, from, to })
}

/// Whether a word is meant as times: no weekday and no zone begins with a digit.
fn is_times(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

fn days(word: &str) -> Result<[bool; 7], WindowError> {
    let (first, last) = word.split_once('-').unwrap_or((word, word));
    let (first, last) = (day(first)?, day(last)?);
    let mut days = [false; 7];
    let mut day = first;
    while day != last {
        days[day] = true;
        day = (day + 1) % 7;
    }
    days[last] = true;
    Ok(days)
}

fn day(word: &str) -> Result<usize, WindowError> {
    let known = DAYS.iter().position(|day| day.eq_ignore_ascii_case(word));
    known.ok_or_else(|| refused(format!("`{word}` is not a day of the week: write {}", DAYS.join(", "))))
}

fn times(word: &str) -> Result<(u16, u16), WindowError> {
    let wrong = || refused(format!("`{word}` is not a time of day: write it as 09:00-16:00"));
    let (from, to) = word.split_once('-').ok_or_else(wrong)?;
    let from = minute(from).filter(|&from| from < DAY_MINUTES).ok_or_else(wrong)?;
    let to = minute(to).ok_or_else(wrong)?;
    if from == to {
        return Err(refused(format!("`{word}` is no time at all: for the whole day write 00:00-24:00")));
    }
    Ok((from, to))
}

/// `HH:MM` as a minute of the day, from 00:00 to 24:00.
fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let two = |digits: &str| {
        let fits = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u16>().ok().filter(|_| fits)
    };
    let (hours, minutes) = (two(hours)?, two(minutes).filter(|&minutes| minutes < 60)?);
    Some(hours * 60 + minutes).filter(|&minute| minute <= DAY_MINUTES)
}

fn zone(name: &str, zones: &TimeZoneDatabase) -> Result<TimeZone, WindowError> {
    if let Ok(zone) = zones.get(name) {
        return Ok(zone);
    }
    let known: Vec<String> = zones.available().map(|zone| zone.as_str().to_owned()).collect();
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    // A city alone is the commonest thing that is typed.
    let is_city = |zone: &&&str| zone.rsplit_once('/').is_some_and(|(_, city)| city.eq_ignore_ascii_case(name));
    let advice = match known.iter().find(is_city).copied().or_else(|| nearest(name, &known)) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write UTC or a name such as Europe/Amsterdam".to_owned(),
    };
    Err(refused(format!("there is no time zone `{name}`: {advice}")))
}

fn refused(message: String) -> WindowError {
    WindowError(message)
}
