//! The life of one link to a child: opened, carrying messages both ways, closed or lost. One task for each.

use crate::link::connect::{Connector, Target};
use crate::link::hello::Opened;
use crate::link::petition::{Granted, Petitioner};
use crate::link::pipes::Pipes;
use crate::link::reader::Reader;
use crate::link::writer::{Queue, Writer, queue};
use crate::ssh::connection_lost;
use bytes::Bytes;
use mcom_engine::tree::{LinkFailure, LinkId};
use mcom_model::{AskKind, Reason};
use mcom_wire::{Down, HelloDown, HelloUp, PROTOCOL, Up};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{Sender, UnboundedSender};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// For everything that was sent to be taken, and the peer to part.
const CLOSING: Duration = Duration::from_secs(10);

/// For a node to leave by itself once its link is closed; after that the connection is ended under it.
const PARTING: Duration = Duration::from_secs(3);

/// What a link says to its owner.
#[derive(Debug)]
pub enum FromChild {
    /// The node there has said hello.
    Opened {
        /// What it said.
        hello: HelloUp,
        /// Whether it had to be put there first.
        node_shipped: bool,
    },
    /// The ssh that makes the link asks for something; [`ChildLink::answer`] answers it.
    Asked {
        /// What it asks for.
        kind: AskKind,
        /// As in [`mcom_wire::Ask`].
        bind: Bytes,
        /// As in [`mcom_wire::Ask`].
        request: Bytes,
    },
    /// The link could not be made. Nothing follows.
    Failed(LinkFailure),
    /// A message.
    Said(Up),
    /// The link is gone. Nothing follows.
    Lost(Reason),
}

/// A link to a child, open or being opened. Dropping it closes it: what was sent is still written.
#[derive(Debug)]
pub struct ChildLink {
    writer: Writer<Down>,
    answers: UnboundedSender<Granted>,
    task: JoinHandle<()>,
}

impl ChildLink {
    /// Starts to make a link to a host. What it says goes to `owner`, under its name.
    pub fn open(connector: Arc<Connector>, link: LinkId, target: Target, owner: Sender<(LinkId, FromChild)>) -> Self {
        let (writer, queue) = queue();
        let (petitioner, answers) = Petitioner::new(link, owner.clone());
        let task = tokio::spawn(live(connector, link, target, petitioner, queue, owner));
        Self { writer, answers, task }
    }

    /// A link that cannot be made, and says so.
    pub fn failed(link: LinkId, failure: LinkFailure, owner: Sender<(LinkId, FromChild)>) -> Self {
        let (writer, _) = queue();
        let (_, answers) = Petitioner::new(link, owner.clone());
        let task = tokio::spawn(async move {
            let _ = owner.send((link, FromChild::Failed(failure))).await;
        });
        Self { writer, answers, task }
    }

    /// Answers what the ssh that makes the link has asked for.
    pub fn answer(&self, granted: Granted) {
        // Where the link was given up meanwhile, nobody wants it any more.
        let _ = self.answers.send(granted);
    }

    /// Where messages for the child are put.
    pub const fn writer(&self) -> &Writer<Down> {
        &self.writer
    }

    /// Closes the link, and waits until everything that it held is closed. A peer that takes nothing any more is not
    /// waited for.
    pub async fn close(self) {
        drop(self.writer);
        let mut task = self.task;
        if timeout(CLOSING, &mut task).await.is_err() {
            task.abort();
            let _ = task.await;
        }
    }
}

async fn live(
    connector: Arc<Connector>,
    link: LinkId,
    target: Target,
    mut petitioner: Petitioner,
    mut queue: Queue<Down>,
    owner: Sender<(LinkId, FromChild)>,
) {
    let opened = tokio::select! {
        opened = connector.open(&target, &mut petitioner) => opened,
        () = queue.closed() => return,
    };
    let Opened { hello, node_shipped, pipes } = match opened {
        Ok(opened) => opened,
        Err(failure) => {
            let _ = owner.send((link, FromChild::Failed(failure))).await;
            return;
        }
    };
    let node = hello.node;
    if owner.send((link, FromChild::Opened { hello, node_shipped })).await.is_err() {
        return;
    }
    if let Some(reason) = carry(pipes, HelloDown { protocol: PROTOCOL, node }, link, queue, &owner).await {
        let _ = owner.send((link, FromChild::Lost(reason))).await;
    }
}

/// Carries messages until the link is closed from this side (none) or lost.
async fn carry(
    pipes: Pipes,
    hello: HelloDown,
    link: LinkId,
    mut queue: Queue<Down>,
    owner: &Sender<(LinkId, FromChild)>,
) -> Option<Reason> {
    let Pipes { to, from, decoder, last_words, hold } = pipes;
    let mut reader = Reader::new(from, decoder);
    let mut writing = std::pin::pin!(async {
        let closed = queue.write_after(Down::Hello(hello), to).await.is_ok();
        // A node that takes nothing any more is about to be read to its end.
        if !closed {
            std::future::pending::<()>().await;
        }
    });
    loop {
        tokio::select! {
            () = &mut writing => break,
            read = reader.next() => match read {
                // An owner that no longer listens is about to close the link: what it sent is still written.
                Ok(Some(message)) => { let _ = owner.send((link, FromChild::Said(message))).await; }
                Ok(None) => return Some(connection_lost(&hold.printed(), &last_words.text())),
                Err(violation) => return Some(violation),
            },
        }
    }
    let _ = timeout(PARTING, async { while let Ok(Some(_)) = reader.next().await {} }).await;
    None
}
