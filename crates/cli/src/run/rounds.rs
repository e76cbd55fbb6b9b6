//! One run in one round, or in several: hosts that could not be reached are tried again while somebody waits for them.

use crate::run::identity::{now_ms, who};
use crate::run::sink::LedgerSink;
use bytes::Bytes;
use mcom_driver::authority::OperatorAuthority;
use mcom_driver::link::Connector;
use mcom_driver::run::{Authority, Control, Order, Start, coordinate};
use mcom_ledger::{RunHead, StoredRun};
use mcom_model::{EndedBy, HostId, Outcome, OutcomeKind, ReasonKind, RecordedRun, RunClock};
use mcom_report::RunView;
use mcom_wire::Secret;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

/// The first pause between two rounds; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(10);

/// The longest pause between two rounds.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long hosts that cannot be reached are tried again; none: not at all.
pub(super) type Patience = Option<Duration>;

/// What stays the same from round to round.
pub(super) struct Work<'a> {
    pub(super) connector: Arc<Connector>,
    pub(super) authority: Option<OperatorAuthority>,
    pub(super) password: Option<Secret>,
    pub(super) head: &'a RunHead,
    pub(super) blobs: Vec<Bytes>,
    pub(super) patience: Patience,
}

/// Carries a run out, and on, until there is nothing left to try or the patience is over.
pub(super) async fn rounds(mut work: Work<'_>, start: Start, sink: &mut LedgerSink, control: &mut Receiver<Control>) {
    let until = work.patience.map(|patience| Instant::now() + patience);
    // Who waits with a run that was cancelled before waits for hosts that are to hear of it.
    let cancelled = matches!(&start, Start::Resumed { recorded, .. } if recorded.cancelled);
    let (mut start, mut pause) = (start, FIRST_PAUSE);
    loop {
        let (plan, spec, blobs) = (&work.head.plan, work.head.spec.clone(), work.blobs.clone());
        let order = Order { plan, spec, start, blobs, password: work.password.clone() };
        let authority = work.authority.as_mut().map(|authority| authority as &mut dyn Authority);
        coordinate(Arc::clone(&work.connector), order, authority, sink, control).await;
        let left = until.map(|until| until.saturating_duration_since(Instant::now())).unwrap_or_default();
        let Some(recorded) = again(sink, cancelled).filter(|_| !left.is_zero()) else { return };
        let time = pause.min(left);
        let count = recorded.hosts.iter().filter(|host| host.outcome.is_none()).count();
        let plural = if count == 1 { "" } else { "s" };
        sink.notice(format!("{count} host{plural} could not be reached: again in {} s", time.as_secs()));
        if stopped(control, time).await {
            return;
        }
        start = Start::Resumed { recorded: recorded_now(recorded, work.head), who: who(), ms: now_ms() };
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// The run with those withdrawn that could not be reached; none where there is nothing to try. `cancelled` says that
/// the run was so before this process had it.
fn again(sink: &LedgerSink, cancelled: bool) -> Option<RecordedRun> {
    sink.run().ended()?;
    let mut recorded = sink.reader().recorded().ok().flatten()?;
    let halted = recorded.halted.is_some() && !cancelled;
    let stopped = halted || recorded.cancelled != cancelled || sink.is_interrupted();
    let out_of_reach = out_of_reach(sink.run());
    let open = withdraw_where(&mut recorded, |host| out_of_reach.contains(&host));
    (open && !stopped).then_some(recorded)
}

/// The hosts of which nobody could be asked how they ended. The others have said it, be it that nobody can know.
fn out_of_reach(run: &RunView) -> BTreeSet<HostId> {
    let is = |outcome: &Outcome| match outcome {
        Outcome::Unreachable { .. } => true,
        Outcome::Unknown { reason } => matches!(reason.kind, ReasonKind::LostWhileRunning | ReasonKind::CancelPending),
        _ => false,
    };
    run.hosts().filter(|(_, host)| host.outcome.as_ref().is_some_and(is)).map(|(id, _)| id).collect()
}

/// Takes back the outcomes that say that a host could not be asked, and that it did not run because the operator went
/// away from the run before its end. Whether any host is without an outcome now.
pub(super) fn withdraw(recorded: &mut RecordedRun) -> bool {
    withdraw_where(recorded, |_| true)
}

/// The same, of these hosts alone.
fn withdraw_where(recorded: &mut RecordedRun, is: impl Fn(HostId) -> bool) -> bool {
    let interrupted = matches!(recorded.halted, Some((EndedBy::Interrupt, _)));
    let detached = interrupted && !recorded.ended && !recorded.cancelled;
    for (id, host) in (0..).map(HostId).zip(&mut recorded.hosts) {
        // What was cancelled is not tried anew; what may run there still has to hear of it.
        let again = match host.outcome {
            Some(OutcomeKind::Unknown) => true,
            Some(OutcomeKind::Unreachable) => !recorded.cancelled,
            Some(OutcomeKind::NotRun) => detached,
            _ => false,
        };
        if again && is(id) {
            (host.outcome, host.printed) = (None, None);
        }
    }
    recorded.hosts.iter().any(|host| host.outcome.is_none())
}

/// The run's clock goes on from its last event, or from the wall clock where that is later.
pub(super) fn recorded_now(recorded: RecordedRun, head: &RunHead) -> RecordedRun {
    let now = RunClock::from_millis(now_ms().saturating_sub(head.started_ms));
    RecordedRun { at: recorded.at.max(now), ..recorded }
}

/// The blobs of a run's payload, which lie beside its record.
pub fn blobs_of(run: &StoredRun, head: &RunHead) -> std::io::Result<Vec<Bytes>> {
    head.spec.payload.blobs().map(|blob| run.blob(&blob).map(Bytes::from)).collect()
}

/// Waits; whether the operator has said a word.
async fn stopped(control: &mut Receiver<Control>, time: Duration) -> bool {
    tokio::select! {
        word = control.recv() => word.is_some(),
        () = tokio::time::sleep(time) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::{Reason, ReasonKind, RecordedHost};
    use std::collections::BTreeSet;

    fn recorded(outcomes: &[Option<OutcomeKind>], cancelled: bool) -> RecordedRun {
        let host = |&outcome| RecordedHost { outcome, begun: true, ..RecordedHost::default() };
        let hosts = outcomes.iter().map(host).collect();
        let (at, bodies) = (RunClock::from_millis(7), BTreeSet::new());
        RecordedRun { at, hosts, bodies, cancelled, halted: None, ended: true }
    }

    #[test]
    fn what_could_not_be_asked_is_taken_back_and_nothing_else() {
        use OutcomeKind::*;
        let all: Vec<_> = OutcomeKind::ALL.into_iter().map(Some).collect();
        let open = |cancelled| {
            let mut recorded = recorded(&all, cancelled);
            assert!(withdraw(&mut recorded));
            let open = recorded.hosts.iter().zip(OutcomeKind::ALL).filter(|(host, _)| host.outcome.is_none());
            open.map(|(_, kind)| kind).collect::<Vec<_>>()
        };
        assert_eq!(open(false), [Unreachable, Unknown]);
        assert_eq!(open(true), [Unknown]);
        assert!(!withdraw(&mut recorded(&[Some(Ok), Some(NotRun)], false)));
        let halted = |by, ended| {
            let halted = Some((by, Reason::new(ReasonKind::Halted, "stopped")));
            withdraw(&mut RecordedRun { halted, ended, ..recorded(&[Some(Ok), Some(NotRun)], false) })
        };
        assert!(halted(EndedBy::Interrupt, false), "the operator has left, and carries it on now");
        assert!(!halted(EndedBy::Interrupt, true), "the operator has waited for the end");
        assert!(!halted(EndedBy::MaxFail, false), "a limit still holds");
        assert!(withdraw(&mut recorded(&[Some(Ok), None], false)));
    }

    #[test]
    fn a_further_round_takes_back_what_it_is_for() {
        use OutcomeKind::{Unknown, Unreachable};
        let mut run = recorded(&[Some(Unknown), Some(Unreachable), Some(Unknown)], false);
        assert!(withdraw_where(&mut run, |id| id.0 != 0));
        let outcomes: Vec<_> = run.hosts.iter().map(|host| host.outcome).collect();
        assert_eq!(outcomes, [Some(Unknown), None, None]);
        assert!(!withdraw_where(&mut recorded(&[Some(Unknown)], false), |_| false));
    }
}
