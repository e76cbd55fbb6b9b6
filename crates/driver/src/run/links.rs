//! All links to the children of one place in the tree, and the effects that concern them.

use crate::link::{ChildLink, Connector, FromChild, Target};
use bytes::Bytes;
use mcom_engine::tree::{Effect, Input, LinkFailure, LinkId};
use mcom_model::{Reason, ReasonKind, limits};
use mcom_wire::{Down, Secret};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinSet;

/// Messages of all children that wait for the loop: when it is behind, the children's streams fill up.
const WAITING: usize = 64;

/// The children's end of the loop.
pub(super) struct Links {
    connector: Result<Arc<Connector>, Reason>,
    open: BTreeMap<LinkId, ChildLink>,
    closing: JoinSet<()>,
    blobs: Vec<Bytes>,
    password: Option<Secret>,
    owner: Sender<(LinkId, FromChild)>,
    said: Receiver<(LinkId, FromChild)>,
}

impl Links {
    /// Links over `connector`. A node learns how to connect with its assignment.
    pub(super) fn new(connector: Option<Arc<Connector>>) -> Self {
        let (owner, said) = channel(WAITING);
        let connector = connector.ok_or_else(|| Reason::new(ReasonKind::Internal, "a link without an assignment"));
        Self {
            connector,
            open: BTreeMap::new(),
            closing: JoinSet::new(),
            blobs: Vec::new(),
            password: None,
            owner,
            said,
        }
    }

    /// Makes links in this way from now on, or says why there can be none.
    pub(super) fn set_connector(&mut self, connector: Result<Arc<Connector>, Reason>) {
        self.connector = connector;
    }

    /// Gives the bytes of a blob, which [`Effect::SendBlob`] sends on.
    pub(super) fn set_blobs(&mut self, blobs: Vec<Bytes>) {
        self.blobs = blobs;
    }

    /// Sends this password down every link as soon as it is open.
    pub(super) fn set_password(&mut self, password: Option<Secret>) {
        self.password = password;
    }

    /// Does an effect that concerns links; gives any other back.
    pub(super) fn perform(&mut self, effect: Effect) -> Option<Effect> {
        match effect {
            Effect::OpenLink { link, spec: host, reach, .. } => self.make(link, Target { host, reach }),
            Effect::CloseLink { link } => self.close(link),
            Effect::SendDown { link, message } => {
                if let Some(child) = self.open.get(&link) {
                    child.writer().send(message);
                }
            }
            Effect::AnswerAgent { link, granted } => {
                if let Some(child) = self.open.get(&link) {
                    child.answer(granted);
                }
            }
            Effect::SendBlob { link, index } => self.send_blob(link, index),
            other => return Some(other),
        }
        None
    }

    /// The next thing that a link says. Safe to give up and call again.
    pub(super) async fn next(&mut self) -> Input {
        loop {
            // This side holds a sender too, so the channel never ends.
            let Some((link, said)) = self.said.recv().await else { return std::future::pending().await };
            while self.closing.try_join_next().is_some() {}
            // What a link had said before it was closed no longer counts.
            if self.open.contains_key(&link) {
                return self.input(link, said);
            }
        }
    }

    /// Closes every link and waits until all are closed.
    pub(super) async fn close_all(mut self) {
        // Whatever is still said has no listener: no link waits for room.
        self.said.close();
        for link in std::mem::take(&mut self.open).into_values() {
            self.closing.spawn(link.close());
        }
        while self.closing.join_next().await.is_some() {}
    }

    fn make(&mut self, link: LinkId, target: Target) {
        match &self.connector {
            Ok(connector) => {
                let child = ChildLink::open(Arc::clone(connector), link, target, self.owner.clone());
                self.open.insert(link, child);
            }
            Err(reason) => {
                let failure = LinkFailure::Unreachable(reason.clone());
                self.open.insert(link, ChildLink::failed(link, failure, self.owner.clone()));
            }
        }
    }

    fn close(&mut self, link: LinkId) {
        if let Some(child) = self.open.remove(&link) {
            self.closing.spawn(child.close());
        }
    }

    fn send_blob(&self, link: LinkId, index: u32) {
        let (Some(child), Some(bytes)) = (self.open.get(&link), self.blobs.get(index as usize)) else { return };
        let bytes = bytes.clone();
        let starts = (0..bytes.len()).step_by(limits::DATA_FRAME);
        child.writer().send_many(starts.map(move |start| {
            let end = bytes.len().min(start + limits::DATA_FRAME);
            Down::Blob { index, bytes: bytes.slice(start..end) }
        }));
    }

    fn input(&mut self, link: LinkId, said: FromChild) -> Input {
        match said {
            FromChild::Opened { hello, node_shipped } => {
                if let (Some(password), Some(child)) = (&self.password, self.open.get(&link)) {
                    child.writer().send(Down::Password(password.clone()));
                }
                Input::LinkOpened { link, hello, node_shipped }
            }
            FromChild::Asked { kind, bind, request } => Input::AgentAsked { link, kind, bind, request },
            FromChild::Said(message) => Input::FromChild { link, message },
            FromChild::Failed(failure) => {
                self.close(link);
                Input::LinkFailed { link, failure }
            }
            FromChild::Lost(reason) => {
                self.close(link);
                Input::LinkLost { link, reason }
            }
        }
    }
}
