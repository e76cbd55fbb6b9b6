//! What wakes a node that follows an attempt.

use crate::spool::{AttemptFolder, SpoolError};
use crate::supervisor::own::OwnPlace;
use crate::supervisor::{bell, sys};
use mcom_model::{Reason, ReasonKind};
use rustix::fs::inotify::{CreateFlags, WatchFlags, add_watch, init};
use rustix::io::Errno;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::unix::AsyncFd;
use tokio::net::unix::pipe;
use tokio::process::{Child, Command};
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often a follower looks whether the supervisor lives, which no change of a file tells, and whether a change was
/// missed.
const LOOK: Duration = Duration::from_millis(100);

/// Where the wake-ups come from.
pub(super) enum Watch {
    /// The supervisor is this node's child.
    Child {
        bell: pipe::Receiver,
        /// None once it has ended.
        child: Option<Child>,
    },
    /// It is somebody else's: changes of the folder, where the kernel can tell them, and a look now and then.
    Folder { changes: Option<AsyncFd<OwnedFd>>, ticks: Interval },
}

/// Why a wait is over.
pub(super) enum Woken {
    /// There may be more to see.
    Look,
    /// The bell said something.
    Rung(Vec<u8>),
    /// The supervisor has ended.
    Left,
    /// It is time to look whether it has.
    Tick,
}

impl Watch {
    /// Starts the supervisor, detached from the link's streams. It is handed the claim with its flock on.
    pub(super) fn start(place: &OwnPlace, attempt: &AttemptFolder, claim: File) -> Result<Self, Reason> {
        let files = attempt.files();
        let bell = files.open_fifo("bell").map_err(|error| error.reason())?;
        let bell = pipe::Receiver::from_file_unchecked(bell);
        let bell = bell.map_err(|error| files.error("bell", "listen to", error).reason())?;
        let child = Command::new(&place.program)
            .arg("supervise")
            .arg(attempt.place())
            .envs(place.link.as_ref().map(|link| ("SSH_CONNECTION", link)))
            .stdin(claim)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let child = child
            .map_err(|error| Reason::new(ReasonKind::CannotExecute, format!("cannot start the supervisor: {error}")))?;
        Ok(Self::Child { bell, child: Some(child) })
    }

    /// Follows what somebody else has started. Before the first look, so that no change is missed.
    pub(super) fn folder(attempt: &AttemptFolder) -> Self {
        let mut ticks = interval(LOOK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self::Folder { changes: changes(attempt.place()).and_then(|fd| sys::awaited(fd).ok()), ticks }
    }

    /// Waits; where everything was seen, only for the end of the supervisor's process. It may be dropped and asked
    /// again without a loss.
    pub(super) async fn woken(&mut self, all_seen: bool) -> Woken {
        match self {
            Self::Child { bell, child } => {
                tokio::select! {
                    biased;
                    Ok(()) = bell.readable(), if !all_seen => return Woken::Rung(rung(bell)),
                    () = ends(child) => {}
                }
                *child = None;
                Woken::Left
            }
            Self::Folder { .. } if all_seen => std::future::pending().await,
            Self::Folder { changes: Some(changes), ticks } => tokio::select! {
                () = changed(changes) => Woken::Look,
                _ = ticks.tick() => Woken::Tick,
            },
            Self::Folder { changes: None, ticks } => {
                ticks.tick().await;
                Woken::Tick
            }
        }
    }

    /// Whether the bell says here what happens.
    pub(super) const fn hears(&self) -> bool {
        matches!(self, Self::Child { .. })
    }

    /// What the bell says, without waiting.
    pub(super) fn last_rung(&self) -> Vec<u8> {
        match self {
            Self::Child { bell, .. } => rung(bell),
            Self::Folder { .. } => Vec::new(),
        }
    }
}

/// The way to the supervisor's ear; none where it can take no order: it was void from the first.
pub(super) fn orders_to(attempt: &AttemptFolder) -> Result<Option<File>, SpoolError> {
    if attempt.files().has("ctl")? { attempt.files().open_fifo("ctl").map(Some) } else { Ok(None) }
}

/// Everything that changes what can be read in the folder. The claim is opened for reading only by those who look
/// after it now and then, so they do not wake each other.
fn changes(place: &Path) -> Option<OwnedFd> {
    let watch = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    let what = WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO | WatchFlags::ONLYDIR;
    add_watch(&watch, place, what).ok()?;
    Some(watch)
}

async fn ends(child: &mut Option<Child>) {
    match child {
        Some(child) => drop(child.wait().await),
        None => std::future::pending().await,
    }
}

async fn changed(changes: &AsyncFd<OwnedFd>) {
    let Ok(mut ready) = changes.readable().await else {
        return std::future::pending().await;
    };
    // What has changed is seen in the folder itself.
    let mut buffer = [0; 4096];
    while let Ok(1..) | Err(Errno::INTR) = rustix::io::read(changes, &mut buffer) {}
    ready.clear_ready();
}

fn rung(bell: &pipe::Receiver) -> Vec<u8> {
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    while let Ok(len @ 1..) = bell.try_read(&mut buffer) {
        heard.extend_from_slice(&buffer[..len]);
    }
    heard
}

/// What the bell of this node's own supervisor has said so far.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// The payload is being executed.
    pub executed: bool,
    /// Why there is no exit record, as JSON.
    words: Option<Vec<u8>>,
}

impl Heard {
    pub(super) fn hear(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            match (&mut self.words, byte) {
                (Some(words), byte) => words.push(byte),
                (None, bell::EXECUTED) => self.executed = true,
                (None, bell::LAST_WORDS) => self.words = Some(Vec::new()),
                (None, _) => {}
            }
        }
    }

    /// Why the supervisor left without starting anything.
    pub(super) fn last_words(&self) -> Reason {
        let words = self.words.as_ref().and_then(|words| serde_json::from_slice(words).ok());
        words.unwrap_or_else(|| {
            Reason::new(ReasonKind::Internal, "the supervisor ended before it started the payload, without a word")
        })
    }
}
