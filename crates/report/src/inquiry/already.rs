//! How many hosts have a payload already, and through whom.

use super::answers::{Answer, fit, run_of};
use crate::format;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Runs that are named.
const SHOWN: usize = 5;

/// `12 of 300 hosts have it: 10 by alice@bastion (run 8f3k, 2026-11-20 14:02Z), 2 by bob@bastion (run 9zzz, ...)`,
/// from what the hosts answered to [`mcom_model::Inquiry::Has`].
pub fn already_text(answers: &[Answer]) -> String {
    let mut runs: BTreeMap<(&str, &str), (u64, u64)> = BTreeMap::new();
    let (mut have, mut silent) = (0_u64, 0_u64);
    for (_, answer) in answers {
        match answer.as_ref().map(|answer| answer.past.first()) {
            Ok(Some(attempt)) => {
                have += 1;
                let at = attempt.ended_ms.unwrap_or(attempt.began_ms);
                let (count, last) = runs.entry((&attempt.who, run_of(&attempt.attempt))).or_insert((0, at));
                (*count, *last) = (*count + 1, at.max(*last));
            }
            Ok(None) => {}
            Err(_) => silent += 1,
        }
    }
    let mut runs: Vec<_> = runs.into_iter().collect();
    runs.sort_by_key(|&(_, (count, last))| (Reverse(count), Reverse(last)));
    let all = format::hosts(answers.len() as u64);
    let mut text = match have {
        0 => format!("none of {all} has it"),
        1 => format!("1 of {all} has it: "),
        _ => format!("{} of {all} have it: ", format::number(have)),
    };
    let named = runs.iter().take(SHOWN).map(|((who, run), (count, last))| {
        format!("{} by {} (run {}, {})", format::number(*count), fit(who), fit(run), format::minute(*last))
    });
    let mut named: Vec<String> = named.collect();
    if runs.len() > SHOWN {
        let others: u64 = runs[SHOWN..].iter().map(|(_, (count, _))| count).sum();
        named.push(format!("{} by {} other runs", format::number(others), runs.len() - SHOWN));
    }
    text += &named.join(", ");
    if silent > 0 {
        text += &format!("; {} could not be asked", format::hosts(silent));
    }
    text
}
