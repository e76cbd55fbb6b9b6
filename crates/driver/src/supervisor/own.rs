//! The node's side of its own host's attempt: claims it, starts the supervisor, and tells what it reads in the folder.
//!
//! The supervisor needs nothing from here. When the node dies, it goes on; when it dies itself, the node concludes
//! what can be known by the rule of [`mcom_engine::attempt::judge`].

use crate::spool::{AttemptFolder, Spool, SpoolError};
use crate::supervisor::bell;
use crate::supervisor::claim::claim;
use crate::supervisor::tail::Tail;
use bytes::Bytes;
use mcom_engine::attempt::Verdict;
use mcom_engine::tree::{OwnEvent, OwnReceipt, OwnStart};
use mcom_model::{Outcome, OutputMode, Reason, ReasonKind, Receipt, Stream};
use std::path::PathBuf;
use std::process::Stdio;
use std::time::SystemTime;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::spawn_blocking;

/// This host's own attempt. Letting it go ends the reading, never the payload.
#[derive(Debug)]
pub struct OwnAttempt {
    orders: UnboundedSender<Order>,
}

/// Where an attempt is started.
#[derive(Clone, Debug)]
pub struct OwnPlace {
    /// The node program.
    pub program: PathBuf,
    /// The spool; none is the user's own.
    pub spool: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug)]
enum Order {
    Allow(Stream, u64),
    Cancel,
}

impl Default for OwnPlace {
    /// This very program, and the user's spool.
    fn default() -> Self {
        Self { program: "/proc/self/exe".into(), spool: None }
    }
}

impl OwnAttempt {
    /// Claims the attempt and starts its supervisor. Everything that happens, a refusal included, comes as an event;
    /// the last is [`OwnEvent::Ended`], after which only output follows, as far as it is allowed.
    pub fn start(start: OwnStart, blobs: Vec<Bytes>, events: Sender<OwnEvent>) -> Self {
        Self::start_at(OwnPlace::default(), start, blobs, events)
    }

    /// The same with another program or spool.
    pub fn start_at(place: OwnPlace, start: OwnStart, blobs: Vec<Bytes>, events: Sender<OwnEvent>) -> Self {
        let (orders, taken) = unbounded_channel();
        tokio::spawn(follow(place, start, blobs, events, taken));
        Self { orders }
    }

    /// Allows output to be passed on up to an offset.
    pub fn allow(&self, stream: Stream, upto: u64) {
        // Where nobody reads any more there is nothing left to pass on.
        let _ = self.orders.send(Order::Allow(stream, upto));
    }

    /// Ends the attempt: before its start, or by TERM, grace and KILL.
    pub fn cancel(&self) {
        let _ = self.orders.send(Order::Cancel);
    }
}

async fn follow(
    place: OwnPlace,
    start: OwnStart,
    blobs: Vec<Bytes>,
    events: Sender<OwnEvent>,
    orders: UnboundedReceiver<Order>,
) {
    let mode = start.spec.output;
    let spool = place.spool.clone();
    let claimed = spawn_blocking(move || claim(spool, start, &blobs))
        .await
        .unwrap_or_else(|panic| Err(Reason::new(ReasonKind::Internal, format!("the claim ended in a fault: {panic}"))));
    let (spool, attempt) = match claimed {
        Ok(claimed) => claimed,
        Err(reason) => {
            let _ = events.send(OwnEvent::Ended { outcome: Outcome::Refused { reason }, receipt: None }).await;
            return;
        }
    };
    let follower = Follower {
        attempt,
        spool,
        mode,
        events,
        tails: [Tail::new(Stream::Out), Tail::new(Stream::Err)],
        executed: false,
        last_words: None,
        started: false,
        ended: false,
        more: false,
    };
    // The only error is that nobody listens to the events any more.
    let _ = follower.run(&place, orders).await;
}

/// Nobody listens to the events any more.
struct Gone;

