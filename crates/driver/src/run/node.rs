//! The node's loop: orders from above, children below, and the payload of its own host.

use crate::bootstrap::{NodeStore, NodeStoreError};
use crate::link::{Connector, LocalNodes};
use crate::run::blobs::Blobs;
use crate::run::coordinate::{since, until};
use crate::run::files::make_room;
use crate::run::links::Links;
use crate::run::uplink::Uplink;
use crate::spool::{HostIdentity, Spool};
use crate::ssh::{SshClient, SshSettings};
use crate::supervisor::OwnAttempt;
use bytes::Bytes;
use mcom_engine::tree::{Effect, Input, LinkFailure, OwnEvent, Reach, TreeRun};
use mcom_model::{BlobRef, Digest, Reason, ReasonKind, RunSpec};
use mcom_wire::{Assignment, Down, HelloDown, HelloUp, PROTOCOL, Secret, Up};
use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Pieces of this host's own output that wait for the loop.
const OWN_WAITING: usize = 16;

/// How a node reaches its children.
#[derive(Clone, Debug)]
pub enum Children {
    /// Over ssh, as its assignment says.
    Ssh,
    /// As processes of this machine.
    Local(LocalNodes),
}

/// Why a node cannot serve. One line of it goes to standard error, which the parent reads.
#[derive(Debug, thiserror::Error)]
pub enum NodeError {
    /// Its own program cannot be read.
    #[error("cannot read the node's own program: {0}")]
    Own(#[from] NodeStoreError),
    /// Standard input and output are no streams of a session.
    #[error("standard input and output must be pipes: a parent starts this command over ssh ({0})")]
    Streams(#[source] io::Error),
    /// Signals cannot be listened to.
    #[error("cannot listen to signals: {0}")]
    Signals(#[source] io::Error),
    /// What is above speaks another protocol.
    #[error("the parent speaks protocol {0}, this node {PROTOCOL}: use the mcom that this node belongs to")]
    Protocol(u32),
    /// It was started for something else than it was assigned.
    #[error(
        "the payload {0}, with ssh set as it is, is not what this node may run: it was started with a certificate for \
         something else"
    )]
    OtherPayload(Digest),
    /// What is above does not begin as a parent does.
    #[error("what came first on standard input is no hello of a parent: a parent starts this command over ssh")]
    NoHello,
}

/// Serves one parent over standard input and output, until there is nothing more to do. With `only`, an assignment that
/// pins anything else ends it: whoever started it may not have it do that.
pub async fn serve(children: Children, only: Option<Digest>) -> Result<(), NodeError> {
    let nodes = NodeStore::of_this_node()?;
    let hello = HelloUp { protocol: PROTOCOL, node: nodes.first(), arch: machine(), boot: boot_id() };
    let mut uplink = Uplink::of_this_process(Up::Hello(hello)).map_err(NodeError::Streams)?;
    let signals = Signals::listen().map_err(NodeError::Signals)?;
    match uplink.reader.next().await {
        Ok(Some(Down::Hello(HelloDown { protocol: PROTOCOL, .. }))) => {}
        Ok(Some(Down::Hello(other))) => return Err(NodeError::Protocol(other.protocol)),
        // Nobody wants anything: the way was only tried.
        Ok(None) => return Ok(()),
        Ok(Some(_)) | Err(_) => return Err(NodeError::NoHello),
    }
    let (own_events, own_said) = channel(OWN_WAITING);
    let mut node = Node {
        engine: TreeRun::node(),
        uplink,
        links: Links::new(None),
        ways: Ways { children, nodes, client: None },
        blobs: Blobs::default(),
        own: None,
        forgets: false,
        own_events,
        own_said,
        signals,
        password: None,
        only,
        refused: None,
        began: Instant::now(),
        inputs: VecDeque::new(),
    };
    node.run().await;
    // First: where the link is closed, this process may be ended.
    if let Some(own) = node.own.filter(|_| node.forgets) {
        own.forget().await;
    }
    // The parent has nothing to wait for while the last links below are closed.
    node.uplink.close().await;
    node.links.close_all().await;
    if let Some(client) = node.ways.client {
        client.close();
    }
    node.refused.map_or(Ok(()), |payload| Err(NodeError::OtherPayload(payload)))
}

struct Node {
    engine: TreeRun,
    uplink: Uplink,
    links: Links,
    ways: Ways,
    blobs: Blobs,
    own: Option<OwnAttempt>,
    /// Nothing of the own attempt is to stay.
    forgets: bool,
    own_events: Sender<OwnEvent>,
    own_said: Receiver<OwnEvent>,
    signals: Signals,
    /// For sudo on this host.
    password: Option<Secret>,
    /// What may be assigned and nothing else, as [`RunSpec::pinned`] has it.
    only: Option<Digest>,
    /// The payload of another assignment that came.
    refused: Option<Digest>,
    began: Instant,
    inputs: VecDeque<Input>,
}

impl Node {
    async fn run(&mut self) {
        while !self.engine.is_over() {
            let input = self.next().await;
            self.inputs.extend(input);
            self.perform_all();
        }
    }

    async fn next(&mut self) -> Option<Input> {
        let timer = self.engine.next_timeout().map(|(at, _)| self.began + at.elapsed());
        tokio::select! {
            order = self.uplink.reader.next() => self.order(order),
            input = self.links.next() => Some(input),
            Some(event) = self.own_said.recv() => Some(Input::Own(event)),
            () = until(timer) => Some(Input::Timeout),
            text = self.signals.next() => Some(Input::ParentLost(Reason::new(ReasonKind::LinkLost, text))),
        }
    }

