//! The way between an engine and what follows its host's attempt: events up, orders down.

use crate::supervisor::tail::Tail;
use mcom_engine::tree::{OwnEvent, OwnMode};
use mcom_model::{OutputMode, Stream};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc::{Sender, UnboundedReceiver};

/// What the engine orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Order {
    Allow(Stream, u64),
    GiveUp,
    Cancel,
    Forget,
}

/// Nobody listens to the events any more, or nobody gives orders: there is nothing left to do.
pub(super) struct Gone;

/// What an engine was told and has allowed, whichever attempt of its run is followed.
pub(super) struct Teller {
    pub mode: OwnMode,
    pub output: OutputMode,
    pub events: Sender<OwnEvent>,
    pub orders: UnboundedReceiver<Order>,
    pub tails: [Tail; 2],
    pub cancelled: bool,
    pub claimed: bool,
    pub held: bool,
}

impl Teller {
    pub(super) async fn tell(&self, event: OwnEvent) -> Result<(), Gone> {
        self.events.send(event).await.map_err(|_| Gone)
    }

    pub(super) async fn claimed(&mut self, boot: &str) -> Result<(), Gone> {
        if std::mem::replace(&mut self.claimed, true) {
            return Ok(());
        }
        let uid = rustix::process::geteuid().as_raw();
        self.tell(OwnEvent::Claimed { boot: boot.to_owned(), uid }).await
    }
}