struct Follower {
    attempt: AttemptFolder,
    spool: Spool,
    mode: OutputMode,
    events: Sender<OwnEvent>,
    tails: [Tail; 2],
    /// The supervisor said that the payload is being executed.
    executed: bool,
    /// Why there is no exit record, as JSON.
    last_words: Option<Vec<u8>>,
    started: bool,
    ended: bool,
    /// There may be more output to pass on than the last look did.
    more: bool,
}

impl Follower {
    async fn run(mut self, place: &OwnPlace, mut orders: UnboundedReceiver<Order>) -> Result<(), Gone> {
        self.tell(OwnEvent::Claimed { boot: self.spool.host().boot.clone() }).await?;
        let (bell, ctl, mut child) = match self.spawn(place) {
            Ok(spawned) => spawned,
            Err(reason) => return self.tell(refused(reason)).await,
        };
        let mut supervised = true;
        loop {
            tokio::select! {
                biased;
                order = orders.recv() => match order {
                    Some(Order::Allow(stream, upto)) => self.tails[stream as usize].allow(upto),
                    Some(Order::Cancel) => bell::ring(&ctl, bell::CANCEL),
                    None => return Ok(()),
                },
                ready = bell.readable(), if !self.ended => match ready {
                    Ok(()) => self.listen(&bell),
                    Err(_) => return Err(Gone),
                },
                _ = child.wait(), if supervised => {
                    supervised = false;
                    self.listen(&bell);
                    self.look().await?;
                    while self.more && !self.ended {
                        self.look().await?;
                    }
                    if !self.ended {
                        self.conclude().await?;
                    }
                }
                // A payload that prints without end does not keep an order waiting: one piece, then a look at the rest.
                () = std::future::ready(()), if self.more => {}
            }
            self.look().await?;
        }
    }

    /// Starts the supervisor, detached from the link's streams.
    fn spawn(&self, place: &OwnPlace) -> Result<(pipe::Receiver, std::fs::File, Child), Reason> {
        let files = self.attempt.files();
        let bell = files.open_fifo("bell").map_err(|error| error.reason())?;
        let bell = pipe::Receiver::from_file_unchecked(bell);
        let bell = bell.map_err(|error| files.error("bell", "listen to", error).reason())?;
        let ctl = files.open_fifo("ctl").map_err(|error| error.reason())?;
        let child = Command::new(&place.program)
            .arg("supervise")
            .arg(self.attempt.place())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child
            .map_err(|error| Reason::new(ReasonKind::CannotExecute, format!("cannot start the supervisor: {error}")))?;
        Ok((bell, ctl, child))
    }

    fn listen(&mut self, bell: &pipe::Receiver) {
        let mut buffer = [0; 4096];
        while let Ok(len @ 1..) = bell.try_read(&mut buffer) {
            for &byte in &buffer[..len] {
                match (&mut self.last_words, byte) {
                    (Some(words), byte) => words.push(byte),
                    (None, bell::EXECUTED) => self.executed = true,
                    (None, bell::LAST_WORDS) => self.last_words = Some(Vec::new()),
                    (None, _) => {}
                }
            }
        }
    }

    /// Passes on everything that is new in the folder.
    async fn look(&mut self) -> Result<(), Gone> {
        if let Err(error) = self.try_look().await? {
            let reason = error.reason();
            if !self.ended {
                self.ended = true;
                let outcome = Outcome::Unknown { reason: reason.clone() };
                self.tell(OwnEvent::Ended { outcome, receipt: None }).await?;
            }
            self.tell(OwnEvent::OutputGone { reason }).await?;
            return Err(Gone);
        }
        Ok(())
    }

