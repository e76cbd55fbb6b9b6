//! The node's side of its own host's attempt: what its engine orders, and where the events go.
//!
//! The supervisor needs nothing from here. When the node dies, it goes on; when it dies itself, the node concludes
//! what can be known by the rule of [`mcom_engine::attempt::judge`].

use crate::spool::{AttemptFolder, Claim, Spool, SpoolError, Void};
use crate::supervisor::begin::{Beginning, begin, ended};
use crate::supervisor::follow::{Followed, Follower};
use crate::supervisor::inquiry::{self, Answered, inquire};
use crate::supervisor::run_as::pass_on;
use crate::supervisor::tail::Tail;
use crate::supervisor::teller::{Gone, Order, Teller};
use crate::supervisor::watch::Watch;
use bytes::Bytes;
use mcom_engine::attempt::Verdict;
use mcom_engine::tree::{OwnEvent, OwnStart};
use mcom_model::{Outcome, PayloadKind, Reason, ReasonKind, RunAs, Stream};
use mcom_wire::Secret;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::task::{JoinError, JoinHandle, spawn_blocking};
use tokio::time::timeout;

/// For an attempt to be removed, whose supervisor is about to leave: less than a parent waits for a node to leave.
const FORGET: Duration = Duration::from_secs(2);

/// This host's own attempt. Letting it go ends the reading, never the payload.
#[derive(Debug)]
pub struct OwnAttempt {
    orders: UnboundedSender<Order>,
    seeing_to: JoinHandle<()>,
}

/// Where an attempt is started.
#[derive(Clone, Debug)]
pub struct OwnPlace {
    /// The node program.
    pub program: PathBuf,
    /// The spool; none is the user's own.
    pub spool: Option<PathBuf>,
    /// `SSH_CONNECTION` for the history, where the environment of this process does not have it.
    pub link: Option<String>,
}

impl Default for OwnPlace {
    /// This very program, and the user's spool.
    fn default() -> Self {
        Self { program: "/proc/self/exe".into(), spool: None, link: None }
    }
}

impl OwnAttempt {
    /// Sees to the attempt as its [mode](mcom_engine::tree::OwnMode) says. Everything that happens, a refusal included,
    /// comes as an event. The last is [`OwnEvent::NotBegun`], or [`OwnEvent::Ended`], after which only output follows,
    /// as far as it is allowed. Where the payload is another user's, it is that user's process that does all this; the
    /// password is for sudo, where sudo wants one.
    pub fn start(start: OwnStart, blobs: Vec<Bytes>, password: Option<Secret>, events: Sender<OwnEvent>) -> Self {
        Self::start_at(OwnPlace::default(), start, blobs, password, events)
    }

    /// The same with another program or spool.
    pub fn start_at(
        place: OwnPlace,
        start: OwnStart,
        blobs: Vec<Bytes>,
        password: Option<Secret>,
        events: Sender<OwnEvent>,
    ) -> Self {
        let Some(run_as) = start.spec.payload.run_as.clone().filter(is_another) else {
            return Self::start_here(place, start, blobs, events);
        };
        let (orders, taken) = unbounded_channel();
        let seeing_to = tokio::spawn(pass_on(place, (run_as, password), start, blobs, events, taken));
        Self { orders, seeing_to }
    }

    /// The same in this process, whoever its user is.
    pub(super) fn start_here(place: OwnPlace, start: OwnStart, blobs: Vec<Bytes>, events: Sender<OwnEvent>) -> Self {
        let (orders, taken) = unbounded_channel();
        let seeing_to = tokio::spawn(see_to(place, start, blobs, events, taken));
        Self { orders, seeing_to }
    }

    /// Allows output to be passed on up to an offset.
    pub fn allow(&self, stream: Stream, upto: u64) {
        // Where nobody reads any more there is nothing left to pass on.
        let _ = self.orders.send(Order::Allow(stream, upto));
    }

    /// Gives the attempt up where it has not started.
    pub fn give_up(&self) {
        let _ = self.orders.send(Order::GiveUp);
    }

    /// Ends the attempt: before its start, or by TERM, grace and KILL.
    pub fn cancel(&self) {
        let _ = self.orders.send(Order::Cancel);
    }

    /// Lets an attempt go of which nothing is wanted any more. One that only looked is removed from the spool, as far as
    /// that can be done in a moment: what stays is found by the next one.
    pub async fn forget(self) {
        let _ = self.orders.send(Order::Forget);
        let _ = timeout(FORGET, self.seeing_to).await;
    }
}

/// Whether the user has to be become. A node that is root's needs no sudo to be root.
fn is_another(run_as: &RunAs) -> bool {
    !(run_as.user == "root" && rustix::process::geteuid().is_root())
}

/// What is asked of the host, for each look at where its attempt stands.
struct Asked {
    place: Option<PathBuf>,
    start: OwnStart,
    blobs: Vec<Bytes>,
    since: Instant,
}

