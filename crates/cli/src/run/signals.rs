//! Signals while a run goes on: what each of them asks for, and the question after the first interrupt.
//!
//! On a terminal the first interrupt stops new starts and asks what is to become of the rest, the second cancels, the
//! third leaves. Elsewhere nobody can be asked: the first one cancels, the second leaves. A lost terminal ends nothing.

use crate::exit::EndedBySignal;
use crate::run::question::{self, Answer};
use mcom_driver::run::Control;
use std::cell::{Cell, RefCell};
use std::convert::Infallible;
use std::io;
use std::rc::Rc;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixStream;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};

/// Words that wait for the run: more than anybody says.
const WORDS: usize = 8;

/// How often a run looks whether there is something to tell.
const LOOK: Duration = Duration::from_millis(200);

/// What the signals said so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Heard {
    first: Rc<Cell<Option<EndedBySignal>>>,
    leave: Rc<Notify>,
    notices: Rc<RefCell<Vec<String>>>,
    /// Whether notices may come that nothing else goes with.
    tells: bool,
}

/// The near end of the words that are said to a run.
pub struct Hearing {
    /// Where words may be put.
    pub(super) words: Sender<Control>,
    /// The words.
    pub(super) control: Receiver<Control>,
    /// What the signals said.
    pub(super) heard: Heard,
}

/// How far the operator has gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Asked {
    #[default]
    Nothing,
    Halt,
    Cancel,
    Leave,
}

/// Listens from now on; must be polled beside the run.
pub(super) struct Signals {
    ends: EndSignals,
    words: Sender<Control>,
    heard: Heard,
    /// Whether somebody at a terminal can be asked.
    asks: bool,
    asked: Asked,
    answers: (UnboundedSender<Answer>, UnboundedReceiver<Answer>),
}

impl Heard {
    /// The first signal that asked to end the run.
    pub(super) fn first(&self) -> Option<EndedBySignal> {
        self.first.get()
    }

    /// Waits until the operator leaves.
    pub(super) async fn leave(&self) {
        self.leave.notified().await;
    }

    /// Says that the operator leaves.
    pub(super) fn say_leave(&self) {
        self.leave.notify_one();
    }

    /// How soon it is to be looked whether there is something to tell, where nothing else happens.
    pub(super) fn look_again(&self) -> Option<Duration> {
        self.tells.then_some(LOOK)
    }

    /// What is to be told to the operator.
    pub(super) fn take_notices(&self) -> Vec<String> {
        self.notices.take()
    }
}

impl Signals {
    /// The listener, and where what it hears is said. `asks` says whether standard error is read by somebody who can be
    /// asked.
    pub(super) fn listen(asks: bool) -> io::Result<(Self, Hearing)> {
        let hearing = Hearing::of(Heard::default());
        let signals = Self {
            ends: EndSignals::listen()?,
            words: hearing.words.clone(),
            heard: hearing.heard.clone(),
            asks,
            asked: Asked::Nothing,
            answers: unbounded_channel(),
        };
        Ok((signals, hearing))
    }

    /// Never returns.
    pub(super) async fn pass_on(mut self) -> Infallible {
        loop {
            tokio::select! {
                signal = self.ends.next() => self.signalled(signal),
                Some(answer) = self.answers.1.recv() => self.answered(answer),
            }
        }
    }

    fn signalled(&mut self, signal: EndedBySignal) {
        if self.heard.first().is_none() {
            self.heard.first.set(Some(signal));
        }
        match (self.asked, signal) {
            (Asked::Nothing, EndedBySignal::Interrupt) if self.asks && question::ask(&self.answers.0) => {
                self.notice(question::TEXT);
                self.go(Asked::Halt);
            }
            (Asked::Nothing | Asked::Halt, _) => self.go(Asked::Cancel),
            (Asked::Cancel | Asked::Leave, _) => self.go(Asked::Leave),
        }
    }

