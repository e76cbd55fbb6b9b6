//! The coordinator's loop.

use crate::link::Connector;
use crate::run::control::Control;
use crate::run::files::make_room;
use crate::run::links::Links;
use crate::run::sink::{Keeper, RunSink};
use bytes::Bytes;
use mcom_engine::tree::{Effect, Input, TreeRun};
use mcom_model::{Plan, RunClock, RunSpec, RunStart};
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
    /// The head of the record.
    pub start: RunStart,
    /// The bytes of [`mcom_model::Payload::blobs`], in that order.
    pub blobs: Vec<Bytes>,
}

/// Carries a run out over links of any kind, until every host has its outcome or the operator leaves.
pub async fn coordinate(
    connector: Arc<Connector>,
    order: Order<'_>,
    sink: &mut dyn RunSink,
    control: Receiver<Control>,
) {
    make_room(order.plan.hosts.len());
    let mut links = Links::new(Some(connector));
    links.set_blobs(order.blobs);
    let engine = TreeRun::coordinator(order.plan, order.spec, order.start);
    let mut coordinator = Coordinator {
        engine,
        links,
        keeper: Keeper::new(sink),
        control: Some(control),
        began: Instant::now(),
        inputs: VecDeque::new(),
    };
    coordinator.run().await;
    coordinator.links.close_all().await;
}

struct Coordinator<'a> {
    engine: TreeRun,
    links: Links,
    keeper: Keeper<'a>,
    control: Option<Receiver<Control>>,
    began: Instant,
    inputs: VecDeque<Input>,
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
                self.engine.handle(self.now(), input);
            }
            let Some(effect) = self.engine.poll_effect() else { return };
            match self.links.perform(effect) {
                None | Some(Effect::Leave) => {}
                Some(other) => self.keeper.perform(other, &mut self.inputs),
            }
        }
    }

    /// Waits for the next thing to happen; an inner none is the sink's turn, an outer one that the operator leaves.
    async fn next(&mut self, tick: Option<Duration>) -> Option<Option<Input>> {
        let timer = self.engine.next_timeout().map(|(at, _)| self.began + at.elapsed());
        tokio::select! {
            input = self.links.next() => Some(Some(input)),
            word = next_word(&mut self.control) => match word {
                Control::Cancel => Some(Some(Input::CancelAsked { by: None })),
                Control::Leave => None,
            },
            () = until(timer) => Some(Some(Input::Timeout)),
            () = until(tick.map(|tick| Instant::now() + tick)) => Some(None),
        }
    }

    fn now(&self) -> RunClock {
        since(self.began)
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
async fn next_word(control: &mut Option<Receiver<Control>>) -> Control {
    if let Some(receiver) = control {
        match receiver.recv().await {
            Some(word) => return word,
            None => *control = None,
        }
    }
    std::future::pending().await
}
