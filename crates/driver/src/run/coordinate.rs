//! The coordinator's loop.

use crate::link::Connector;
use crate::run::authority::{Authority, Granter};
use crate::run::control::Control;
use crate::run::files::make_room;
use crate::run::links::Links;
use crate::run::sink::{Keeper, RunSink};
use crate::run::trace::Tracer;
use bytes::Bytes;
use mcom_engine::trace::{Begin, Head, VERSION};
use mcom_engine::tree::{Effect, Input, TreeRun};
use mcom_model::{Plan, RecordedRun, RunClock, RunSpec, RunStart};
use mcom_wire::Secret;
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::Receiver;

/// A run to carry out.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// Who and through whom.
    pub plan: &'a Plan,
    /// What each node is told.
    pub spec: RunSpec,
    /// Where it begins.
    pub start: Start,
    /// The bytes of [`mcom_model::Payload::blobs`], in that order.
    pub blobs: Vec<Bytes>,
    /// The password for sudo, sent to every host that this process links itself.
    pub password: Option<Secret>,
}

/// Where carrying a run out begins.
#[derive(Clone, Debug)]
pub enum Start {
    /// With the first event of its record.
    New(RunStart),
    /// Behind what another coordinator recorded.
    Resumed {
        /// What it recorded. The run's clock goes on from its moment.
        recorded: RecordedRun,
        /// Who carries it on, as `user@host`.
        who: String,
        /// The wall-clock moment, in milliseconds since 1970, UTC.
        ms: u64,
    },
}

/// Carries a run out over links of any kind, until every host has its outcome or the operator leaves. `authority` grants
/// parents what they need to log in on their children; without one they get nothing.
pub async fn coordinate(
    connector: Arc<Connector>,
    order: Order<'_>,
    authority: Option<&mut (dyn Authority + 'static)>,
    sink: &mut dyn RunSink,
    control: &mut Receiver<Control>,
) {
    make_room(order.plan.hosts.len());
    let mut links = Links::new(Some(connector));
    links.set_blobs(order.blobs.clone());
    links.set_password(order.password.clone());
    let tracer = Tracer::of_environment(|| head(&order));
    let (from, mut engine) = match order.start {
        Start::New(start) => (RunClock::ZERO, TreeRun::coordinator(order.plan, order.spec, start)),
        Start::Resumed { recorded, who, ms } => {
            (recorded.at, TreeRun::resume(order.plan, order.spec, &recorded, who, ms))
        }
    };
    let clock = Clock { from, began: Instant::now() };
    let granter = Granter::new(authority);
    engine.hand_out(granter.handout());
    let keeper = Keeper::new(sink);
    let control = Some(control);
    let mut coordinator =
        Coordinator { engine, links, granter, keeper, control, clock, tracer, inputs: VecDeque::new() };
    coordinator.run().await;
    coordinator.links.close_all().await;
}

/// What the trace of this run begins with.
fn head(order: &Order<'_>) -> Head {
    let begin = match order.start.clone() {
        Start::New(start) => Begin::Start(start),
        Start::Resumed { recorded, who, ms } => Begin::Resume { recorded: Box::new(recorded), who, ms },
    };
    Head { trace: VERSION, plan: order.plan.clone(), spec: order.spec.clone(), begin }
}

struct Coordinator<'a> {
    engine: TreeRun,
    links: Links,
    granter: Granter<'a>,
    keeper: Keeper<'a>,
    /// None once nobody can say a word.
    control: Option<&'a mut Receiver<Control>>,
    clock: Clock,
    tracer: Option<Tracer>,
    inputs: VecDeque<Input>,
}

/// The time of a run, which began here at some moment of it.
#[derive(Clone, Copy)]
struct Clock {
    from: RunClock,
    began: Instant,
}

impl Clock {
    fn now(self) -> RunClock {
        self.from.after(self.began.elapsed())
    }

    /// When the run's clock shows this.
    fn instant(self, at: RunClock) -> Instant {
        self.began + at.since(self.from)
    }
}

impl Coordinator<'_> {
    async fn run(&mut self) {
        loop {
            self.perform_all();
            let tick = self.keeper.tick(self.now(), &mut self.inputs);
            if self.engine.is_over() {
                return;
            }
            if !self.inputs.is_empty() {
                continue;
            }
            let Some(input) = self.next(tick).await else { return };
            self.inputs.extend(input);
        }
    }

    /// Hands over what happened, and does what the engine wants done about it.
    fn perform_all(&mut self) {
        loop {
            // What came of an effect is told before the next is taken: behind a record that could not be written, the
            // engine takes back what must not be sent.
            while let Some(input) = self.inputs.pop_front() {
                let now = self.now();
                if let Some(tracer) = &mut self.tracer {
                    tracer.told(now, &input);
                }
                self.engine.handle(now, input);
            }
            let Some(effect) = self.engine.poll_effect() else { return };
            if let Some(tracer) = &mut self.tracer {
                tracer.took();
            }
            let other = self.links.perform(effect);
            match other.and_then(|other| self.granter.perform(other, &mut self.inputs)) {
                None | Some(Effect::Leave) => {}
                Some(other) => self.keeper.perform(other, &mut self.inputs),
            }
        }
    }

    /// Waits for the next thing to happen; an inner none is the sink's turn, an outer one that the operator leaves.
    async fn next(&mut self, tick: Option<Duration>) -> Option<Option<Input>> {
        let timer = self.engine.next_timeout().map(|(at, _)| self.clock.instant(at));
        tokio::select! {
            input = self.links.next() => Some(Some(input)),
            input = self.granter.next() => Some(Some(input)),
            word = next_word(&mut self.control) => match word {
                Control::Halt => Some(Some(Input::HaltAsked)),
                Control::Cancel { by } => Some(Some(Input::CancelAsked { by })),
                Control::Leave => None,
            },
            () = until(timer) => Some(Some(Input::Timeout)),
            () = until(tick.map(|tick| Instant::now() + tick)) => Some(None),
        }
    }

    fn now(&self) -> RunClock {
        self.clock.now()
    }
}

/// The time of a run that began then.
pub(super) fn since(began: Instant) -> RunClock {
    RunClock::ZERO.after(began.elapsed())
}

/// Waits for a moment; for ever without one.
pub(super) async fn until(moment: Option<Instant>) {
    match moment {
        Some(moment) => tokio::time::sleep_until(moment.into()).await,
        None => std::future::pending().await,
    }
}

/// The operator's next word; waits for ever once nobody can say one.
async fn next_word(control: &mut Option<&mut Receiver<Control>>) -> Control {
    if let Some(receiver) = control {
        match receiver.recv().await {
            Some(word) => return word,
            None => *control = None,
        }
    }
    std::future::pending().await
}