    fn answered(&mut self, answer: Answer) {
        match answer {
            // A question that was overtaken by a second interrupt.
            _ if self.asked != Asked::Halt => {}
            Answer::Wait => self.notice("waiting for what runs; nothing new starts"),
            Answer::Cancel => self.go(Asked::Cancel),
            Answer::Detach => self.go(Asked::Leave),
            Answer::Unclear => self.notice(question::UNCLEAR),
        }
    }

    fn go(&mut self, to: Asked) {
        self.asked = to;
        let word = match to {
            Asked::Nothing => return,
            Asked::Halt => Control::Halt,
            Asked::Cancel => Control::Cancel { by: None },
            Asked::Leave => Control::Leave,
        };
        // Where the run is over there is nothing to cancel any more, and the last prints are left.
        let is_over = matches!(self.words.try_send(word), Err(TrySendError::Closed(_)));
        if is_over || to == Asked::Leave {
            self.heard.say_leave();
        }
    }

    fn notice(&self, text: &str) {
        self.heard.notices.borrow_mut().push(text.to_owned());
        // A halt wakes the run, and a word that says nothing new does the same.
        let _ = self.words.try_send(Control::Halt);
    }
}

impl Hearing {
    /// Of a run that a process has beside other things, and that nobody has said a word to yet.
    pub fn beside_others() -> Self {
        Self::of(Heard { tells: true, ..Heard::default() })
    }

    fn of(heard: Heard) -> Self {
        let (words, control) = channel(WORDS);
        Self { words, control, heard }
    }

    /// The far end.
    pub fn speaker(&self) -> Speaker {
        Speaker { words: self.words.clone(), heard: self.heard.clone() }
    }
}

/// The far end of the words that are said to a run, for a process that has several.
#[derive(Clone)]
pub struct Speaker {
    words: Sender<Control>,
    heard: Heard,
}

impl Speaker {
    /// Tells the operator something, above what is drawn.
    pub fn tell(&self, notice: &str) {
        self.heard.notices.borrow_mut().push(notice.to_owned());
    }

    /// Lets nothing new start.
    pub fn halt(&self) {
        // Where there is no room, there are words enough that say the same.
        let _ = self.words.try_send(Control::Halt);
    }

    /// Leaves it alone, and the last prints as well.
    pub fn leave(&self) {
        let _ = self.words.try_send(Control::Leave);
        self.heard.say_leave();
    }
}

/// The signals that ask a process to end. A lost terminal is none of them.
pub struct EndSignals {
    /// A byte for each interrupt: two that come together are still two.
    interrupts: UnixStream,
    /// Interrupts that were read and not told yet.
    untold: usize,
    terminate: Signal,
    hangup: Signal,
}

impl EndSignals {
    /// Listens from now on, inside of an event loop.
    pub fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupts: interrupts()?,
            untold: 0,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// The next one. Safe to give up and call again.
    pub async fn next(&mut self) -> EndedBySignal {
        loop {
            // Where the terminal is gone, the run goes on into the ledger.
            if let Some(signal) = self.any().await {
                return signal;
            }
        }
    }

    /// Waits until whoever reads wants no more, or is gone. Safe to give up and call again.
    pub async fn next_of_reader(&mut self) {
        self.any().await;
    }

    /// The next one; none where the terminal is gone.
    async fn any(&mut self) -> Option<EndedBySignal> {
        let mut bytes = [0; 8];
        while self.untold == 0 {
            tokio::select! {
                Ok(count) = self.interrupts.read(&mut bytes) => self.untold += count,
                _ = self.terminate.recv() => return Some(EndedBySignal::Terminate),
                _ = self.hangup.recv() => return None,
            }
        }
        self.untold -= 1;
        Some(EndedBySignal::Interrupt)
    }
}

/// The reading end of what the interrupts write.
fn interrupts() -> io::Result<UnixStream> {
    let (near, far) = std::os::unix::net::UnixStream::pair()?;
    signal_hook::low_level::pipe::register(SignalKind::interrupt().as_raw_value(), far)?;
    near.set_nonblocking(true)?;
    UnixStream::from_std(near)
}
