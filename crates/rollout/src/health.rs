//! What is known of the health of a stage's hosts: answers in a row, and whether there was a healthy one yet.

use crate::answer::Answer;
use crate::event::Checked;
use mcom_model::{HostId, HostRanges};
use std::collections::BTreeMap;

/// Everybody who is asked at a stage.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Watched {
    /// Hosts of the stage, and controls.
    pub(crate) hosts: BTreeMap<HostId, Streak>,
    /// The command on the admin host.
    pub(crate) global: Streak,
}

/// The answers of one of those who are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Streak {
    /// Whether it was healthy once.
    pub(crate) was_healthy: bool,
    /// Sick answers in a row up to now.
    pub(crate) sick: u32,
    /// Its last answer.
    pub(crate) last: Option<Answer>,
}

/// What answers so far mean, given the grace that a service has to come up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Its last answer is good.
    Well,
    /// More answers are needed.
    Open,
    /// It cannot say.
    Inconclusive,
    /// It is bad.
    Bad,
}

impl Watched {
    /// Takes in a round.
    pub(crate) fn take(&mut self, round: &Checked) {
        let all = [
            (&round.healthy, Answer::Healthy),
            (&round.inconclusive, Answer::Inconclusive),
            (&round.sick, Answer::Sick),
        ];
        for (hosts, answer) in all {
            hosts.iter().for_each(|host| self.hosts.entry(host).or_default().take(answer));
        }
        if let Some(answer) = round.global {
            self.global.take(answer);
        }
    }

    /// Forgets these: they are asked from the beginning.
    pub(crate) fn forget(&mut self, hosts: &HostRanges) {
        hosts.iter().for_each(|host| {
            self.hosts.remove(&host);
        });
    }

    pub(crate) fn of(&self, host: HostId) -> Streak {
        self.hosts.get(&host).copied().unwrap_or_default()
    }
}

impl Streak {
    fn take(&mut self, answer: Answer) {
        self.last = Some(answer);
        match answer {
            Answer::Healthy => (self.was_healthy, self.sick) = (true, 0),
            Answer::Sick => self.sick = self.sick.saturating_add(1),
            // It says nothing about those before it.
            Answer::Inconclusive => {}
        }
    }

    /// What the answers mean. `in_grace` says that the first healthy answer is not due yet, `fails` how many sick ones in
    /// a row are too many.
    pub(crate) fn verdict(self, in_grace: bool, fails: u32) -> Verdict {
        match self.last {
            Some(Answer::Healthy) => Verdict::Well,
            None => Verdict::Open,
            Some(_) if !self.was_healthy && in_grace => Verdict::Open,
            Some(Answer::Inconclusive) => Verdict::Inconclusive,
            Some(Answer::Sick) if !self.was_healthy || self.sick >= fails => Verdict::Bad,
            Some(Answer::Sick) => Verdict::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Answer::{Healthy, Inconclusive, Sick};

    fn verdict(answers: &[Answer], in_grace: bool) -> Verdict {
        let mut streak = Streak::default();
        answers.iter().for_each(|&answer| streak.take(answer));
        streak.verdict(in_grace, 2)
    }

    #[test]
    fn what_answers_in_a_row_mean() {
        for (answers, in_grace, means) in [
            (&[][..], true, Verdict::Open),
            (&[], false, Verdict::Open),
            (&[Healthy], true, Verdict::Well),
            (&[Sick, Sick, Sick], true, Verdict::Open),
            (&[Sick], false, Verdict::Bad),
            (&[Sick, Healthy], false, Verdict::Well),
            (&[Healthy, Sick], true, Verdict::Open),
            (&[Healthy, Sick, Sick], true, Verdict::Bad),
            (&[Healthy, Sick, Healthy, Sick], false, Verdict::Open),
            (&[Healthy, Sick, Inconclusive, Sick], false, Verdict::Bad),
            (&[Inconclusive], true, Verdict::Open),
            (&[Inconclusive], false, Verdict::Inconclusive),
            (&[Healthy, Inconclusive], true, Verdict::Inconclusive),
        ] {
            assert_eq!(verdict(answers, in_grace), means, "{answers:?} in grace: {in_grace}");
        }
    }
}
