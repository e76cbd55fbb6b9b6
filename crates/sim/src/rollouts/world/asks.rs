//! Rounds of questions about health: who answers what, and when the answers are there.

use super::Life;
use mcom_model::{HostId, HostRanges};
use mcom_rollout::{Answer, Answered, HostAnswer, Input};

/// A round that is out.
pub(crate) struct Asks {
    pub(crate) answers_ms: u64,
    hosts: HostRanges,
}

impl Life {
    pub(super) fn ask(&mut self, hosts: HostRanges) {
        let answers_ms = self.ground.now_ms + self.rng.pick(&[100, 1_000, 1_000, 15_000]);
        if let Some(process) = &mut self.process {
            process.asks = Some(Asks { answers_ms, hosts });
        }
    }

    /// Whether the answers of a round are there now; hands them over.
    pub(super) fn answers_come(&mut self) -> bool {
        let now_ms = self.ground.now_ms;
        let due = self.process.as_mut().and_then(|process| process.asks.take_if(|asks| asks.answers_ms <= now_ms));
        let Some(asks) = due else { return false };
        let input = if self.has_key() {
            Input::Checked(self.answers(&asks.hosts))
        } else {
            self.stats.count("fault: nobody could be asked");
            Input::CheckImpossible { why: "no key".to_owned() }
        };
        self.input(input);
        true
    }

    fn answers(&self, hosts: &HostRanges) -> Answered {
        let asks_command = self.scenario.spec.health.as_ref().is_some_and(|health| health.command.is_some());
        let global = asks_command.then(|| {
            let since_ms = Some(self.scenario.spec.started_ms);
            let answer = if self.ground.quiet {
                Answer::Healthy
            } else {
                self.scenario.global.says(self.ground.now_ms, since_ms)
            };
            (answer, in_words(answer))
        });
        Answered { hosts: hosts.iter().map(|host| self.answer(host)).collect(), global }
    }

    fn answer(&self, host: HostId) -> HostAnswer {
        let answer = self.ground.says(host);
        let boot = (!self.ground.is_down(host)).then(|| self.ground.boot(host));
        HostAnswer { host, answer, boot, said: in_words(answer) }
    }
}

fn in_words(answer: Answer) -> String {
    match answer {
        Answer::Healthy => String::new(),
        Answer::Inconclusive => "too early to say".to_owned(),
        Answer::Sick => "503".to_owned(),
    }
}
