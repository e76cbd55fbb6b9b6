//! The node's side: orders go down to the process of the other user, and what it says comes up.

use crate::link::LastWords;
use crate::supervisor::begin::{ended, failed};
use crate::supervisor::own::OwnPlace;
use crate::supervisor::run_as::door::{Entered, enter};
use crate::supervisor::run_as::frame::{Begin, Frames, Said, Sink};
use crate::supervisor::teller::Order;
use bytes::Bytes;
use mcom_engine::tree::{OwnEvent, OwnStart};
use mcom_model::{Outcome, Reason, ReasonKind, RunAs};
use mcom_wire::Secret;
use std::io;
use std::time::Instant;
use tokio::process::{ChildStdin, ChildStdout};
use tokio::sync::mpsc::{Sender, UnboundedReceiver};

/// Has the attempt seen to by a process of the other user, as if it were seen to here.
pub(in crate::supervisor) async fn pass_on(
    place: OwnPlace,
    (run_as, password): (RunAs, Option<Secret>),
    mut start: OwnStart,
    blobs: Vec<Bytes>,
    events: Sender<OwnEvent>,
    orders: UnboundedReceiver<Order>,
) {
    let since = Instant::now();
    let entered = match enter(&place, &run_as, password).await {
        Ok(entered) => entered,
        Err(reason) => {
            // The only error is that nobody listens any more.
            let _ = events.send(ended(failed(start.mode, reason))).await;
            return;
        }
    };
    let passed = u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX);
    start.deadline_ms = start.deadline_ms.map(|left| left.saturating_sub(passed));
    let Entered { to, from, heard, last_words, child } = entered;
    let link = std::env::var("SSH_CONNECTION").ok();
    let mut sink = Sink(to);
    // One that does not take its work has ended, which is seen where its words should come.
    let _ = sink.begin(&Begin::new(&start, &blobs, link), &blobs).await;
    drop(blobs);
    let mut passing = Passing { frames: Frames::new(from, heard), sink, events, orders, has_ended: false };
    if let Some(error) = passing.pass().await {
        passing.lost(&run_as, &error, &last_words).await;
    }
    // It ends when its standard input does, and is waited for by the runtime.
    drop((passing, child));
}

struct Passing {
    frames: Frames<ChildStdout>,
    sink: Sink<ChildStdin>,
    events: Sender<OwnEvent>,
    orders: UnboundedReceiver<Order>,
    has_ended: bool,
}

impl Passing {
    /// Passes on until there is nothing more; the error is what kept it from being all.
    async fn pass(&mut self) -> Option<io::Error> {
        loop {
            tokio::select! {
                biased;
                order = self.orders.recv() => {
                    // Where it does not listen it has ended, which is seen below.
                    let _ = self.sink.order(order?).await;
                }
                said = self.frames.said() => match said {
                    Ok(Some(Said::Event(event))) => {
                        self.has_ended |= matches!(event, OwnEvent::Ended { .. } | OwnEvent::NotBegun);
                        self.events.send(event).await.ok()?;
                    }
                    Ok(Some(Said::Ready)) => {}
                    Ok(Some(Said::Over)) => return None,
                    Ok(None) => return Some(io::ErrorKind::UnexpectedEof.into()),
                    Err(error) => return Some(error),
                }
            }
        }
    }

    /// The process ended before its work. The attempt may go on, and whoever asks again finds it.
    async fn lost(&self, run_as: &RunAs, error: &io::Error, last_words: &LastWords) {
        let said = last_words.text();
        let why = said.lines().next_back().map_or_else(|| error.to_string(), str::to_owned);
        let text = format!("what followed the attempt as {} has ended: {why}", run_as.user);
        let reason = Reason::new(ReasonKind::LostWhileRunning, text);
        let event = if self.has_ended { OwnEvent::OutputGone { reason } } else { ended(Outcome::Unknown { reason }) };
        // The only error is that nobody listens any more.
        let _ = self.events.send(event).await;
    }
}
