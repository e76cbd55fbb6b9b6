//! What the host itself can say: who holds it, and what earlier runs did to it.

use crate::spool::{Spool, SpoolError};
use mcom_model::limits::{BODY_INLINE, REASON_BYTES};
use mcom_model::{HostAnswer, Inquiry, PastAttempt, Pong, Reason, ReasonKind};
use std::time::{SystemTime, UNIX_EPOCH};

/// Answers a question. The answer is short enough to travel with the outcome.
pub(super) fn answer(spool: &Spool, inquiry: Inquiry) -> Result<Vec<u8>, SpoolError> {
    let mut answer = HostAnswer::default();
    match inquiry {
        Inquiry::Who => answer.holder = spool.held_by()?,
        Inquiry::Ping => answer.pong = Some(pong()),
        Inquiry::Has { payload } => answer.past.extend(spool.brought_by(payload)?),
        Inquiry::History { last } => history(spool, last, &mut answer)?,
    }
    if let Some(holder) = &mut answer.holder {
        [Some(&mut holder.who), Some(&mut holder.what), holder.reason.as_mut()].into_iter().flatten().for_each(cut);
    }
    answer.past.iter_mut().for_each(cut_all);
    Ok(written(&answer))
}

fn pong() -> Pong {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Pong {
        clock_ms: u64::try_from(since.as_millis()).unwrap_or(u64::MAX),
        node: env!("CARGO_PKG_VERSION").to_owned(),
        arch: std::env::consts::ARCH.to_owned(),
    }
}

/// Why a host that has the payload already is skipped.
pub(super) fn already_ran(earlier: &PastAttempt) -> Reason {
    let run = earlier.attempt.split('.').next().unwrap_or_default();
    let when = utc(earlier.ended_ms.unwrap_or(earlier.began_ms));
    Reason::new(ReasonKind::AlreadyRan, format!("{run} by {}, {when}", earlier.who))
}

/// The newest attempts, as many as are wanted and fit.
fn history(spool: &Spool, last: u32, answer: &mut HostAnswer) -> Result<(), SpoolError> {
    let mut past = spool.past()?;
    while let Some(mut attempt) = past.next()? {
        cut_all(&mut attempt);
        answer.past.push(attempt);
        answer.more = true;
        let fits = answer.past.len() <= last as usize && written(answer).len() as u64 <= BODY_INLINE;
        if !fits {
            answer.past.pop();
            return Ok(());
        }
    }
    answer.more = false;
    Ok(())
}

/// Texts of the people who ran something may be of any length.
fn cut_all(attempt: &mut PastAttempt) {
    let texts = [Some(&mut attempt.who), Some(&mut attempt.what), attempt.reason.as_mut(), attempt.from.as_mut()];
    texts.into_iter().flatten().for_each(cut);
}

fn cut(text: &mut String) {
    if text.len() > REASON_BYTES {
        text.truncate(text.floor_char_boundary(REASON_BYTES));
        text.push('…');
    }
}

fn written(answer: &HostAnswer) -> Vec<u8> {
    serde_json::to_vec(answer).unwrap_or_default()
}

/// A moment for people, in universal time. The days are counted from March, so that the odd day of a leap year is the
/// last one.
fn utc(ms: u64) -> String {
    let seconds = ms / 1000;
    let (day, time) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let march = (5 * of_year + 2) / 153;
    let (day, month) = (of_year - (153 * march + 2) / 5 + 1, if march < 10 { march + 3 } else { march - 9 });
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02} UTC", time / 3600, time / 60 % 60, time % 60)
}

#[cfg(test)]
mod tests {
    use super::utc;

    #[test]
    fn moments_are_written_as_the_calendar_has_them() {
        for (seconds, text) in [
            (0, "1970-01-01 00:00:00 UTC"),
            (951_782_399, "2000-02-28 23:59:59 UTC"),
            (951_782_400, "2000-02-29 00:00:00 UTC"),
            (951_868_800, "2000-03-01 00:00:00 UTC"),
            (1_709_251_199, "2024-02-29 23:59:59 UTC"),
            (1_735_689_599, "2024-12-31 23:59:59 UTC"),
            (4_107_542_400, "2100-03-01 00:00:00 UTC"),
        ] {
            assert_eq!(utc(seconds * 1000), text);
        }
    }
}