async fn see_to(
    place: OwnPlace,
    start: OwnStart,
    blobs: Vec<Bytes>,
    events: Sender<OwnEvent>,
    orders: UnboundedReceiver<Order>,
) {
    let mut teller = Teller {
        mode: start.mode,
        output: start.spec.output,
        events,
        orders,
        tails: [Tail::new(Stream::Out, start.from[0]), Tail::new(Stream::Err, start.from[1])],
        cancelled: false,
        claimed: false,
        held: false,
    };
    let mut asked = Asked { place: place.spool.clone(), start, blobs, since: Instant::now() };
    if asked.start.spec.payload.kind == PayloadKind::Inquiry {
        // The only error is that nobody listens any more.
        let _ = inquired(asked, &mut teller).await;
        return;
    }
    // An attempt that was given up before its start may have another one in its place: then that is looked at.
    while let Ok(Followed::Superseded) = once(&place, &mut asked, &mut teller).await {}
}

async fn inquired(asked: Asked, teller: &mut Teller) -> Result<(), Gone> {
    let from = asked.start.from[Stream::Out as usize];
    match spawn_blocking(move || inquire(asked.place, &asked.start, &asked.blobs)).await {
        Ok(Answered::With(answer, boot)) => inquiry::tell(answer, &boot, teller, from).await,
        Ok(Answered::Not(event)) => teller.tell(event).await,
        Err(panic) => teller.tell(ended(Outcome::Refused { reason: fault(&panic) })).await,
    }
}

/// Looks where the attempt stands, and follows it where there is something to follow.
async fn once(place: &OwnPlace, asked: &mut Asked, teller: &mut Teller) -> Result<Followed, Gone> {
    match asked.look().await {
        Ok(Beginning::Over(boot, outcome)) => {
            // Whoever asks why compares it with the one that the host has now.
            if let Some(boot) = boot {
                teller.tell(OwnEvent::Attached { boot }).await?;
            }
            teller.tell(ended(outcome)).await.map(|()| Followed::Over)
        }
        Ok(Beginning::Nothing(event)) => teller.tell(event).await.map(|()| Followed::Over),
        Ok(Beginning::Theirs(spool, attempt)) => match Follower::theirs(&spool, attempt, teller) {
            Ok(follower) => follower.follow().await,
            Err(error) => unreadable(teller, &error).await,
        },
        Ok(Beginning::Ours(spool, attempt, claim)) => supervised(place, &spool, attempt, claim, teller).await,
        Err(reason) => teller.tell(ended(Outcome::Unknown { reason })).await.map(|()| Followed::Over),
    }
}

impl Asked {
    async fn look(&mut self) -> Result<Beginning, Reason> {
        let (place, mut start, blobs) = (self.place.clone(), self.start.clone(), self.blobs.clone());
        let passed = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX);
        start.deadline_ms = start.deadline_ms.map(|left| left.saturating_sub(passed));
        let looked = spawn_blocking(move || begin(place, &start, &blobs)).await;
        looked.map_err(|panic| fault(&panic))
    }
}

fn fault(panic: &JoinError) -> Reason {
    Reason::new(ReasonKind::Internal, format!("the node ended in a fault: {panic}"))
}

/// Starts the supervisor of an attempt that this node has claimed, and follows it.
async fn supervised(
    place: &OwnPlace,
    spool: &Spool,
    attempt: AttemptFolder,
    claim: Claim,
    teller: &mut Teller,
) -> Result<Followed, Gone> {
    teller.claimed(&spool.host().boot).await?;
    let handed = claim.hand_on().map_err(|error| attempt.files().error("claim", "hand on", error).reason());
    let watch = handed.and_then(|file| Watch::start(place, &attempt, file));
    drop(claim);
    let watch = match watch {
        Ok(watch) => watch,
        Err(reason) => return not_supervised(spool, &attempt, reason, teller).await,
    };
    match Follower::ours(spool, attempt, watch, teller) {
        Ok(follower) => follower.follow().await,
        Err(error) => unreadable(teller, &error).await,
    }
}

/// The supervisor could not be started: nothing starts, unless somebody took the attempt over meanwhile.
async fn not_supervised(
    spool: &Spool,
    attempt: &AttemptFolder,
    reason: Reason,
    teller: &mut Teller,
) -> Result<Followed, Gone> {
    let outcome = match attempt.ask(spool.host(), Void::Final) {
        Ok(Verdict::DidNotStart) if matches!(attempt.void(), Ok(Some(Void::Final))) => Outcome::Refused { reason },
        Ok(_) => return Ok(Followed::Superseded),
        Err(error) => Outcome::Unknown { reason: error.reason() },
    };
    teller.tell(ended(outcome)).await.map(|()| Followed::Over)
}

async fn unreadable(teller: &mut Teller, error: &SpoolError) -> Result<Followed, Gone> {
    teller.tell(ended(Outcome::Unknown { reason: error.reason() })).await.map(|()| Followed::Over)
}
