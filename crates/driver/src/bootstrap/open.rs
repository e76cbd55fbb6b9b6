//! From a connection to a node that speaks: one session in the usual case, two more where the node is missing.

use crate::bootstrap::answer::{Absent, First, first_words};
use crate::bootstrap::commands;
use crate::bootstrap::session::Session;
use crate::bootstrap::store::{NodeFile, NodeStore};
use crate::bootstrap::upload::upload;
use crate::link::{Hold, Opened, Pipes, read_hello};
use crate::ssh::Connection;
use mcom_engine::tree::LinkFailure;
use mcom_model::{Reason, ReasonKind};
use mcom_wire::{Decoder, HelloUp, Up};
use std::sync::Arc;
use tokio::io::AsyncReadExt as _;
use tokio::time::timeout;

/// What a host lets this connection do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowed {
    /// Whatever its user may.
    Everything,
    /// What a certificate says: to put one node there, and to start it.
    OneNode,
}

/// Starts the node at the other end of a connection; puts it there first where it is missing.
pub async fn open(connection: Arc<Connection>, store: &NodeStore, allowed: Allowed) -> Result<Opened, LinkFailure> {
    let command = match allowed {
        Allowed::Everything => commands::link(store.nodes().iter().map(NodeFile::digest)),
        Allowed::OneNode => commands::PINNED_LINK.to_owned(),
    };
    let absent = match contact(&connection, &command).await? {
        Contact::Node(node) => return node.opened(connection, store, false),
        Contact::Absent(absent) => absent,
    };
    let file = fitting(&absent, store)?;
    upload(&connection, file, allowed).await?;
    match contact(&connection, &command).await? {
        Contact::Node(node) => node.opened(connection, store, true),
        Contact::Absent(_) => {
            Err(refused(ReasonKind::SpoolNoexec, "the node was put there, and cannot be executed".to_owned()))
        }
    }
}

/// How a host answered the command that starts the node.
enum Contact {
    Node(Box<Speaking>),
    Absent(Absent),
}

/// A node that has said hello.
struct Speaking {
    hello: HelloUp,
    decoder: Decoder<Up>,
    session: Session,
}

async fn contact(connection: &Connection, command: &str) -> Result<Contact, LinkFailure> {
    let mut session = Session::start(connection, command).await?;
    let mut decoder = Decoder::default();
    let patience = connection.patience();
    let answer = timeout(patience, answer(&mut session, &mut decoder)).await.map_err(|_| {
        let text = format!("the login shell said nothing for {} s", patience.as_secs());
        LinkFailure::Unreachable(Reason::new(ReasonKind::ConnectTimeout, text))
    })??;
    match answer {
        Answer::Hello(hello) => Ok(Contact::Node(Box::new(Speaking { hello, decoder, session }))),
        Answer::Absent(absent) => {
            // Where sshd allows one session at a time, this one must have ended before the next.
            session.exit_status().await;
            Ok(Contact::Absent(absent))
        }
        Answer::Noise(line) => Err(session.explain_noise(connection, line, decoder.buffer().to_vec()).await),
        Answer::Silence => Err(session.explain_silence(connection).await),
    }
}

enum Answer {
    Hello(HelloUp),
    Absent(Absent),
    Noise(String),
    Silence,
}

async fn answer(session: &mut Session, decoder: &mut Decoder<Up>) -> Result<Answer, LinkFailure> {
    loop {
        let read = session.from.read_buf(decoder.buffer()).await.unwrap_or(0);
        match first_words(decoder.buffer(), read == 0) {
            First::Node => return read_hello(&mut session.from, decoder).await.map(Answer::Hello),
            First::Absent(absent) => return Ok(Answer::Absent(absent)),
            First::Noise(line) => return Ok(Answer::Noise(line)),
            First::More if read == 0 => return Ok(Answer::Silence),
            First::More => {}
        }
    }
}

impl Speaking {
    fn opened(self, connection: Arc<Connection>, store: &NodeStore, node_shipped: bool) -> Result<Opened, LinkFailure> {
        let Self { hello, decoder, session } = self;
        if store.nodes().iter().all(|node| node.digest() != hello.node) {
            let text = format!("another node answered than was started: {}", hello.node.short());
            return Err(refused(ReasonKind::NodeDigestMismatch, text));
        }
        let hold = Hold::Ssh { remote: session.remote, connection };
        let pipes = Pipes {
            to: Box::new(session.to),
            from: Box::new(session.from),
            last_words: session.last_words,
            decoder,
            hold,
        };
        Ok(Opened { hello, node_shipped, pipes })
    }
}

fn fitting<'a>(absent: &Absent, store: &'a NodeStore) -> Result<&'a NodeFile, LinkFailure> {
    let Absent { kernel, machine, can_check } = absent;
    let node = store.for_machine(machine).filter(|_| kernel == "Linux").ok_or_else(|| {
        let text = format!("there is no node for {kernel} {machine}: {}", store.why_not());
        refused(ReasonKind::NoNodeForArchitecture, text)
    })?;
    if *can_check {
        return Ok(node);
    }
    let text = "none of sha256sum, shasum and openssl is there to check the node with".to_owned();
    Err(refused(ReasonKind::ToolMissing, text))
}

fn refused(kind: ReasonKind, text: String) -> LinkFailure {
    LinkFailure::Refused(Reason::new(kind, text))
}
