//! Health in words: one round of questions, who is sick, and what they said.

use crate::format;
use crate::names::{Names, fit};
use crate::style::{Line, Tone};
use mcom_model::HostId;
use mcom_rollout::{Answer, Checked};

/// Hosts that are named with what they said; the record has all of them.
const SAID: usize = 6;

pub(super) const fn answer_word(answer: Answer) -> &'static str {
    match answer {
        Answer::Healthy => "healthy",
        Answer::Inconclusive => "inconclusive",
        Answer::Sick => "SICK",
    }
}

const fn answer_tone(answer: Answer) -> Tone {
    match answer {
        Answer::Healthy => Tone::Good,
        Answer::Inconclusive => Tone::Doubtful,
        Answer::Sick => Tone::Bad,
    }
}

/// `36 healthy, 1 SICK, here healthy`.
pub(super) fn round_line(round: &Checked) -> Line {
    let counts = [
        (Answer::Healthy, round.healthy.len()),
        (Answer::Inconclusive, round.inconclusive.len()),
        (Answer::Sick, round.sick.len()),
    ];
    let mut line = Line::new();
    let mut part = |tone, text: String| {
        if line.width() > 0 {
            line.push(Tone::Plain, ", ");
        }
        line.push(tone, text);
    };
    for (answer, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        part(answer_tone(answer), format!("{} {}", format::number(count as u64), answer_word(answer)));
    }
    if let Some(answer) = round.global {
        part(answer_tone(answer), format!("here {}", answer_word(answer)));
    }
    if line.width() == 0 { Line::new().add(Tone::Doubtful, "nobody was asked") } else { line }
}

/// What the one who was asked said, where it is kept: the command here has no host.
pub(super) fn said_by(round: &Checked, host: Option<HostId>) -> Option<String> {
    let said = round.said.iter().find(|(of, said)| *of == host && !said.is_empty());
    said.map(|(_, said)| fit(said))
}

/// Those of whom `is` holds who were not healthy in this round, by what they said: `web3-ams1: connection refused`. Who
/// said nothing stands with those who said nothing.
pub(super) fn sick_lines(names: &Names, round: &Checked, is: impl Fn(HostId) -> bool) -> Vec<Line> {
    let mut lines = Vec::new();
    for (answer, hosts) in [(Answer::Sick, &round.sick), (Answer::Inconclusive, &round.inconclusive)] {
        for (said, hosts) in by_said(round, hosts.iter().filter(|host| is(*host))) {
            let mut line = Line::new().add(answer_tone(answer), answer_word(answer));
            line.push_apart(Tone::Strong, names.describe(&hosts));
            if let Some(said) = said {
                line.push(Tone::Plain, format!(": {said}"));
            }
            lines.push(line);
        }
    }
    if let (Some(answer), said) = (round.global.filter(|answer| *answer != Answer::Healthy), said_by(round, None)) {
        let mut line = Line::new().add(answer_tone(answer), answer_word(answer)).add(Tone::Plain, "  the command here");
        if let Some(said) = said {
            line.push(Tone::Plain, format!(": {said}"));
        }
        lines.insert(0, line);
    }
    if lines.len() > SAID {
        let more = lines.len() - SAID + 1;
        lines.truncate(SAID - 1);
        lines.push(Line::new().add(Tone::Faint, format!("… and others, who said {more} other things")));
    }
    lines
}

/// Hosts by what they said, in the order in which it was first said.
pub(super) fn by_said(round: &Checked, hosts: impl Iterator<Item = HostId>) -> Vec<(Option<String>, Vec<HostId>)> {
    let mut groups: Vec<(Option<String>, Vec<HostId>)> = Vec::new();
    for host in hosts {
        let said = said_by(round, Some(host));
        match groups.iter_mut().find(|(of, _)| *of == said) {
            Some((_, hosts)) => hosts.push(host),
            None => groups.push((said, vec![host])),
        }
    }
    groups
}
