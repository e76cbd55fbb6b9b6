//! The views of a run, on a thread of their own: a reader that stopped (a pager, `| sleep`) holds up nobody else.

use crate::run::bodies::LedgerBodies;
use crate::run::display::Terminal;
use mcom_model::{HostId, RunClock, RunEvent, Stream};
use mcom_report::LiveReport;
use std::future::Future;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// Bytes of output that may wait for their readers; with more of them the readers are behind.
const BEHIND: u64 = 4 << 20;

/// Readers that were behind have caught up when no more bytes than these wait.
const CAUGHT_UP: u64 = BEHIND / 4;

/// How soon to look again whether readers that are behind have caught up.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Words that are taken in between two looks at what is due.
const BURST: usize = 1000;

/// For readers that do read, to get the last of it when the operator leaves.
const LEAVING: Duration = Duration::from_secs(1);

/// What the views are told.
enum Word {
    Event(Box<RunEvent>),
    Output {
        host: HostId,
        stream: Stream,
        bytes: Box<[u8]>,
    },
    Notice(String),
    /// The run is over: the text to print after everything else.
    Last(String),
    /// The run goes on, and its reader wants no more: the text to print after everything else.
    Left(String),
}

/// What the two threads share.
#[derive(Default)]
struct Shared {
    /// Bytes of output that wait.
    waiting: AtomicU64,
    /// A moment of the run, and when that was.
    clock: OnceLock<(RunClock, Instant)>,
}

/// The near end of the views. Nothing here ever waits for a reader.
pub(super) struct Views {
    words: Sender<Word>,
    shared: Arc<Shared>,
    is_behind: bool,
    over: oneshot::Receiver<()>,
}

impl Views {
    /// Starts the thread. `draws` says whether the views need to know the terminal's size.
    pub(super) fn start(report: LiveReport, bodies: LedgerBodies, draws: bool) -> io::Result<Self> {
        let (words, heard) = channel();
        let (ended, over) = oneshot::channel();
        let shared = Arc::new(Shared::default());
        let show =
            Show { report, bodies, draws, heard, shared: Arc::clone(&shared), last: String::new(), goes_on: false };
        std::thread::Builder::new().name("views".to_owned()).spawn(move || {
            // Dropped in any case, so that nobody waits for a thread that is gone.
            let _ended = ended;
            show.run();
        })?;
        Ok(Self { words, shared, is_behind: false, over })
    }

    pub(super) fn event(&self, event: &RunEvent) {
        self.tell(Word::Event(Box::new(event.clone())));
    }

    pub(super) fn output(&self, host: HostId, stream: Stream, bytes: &[u8]) {
        self.shared.waiting.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.tell(Word::Output { host, stream, bytes: bytes.into() });
    }

    pub(super) fn notice(&self, text: impl Into<String>) {
        self.tell(Word::Notice(text.into()));
    }

    /// Takes in the run's time. Says whether the readers are behind, and then when to ask again.
    pub(super) fn tick(&mut self, now: RunClock) -> (bool, Option<Duration>) {
        self.shared.clock.get_or_init(|| (now, Instant::now()));
        let waiting = self.shared.waiting.load(Ordering::Relaxed);
        self.is_behind = waiting > if self.is_behind { CAUGHT_UP } else { BEHIND };
        (self.is_behind, self.is_behind.then_some(LOOK_AGAIN))
    }

    /// Prints the end of the run, and `last` after it. Returns when all is printed; soon after the operator `leaves`
    /// in any case.
    pub(super) async fn finish(self, last: String, leaves: impl Future<Output = ()>) {
        self.tell(Word::Last(last));
        let left = async {
            leaves.await;
            tokio::time::sleep(LEAVING).await;
        };
        tokio::select! {
            _ = self.over => {}
            () = left => {}
        }
    }

    /// Ends the printing of a run that goes on, and prints `last` after it. Returns when all is printed, or soon.
    pub(super) async fn leave(self, last: String) {
        self.tell(Word::Left(last));
        let _ = tokio::time::timeout(LEAVING, self.over).await;
    }

    /// Where the thread is gone, nobody reads, and nothing waits.
    fn tell(&self, word: Word) {
        if self.words.send(word).is_err() {
            self.shared.waiting.store(0, Ordering::Relaxed);
        }
    }
}

/// The far end: the only place that prints while a run goes on.
struct Show {
    report: LiveReport,
    bodies: LedgerBodies,
    draws: bool,
    heard: Receiver<Word>,
    shared: Arc<Shared>,
    last: String,
    /// Whether the run goes on when the printing ends.
    goes_on: bool,
}

impl Show {
    fn run(mut self) {
        while self.take_in() {}
        // A reader that went away is no error: the run is in the ledger.
        let _ = if self.goes_on { self.report.leave(true) } else { self.report.finish(&self.bodies) };
        let _ = io::stderr().write_all(self.last.as_bytes());
    }

    /// Prints what is due, waits for a word, and takes in what there is. False when the run is over.
    fn take_in(&mut self) -> bool {
        let first = match self.tick() {
            Some(due) => match self.heard.recv_timeout(due) {
                Err(RecvTimeoutError::Timeout) => return true,
                word => word.ok(),
            },
            None => self.heard.recv().ok(),
        };
        let Some(mut word) = first else { return false };
        for _ in 1..BURST {
            if !self.take(word) {
                return false;
            }
            match self.heard.try_recv() {
                Ok(next) => word = next,
                Err(_) => return true,
            }
        }
        self.take(word)
    }

    /// False when it was the last one.
    fn take(&mut self, word: Word) -> bool {
        match word {
            Word::Event(event) => self.report.event(&event, &self.bodies),
            Word::Output { host, stream, bytes } => {
                self.report.output(host, stream, &bytes);
                self.shared.waiting.fetch_sub(bytes.len() as u64, Ordering::Relaxed);
            }
            Word::Notice(text) => self.report.notice(&text),
            Word::Last(text) => {
                self.last = text;
                return false;
            }
            Word::Left(text) => {
                (self.last, self.goes_on) = (text, true);
                return false;
            }
        }
        true
    }

    fn tick(&mut self) -> Option<Duration> {
        if self.draws {
            let (columns, rows) = Terminal::size_now();
            self.report.resize(columns, rows);
        }
        let now = self.shared.clock.get().map_or(RunClock::ZERO, |(clock, at)| clock.after(at.elapsed()));
        self.report.tick(now, &self.bodies)
    }
}
