//! One round of questions about health: a script on the hosts, a command here, side by side.

use crate::config::Settings;
use crate::error::{CliError, plain};
use crate::inquire::{Finding, Probe, probe};
use crate::rollout::global::ask_here;
use crate::rollout::runs::blobs_of;
use crate::run::Operator;
use bytes::Bytes;
use mcom_driver::run::Control;
use mcom_fleet::planner;
use mcom_ledger::{RolloutHead, StoredRollout};
use mcom_model::{BlobRef, Exit, HostId, HostRanges, Outcome, OutcomeKind, Payload, PayloadKind, ReasonKind};
use mcom_rollout::{Answer, Answered, HealthSpec, HostAnswer, RolloutSpec};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The longest time that one check may take, and the shortest that it is given.
const TIMES_MS: (u64, u64) = (60_000, 5_000);

/// What a boot id is asked with, where there is nothing else to run.
const NOTHING: &str = ":";

/// A round of questions.
pub(super) struct Round<'a> {
    pub(super) head: &'a RolloutHead,
    pub(super) rollout: &'a StoredRollout,
    pub(super) hosts: HostRanges,
    /// The stage that is watched.
    pub(super) stage: u32,
    pub(super) settings: &'a Settings,
}

/// Ends a round of questions early.
pub(super) struct Stop {
    hosts: Sender<Control>,
    here: Rc<Notify>,
}

impl Stop {
    /// It is not wanted any more.
    pub(super) fn stop(&self) {
        // It may have ended by itself.
        let _ = self.hosts.try_send(Control::Leave);
        self.here.notify_one();
    }
}

/// Where a round hears that it is not wanted any more.
pub(super) struct Stopped {
    hosts: Receiver<Control>,
    here: Rc<Notify>,
}

/// Both ends.
pub(super) fn stop() -> (Stop, Stopped) {
    let (sender, hosts) = channel(1);
    let here = Rc::new(Notify::new());
    let stop = Stop { hosts: sender, here: Rc::clone(&here) };
    (stop, Stopped { hosts, here })
}

/// Asks all of them. An error says why nobody could be asked.
pub(super) async fn ask_round(
    round: Round<'_>,
    operator: &RefCell<Operator>,
    stopped: Stopped,
) -> Result<Answered, String> {
    let spec = &round.head.spec;
    let health = spec.health.as_ref();
    let env = env(spec, round.stage);
    let time_ms = time_ms(health);
    let global = async {
        let command = health.and_then(|health| health.command.as_deref())?;
        tokio::select! {
            said = ask_here(command, &env, Duration::from_millis(time_ms)) => Some(said),
            () = stopped.here.notified() => None,
        }
    };
    let (hosts, global) = tokio::join!(ask_hosts(&round, &env, time_ms, operator, stopped.hosts), global);
    Ok(Answered { hosts: hosts?, global })
}

/// Milliseconds that each check may take.
fn time_ms(health: Option<&HealthSpec>) -> u64 {
    let (most, least) = TIMES_MS;
    health.map_or(least, |health| health.within_ms).clamp(least, most)
}

/// What checks see of the rollout.
fn env(spec: &RolloutSpec, stage: u32) -> Vec<(String, String)> {
    let stage = spec.stages.get(stage as usize).map(|stage| stage.name.clone()).unwrap_or_default();
    vec![("MCOM_ROLLOUT".to_owned(), spec.name.clone()), ("MCOM_STAGE".to_owned(), stage)]
}

async fn ask_hosts(
    round: &Round<'_>,
    env: &[(String, String)],
    timeout_ms: u64,
    operator: &RefCell<Operator>,
    control: Receiver<Control>,
) -> Result<Vec<HostAnswer>, String> {
    if round.hosts.is_empty() {
        return Ok(Vec::new());
    }
    let spec = &round.head.spec;
    let hosts: BTreeSet<HostId> = round.hosts.iter().collect();
    let plan = planner::part(&spec.plan, &hosts);
    let (payload, blobs) = payload(round, env)
        .map_err(|error| format!("the health script cannot be read from the rollout's record: {}", plain(&error)))?;
    let links = &round.head.ssh;
    let asked = Probe { plan: &plan, payload, blobs, links, timeout_ms, settings: round.settings };
    let findings = probe(asked, operator, control).await.map_err(|error: CliError| in_one_line(&error))?;
    if let Some(why) = nobody_let_in(&findings) {
        return Err(why);
    }
    Ok(hosts.into_iter().zip(findings).map(|(host, finding)| answer(host, finding)).collect())
}