    /// What a parent said, or that it is gone. Blobs are put together here; the engine learns when they are whole.
    fn order(&mut self, order: Result<Option<Down>, Reason>) -> Option<Input> {
        match order {
            Ok(Some(Down::Blob { index, bytes })) => {
                let said = self.blobs.take(index, &bytes);
                if matches!(said, Some(Input::BlobReady { .. })) {
                    self.links.set_blobs(self.blobs.bytes());
                }
                // A long blob on a slow link is a sign of life too.
                self.inputs.push_back(Input::FromParent(Down::Blob { index, bytes }));
                said
            }
            Ok(Some(Down::Password(password))) => {
                self.password = Some(password);
                None
            }
            Ok(Some(Down::Assign(assignment))) if self.may_not_have(&assignment) => {
                let payload = assignment.spec.payload.id();
                self.refused = Some(payload);
                let text = NodeError::OtherPayload(payload).to_string();
                Some(Input::ParentLost(Reason::new(ReasonKind::CredentialRefused, text)))
            }
            Ok(Some(order)) => {
                let mut ready = Vec::new();
                if let Down::Assign(assignment) = &order {
                    (self.blobs, ready) = Blobs::expect(&assignment.spec.payload);
                    if assignment.begun.is_some() {
                        ready.extend(self.blobs.look(on_this_host(&assignment.spec)));
                        self.links.set_blobs(self.blobs.bytes());
                    }
                    if assignment.members > 0 {
                        make_room(assignment.members as usize);
                        self.links.set_connector(self.ways.connector(assignment));
                    }
                }
                self.inputs.push_back(Input::FromParent(order));
                self.inputs.extend(ready);
                None
            }
            Ok(None) => Some(Input::ParentLost(Reason::new(ReasonKind::ParentLost, "the link upwards was closed"))),
            Err(reason) => Some(Input::ParentLost(reason)),
        }
    }

    fn may_not_have(&self, assignment: &Assignment) -> bool {
        self.only.is_some_and(|only| only != assignment.spec.pinned())
    }

    /// Whoever came with a certificate may have the payload run here, and nothing that keys of this host could do.
    fn refuse_own_keys(&self, effect: &Effect) -> Option<Input> {
        let Effect::OpenLink { link, reach: Reach::Own, .. } = effect else { return None };
        self.only?;
        let text = "a node that was started with a certificate uses no keys of its host";
        let failure = LinkFailure::Refused(Reason::new(ReasonKind::CredentialRefused, text));
        Some(Input::LinkFailed { link: *link, failure })
    }

    fn perform_all(&mut self) {
        loop {
            while let Some(effect) = self.engine.poll_effect() {
                if let Some(refused) = self.refuse_own_keys(&effect) {
                    self.inputs.push_back(refused);
                } else if let Some(other) = self.links.perform(effect) {
                    self.perform(other);
                }
            }
            let Some(input) = self.inputs.pop_front() else { return };
            self.engine.handle(since(self.began), input);
        }
    }

    fn perform(&mut self, effect: Effect) {
        match (effect, &self.own) {
            (Effect::SendUp(message), _) => self.uplink.send(message),
            (Effect::StartOwn(start), _) => {
                // A second one comes after the first has found that nothing has begun.
                let (blobs, password) = (self.blobs.bytes(), self.password.clone());
                self.own = Some(OwnAttempt::start(*start, blobs, password, self.own_events.clone()));
            }
            (Effect::ReadOwn { stream, upto }, Some(own)) => own.allow(stream, upto),
            (Effect::GiveUpOwn, Some(own)) => own.give_up(),
            (Effect::CancelOwn, Some(own)) => own.cancel(),
            (Effect::ForgetOwn, _) => self.forgets = true,
            // The record is the coordinator's; the loop sees by itself when it is time to leave.
            _ => {}
        }
    }
}

/// Finds a run's blobs where an earlier link may have left them: in the spool. A spool that cannot be used has none;
/// what is wrong with it is said when something is to be started there.
fn on_this_host(spec: &RunSpec) -> impl Fn(&BlobRef) -> Option<Bytes> {
    let host = HostIdentity::read();
    let spool = host.and_then(|host| Spool::open_made(&Spool::default_place()?, &host)).ok();
    move |blob| spool.as_ref()?.find_blob(spec, blob)
}

/// How children are reached.
struct Ways {
    children: Children,
    nodes: NodeStore,
    client: Option<Arc<SshClient>>,
}

impl Ways {
    fn connector(&mut self, assignment: &Assignment) -> Result<Arc<Connector>, Reason> {
        if let Children::Local(nodes) = &self.children {
            return Ok(Arc::new(Connector::Local(nodes.clone())));
        }
        let spec = &assignment.spec;
        let settings = SshSettings {
            config: spec.inner.config.clone().map(Into::into),
            options: spec.inner.options.clone(),
            connect_timeout: Duration::from_millis(spec.limits.connect_timeout_ms),
        };
        let client = SshClient::for_parent(&settings, &assignment.identities)
            .map_err(|error| Reason::new(ReasonKind::SshFailed, format!("on the parent: {error}")))?;
        self.client = Some(Arc::clone(&client));
        Ok(Arc::new(Connector::Ssh { client, nodes: self.nodes.clone() }))
    }
}

/// Signals that mean that the way up is going away.
struct Signals {
    hangup: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self { hangup: signal(SignalKind::hangup())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.hangup.recv() => "the node was hung up",
            _ = self.terminate.recv() => "the node was told to end",
        }
    }
}

fn machine() -> String {
    rustix::system::uname().machine().to_string_lossy().into_owned()
}

/// Empty where the host does not say.
fn boot_id() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}