    async fn try_look(&mut self) -> Result<Result<(), SpoolError>, Gone> {
        // Before the output, so that all output before the end is passed on before the end is.
        let record = if self.ended { Ok(None) } else { self.attempt.read_exit() };
        let record = match record {
            Ok(record) => record,
            Err(error) => return Ok(Err(error)),
        };
        let receipt = record.as_ref().and_then(|record| record.receipt.clone());
        if !self.started && (receipt.is_some() || self.executed) {
            self.started = true;
            self.tell(OwnEvent::Started).await?;
        }
        self.more = false;
        for stream in [Stream::Out, Stream::Err] {
            if let Err(error) = self.pass_on(stream).await? {
                return Ok(Err(error));
            }
        }
        if self.more {
            return Ok(Ok(()));
        }
        let Some(record) = record else { return Ok(Ok(())) };
        let receipt = match receipt.map(|receipt| self.with_bodies(receipt)).transpose() {
            Ok(receipt) => receipt,
            Err(error) => return Ok(Err(error)),
        };
        self.end(record.outcome, receipt).await?;
        Ok(Ok(()))
    }

    /// Passes on one piece of a stream, or says that there is more than it may.
    async fn pass_on(&mut self, stream: Stream) -> Result<Result<(), SpoolError>, Gone> {
        match self.tails[stream as usize].next(&self.attempt) {
            Ok(Some((offset, bytes))) => {
                self.more = true;
                self.tell(OwnEvent::Output { stream, offset, bytes }).await?;
            }
            Ok(None) => {}
            Err(error) => return Ok(Err(error)),
        }
        if self.mode == OutputMode::Live && !self.ended {
            match self.tails[stream as usize].beyond(&self.attempt) {
                Ok(Some(len)) => self.tell(OwnEvent::Printed { stream, len }).await?,
                Ok(None) => {}
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }

    fn with_bodies(&mut self, receipt: Receipt) -> Result<Box<OwnReceipt>, SpoolError> {
        let (mut out, mut err) = (None, None);
        if self.mode == OutputMode::AtEnd {
            let [tail_out, tail_err] = &mut self.tails;
            out = tail_out.small(&self.attempt, &receipt.out)?;
            err = tail_err.small(&self.attempt, &receipt.err)?;
        }
        Ok(Box::new(OwnReceipt { receipt, out, err }))
    }

    async fn end(&mut self, outcome: Outcome, receipt: Option<Box<OwnReceipt>>) -> Result<(), Gone> {
        self.ended = true;
        self.tell(OwnEvent::Ended { outcome, receipt }).await?;
        if let Ok(spool) = Spool::open_made(self.spool.root().path(), self.spool.host()) {
            // What cannot be removed now is found again tomorrow.
            spawn_blocking(move || spool.remove_old(SystemTime::now()));
        }
        Ok(())
    }

    /// The supervisor is gone and left no record: asks as everybody has to ask.
    async fn conclude(&mut self) -> Result<(), Gone> {
        let outcome = match self.attempt.ask(self.spool.host()) {
            Ok(Verdict::Ended(outcome)) => outcome,
            Ok(Verdict::DidNotStart) => Outcome::Refused { reason: self.last_words() },
            Ok(Verdict::Unknown(reason)) => Outcome::Unknown { reason },
            Ok(Verdict::Running) => {
                let text = "the supervisor that this node started is gone, and another one holds the attempt";
                Outcome::Unknown { reason: Reason::new(ReasonKind::SupervisorLost, text) }
            }
            Err(error) => Outcome::Unknown { reason: error.reason() },
        };
        self.end(outcome, None).await
    }

    fn last_words(&self) -> Reason {
        let words = self.last_words.as_ref().and_then(|words| serde_json::from_slice(words).ok());
        words.unwrap_or_else(|| {
            Reason::new(ReasonKind::Internal, "the supervisor ended before it started the payload, without a word")
        })
    }

    async fn tell(&self, event: OwnEvent) -> Result<(), Gone> {
        self.events.send(event).await.map_err(|_| Gone)
    }
}

fn refused(reason: Reason) -> OwnEvent {
    OwnEvent::Ended { outcome: Outcome::Refused { reason }, receipt: None }
}