/// What runs on the hosts: the script, or nothing where only boot ids are wanted.
fn payload(round: &Round<'_>, env: &[(String, String)]) -> io::Result<(Payload, Vec<Bytes>)> {
    let script = round.head.spec.health.as_ref().and_then(|health| health.payload.clone());
    if let Some(mut script) = script {
        let blobs = blobs_of(round.rollout, &script)?;
        script.env.extend_from_slice(env);
        return Ok((script, blobs));
    }
    let text = Bytes::from_static(NOTHING.as_bytes());
    let payload = Payload::plain(PayloadKind::Command, NOTHING, BlobRef::of(&text));
    Ok((payload, vec![text]))
}

fn answer(host: HostId, finding: Finding) -> HostAnswer {
    let Finding { outcome, exit, said, boot } = finding;
    let answer = match (outcome.kind(), exit) {
        (OutcomeKind::Ok, _) => Answer::Healthy,
        (OutcomeKind::Failed, Some(Exit::Code(code))) => Answer::of_code(code),
        _ => Answer::Sick,
    };
    HostAnswer { host, answer, boot, said }
}

/// Why no host could be asked, where it is the operator's key or agent that is gone.
fn nobody_let_in(findings: &[Finding]) -> Option<String> {
    let of_credentials = |finding: &Finding| {
        let reason = finding.outcome.reason()?;
        let is_one = matches!(reason.kind, ReasonKind::AuthRefused | ReasonKind::AgentRefused);
        (is_one && matches!(finding.outcome, Outcome::Unreachable { .. })).then(|| reason.to_string())
    };
    let all: Option<Vec<String>> = findings.iter().map(of_credentials).collect();
    all?.into_iter().next().map(|why| format!("no host lets this operator in: {why}"))
}

/// An error in words that fit into a sentence; what to type stands behind it.
pub(super) fn in_one_line(error: &CliError) -> String {
    let hints = error.hints.iter().map(|hint| format!("; {hint}")).collect::<String>();
    (error.message.clone() + &hints).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::Reason;

    fn finding(outcome: Outcome, exit: Option<Exit>) -> Finding {
        Finding { outcome, exit, said: "said".to_owned(), boot: None }
    }

    fn unreachable(kind: ReasonKind) -> Finding {
        finding(Outcome::Unreachable { reason: Reason::new(kind, "why") }, None)
    }

    #[test]
    fn an_end_is_an_answer() {
        let of = |outcome, exit| answer(HostId(0), finding(outcome, exit)).answer;
        let failed = |code| of(Outcome::Failed { exit: Exit::Code(code) }, Some(Exit::Code(code)));
        assert_eq!(of(Outcome::Ok, Some(Exit::Code(0))), Answer::Healthy);
        assert_eq!((failed(75), failed(1)), (Answer::Inconclusive, Answer::Sick));
        assert_eq!(of(Outcome::Failed { exit: Exit::Signal(9) }, Some(Exit::Signal(9))), Answer::Sick);
        assert_eq!(of(Outcome::TimedOut, Some(Exit::Code(75))), Answer::Sick);
        assert_eq!(answer(HostId(0), unreachable(ReasonKind::NoRoute)).answer, Answer::Sick);
    }

    #[test]
    fn keys_that_are_gone_say_nothing_about_hosts() {
        let gone = || unreachable(ReasonKind::AgentRefused);
        assert!(nobody_let_in(&[gone(), gone()]).is_some_and(|why| why.ends_with("why")));
        assert_eq!(nobody_let_in(&[gone(), unreachable(ReasonKind::NoRoute)]), None);
        assert_eq!(nobody_let_in(&[]), None);
    }

    #[test]
    fn a_check_has_its_time() {
        let of = |within_ms| {
            let (payload, command) = (None, None);
            time_ms(Some(&HealthSpec { payload, command, every_ms: 1, within_ms, fails: 1 }))
        };
        assert_eq!([of(1), of(30_000), of(900_000), time_ms(None)], [5_000, 30_000, 60_000, 5_000]);
    }
}
