//! Follows one attempt in its folder: tells what happens there, passes on the output as far as it is allowed, and
//! judges the attempt when its supervisor is gone.

use crate::spool::{AttemptFolder, Spool, SpoolError, Void};
use crate::supervisor::begin::{ended, given_up, word};
use crate::supervisor::bell;
use crate::supervisor::tail::Tail;
use crate::supervisor::teller::{Gone, Order, Teller};
use crate::supervisor::watch::{Heard, Watch, Woken, orders_to};
use mcom_engine::attempt::Verdict;
use mcom_engine::tree::{OwnEvent, OwnMode, OwnReceipt};
use mcom_model::{Outcome, OutputMode, Receipt, Stream};
use std::fs::File;
use std::time::{Duration, SystemTime};
use tokio::task::spawn_blocking;
use tokio::time::interval;

/// How often it is looked whether the supervisor of an attempt that is to be removed has left. It does so right after its
/// receipt stands.
const FORGET_LOOK: Duration = Duration::from_millis(5);

/// How the following ended.
pub(super) enum Followed {
    /// Everything was said.
    Over,
    /// The attempt was given up before its start, and another one may stand in its place.
    Superseded,
}

/// One attempt that is followed.
pub(super) struct Follower<'a> {
    attempt: AttemptFolder,
    spool: &'a Spool,
    teller: &'a mut Teller,
    watch: Watch,
    ctl: Option<File>,
    /// This node has claimed it and started its supervisor.
    ours: bool,
    heard: Heard,
    started: bool,
    ended: bool,
    /// There may be more output to pass on than the last look did.
    more: bool,
}

impl<'a> Follower<'a> {
    /// Follows what this node has started.
    pub(super) fn ours(
        spool: &'a Spool,
        attempt: AttemptFolder,
        watch: Watch,
        teller: &'a mut Teller,
    ) -> Result<Self, SpoolError> {
        Self::new(spool, attempt, watch, teller, true)
    }

    /// Follows what was started by somebody else.
    pub(super) fn theirs(spool: &'a Spool, attempt: AttemptFolder, teller: &'a mut Teller) -> Result<Self, SpoolError> {
        let watch = Watch::folder(&attempt);
        Self::new(spool, attempt, watch, teller, false)
    }

    fn new(
        spool: &'a Spool,
        attempt: AttemptFolder,
        watch: Watch,
        teller: &'a mut Teller,
        ours: bool,
    ) -> Result<Self, SpoolError> {
        let ctl = orders_to(&attempt)?;
        teller.tails.iter_mut().for_each(Tail::reopen);
        let heard = Heard::default();
        Ok(Self { attempt, spool, teller, watch, ctl, ours, heard, started: false, ended: false, more: false })
    }

    /// Follows it to its end, and then passes on output until nobody wants any.
    pub(super) async fn follow(mut self) -> Result<Followed, Gone> {
        if self.teller.cancelled {
            self.order(bell::CANCEL);
        }
        if self.teller.mode == OwnMode::Void {
            self.order(bell::GIVE_UP);
        }
        self.look().await?;
        loop {
            tokio::select! {
                biased;
                order = self.teller.orders.recv() => match order.ok_or(Gone)? {
                    Order::Forget => return Ok(self.forget().await),
                    order => self.take(order),
                },
                woken = self.watch.woken(self.ended) => {
                    if let Some(followed) = self.woken(woken).await? {
                        return Ok(followed);
                    }
                }
                // A payload that prints without end does not keep an order waiting: one piece, then a look at the rest.
                () = std::future::ready(()), if self.more => {}
            }
            self.look().await?;
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Allow(stream, upto) => self.teller.tails[stream as usize].allow(upto),
            Order::GiveUp => self.order(bell::GIVE_UP),
            Order::Cancel => {
                self.teller.cancelled = true;
                self.order(bell::CANCEL);
            }
            // It is the last one.
            Order::Forget => {}
        }
    }

    fn order(&self, word: u8) {
        if let Some(ctl) = &self.ctl {
            bell::ring(ctl, word);
        }
    }

    async fn woken(&mut self, woken: Woken) -> Result<Option<Followed>, Gone> {
        match woken {
            Woken::Look => return Ok(None),
            Woken::Rung(bytes) => {
                self.heard.hear(&bytes);
                return Ok(None);
            }
            Woken::Tick if self.attempt.is_claim_held().unwrap_or(false) => return Ok(None),
            Woken::Left => self.heard.hear(&self.watch.last_rung()),
            Woken::Tick => {}
        }
        if self.ended {
            return Ok(None);
        }
        self.look().await?;
        while self.more && !self.ended {
            self.look().await?;
        }
        if self.ended { Ok(None) } else { self.conclude().await }
    }

    /// Passes on everything that is new in the folder.
    async fn look(&mut self) -> Result<(), Gone> {
        if let Err(error) = self.try_look().await? {
            let reason = error.reason();
            if !self.ended {
                self.ended = true;
                self.teller.tell(ended(Outcome::Unknown { reason: reason.clone() })).await?;
            }
            self.teller.tell(OwnEvent::OutputGone { reason }).await?;
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
        match self.has_started(receipt.as_ref()) {
            Ok(true) if !self.started => self.say_started().await?,
            Ok(false) if record.is_none() => self.say_held().await?,
            Ok(_) => {}
            Err(error) => return Ok(Err(error)),
        }
        self.more = false;
        if self.started {
            for stream in [Stream::Out, Stream::Err] {
                if let Err(error) = self.pass_on(stream).await? {
                    return Ok(Err(error));
                }
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

    /// Whether the payload was executed. `started` alone does not say so: its process waits at its gate then.
    fn has_started(&mut self, receipt: Option<&Receipt>) -> Result<bool, SpoolError> {
        if self.started || receipt.is_some() || self.heard.executed {
            return Ok(true);
        }
        if self.watch.hears() {
            return Ok(false);
        }
        let [out, err] = &mut self.teller.tails;
        Ok(self.attempt.was_executed()? || out.has_any(&self.attempt)? || err.has_any(&self.attempt)?)
    }

    async fn say_started(&mut self) -> Result<(), Gone> {
        self.started = true;
        if self.ours {
            return self.teller.tell(OwnEvent::Started).await;
        }
        let boot = self.attempt.claim_boot().ok().flatten().unwrap_or_default();
        self.teller.tell(OwnEvent::Attached { boot }).await
    }

    /// Says once that it waits for the host's lock.
    async fn say_held(&mut self) -> Result<(), Gone> {
        if self.teller.held {
            return Ok(());
        }
        let Ok(Some(reason)) = self.attempt.read_held() else { return Ok(()) };
        self.teller.held = true;
        self.teller.tell(OwnEvent::Held { reason }).await
    }

    /// Passes on one piece of a stream, or says that there is more than it may.
    async fn pass_on(&mut self, stream: Stream) -> Result<Result<(), SpoolError>, Gone> {
        match self.teller.tails[stream as usize].next(&self.attempt) {
            Ok(Some((offset, bytes))) => {
                self.more = true;
                self.teller.tell(OwnEvent::Output { stream, offset, bytes }).await?;
            }
            Ok(None) => {}
            Err(error) => return Ok(Err(error)),
        }
        if self.teller.output == OutputMode::Live && !self.ended {
            match self.teller.tails[stream as usize].beyond(&self.attempt) {
                Ok(Some(len)) => self.teller.tell(OwnEvent::Printed { stream, len }).await?,
                Ok(None) => {}
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }

    fn with_bodies(&mut self, receipt: Receipt) -> Result<Box<OwnReceipt>, SpoolError> {
        let (mut out, mut err) = (None, None);
        if self.teller.output == OutputMode::AtEnd {
            let [tail_out, tail_err] = &mut self.teller.tails;
            out = tail_out.small(&self.attempt, &receipt.out)?;
            err = tail_err.small(&self.attempt, &receipt.err)?;
        }
        Ok(Box::new(OwnReceipt { receipt, out, err }))
    }

    async fn end(&mut self, outcome: Outcome, receipt: Option<Box<OwnReceipt>>) -> Result<(), Gone> {
        self.ended = true;
        self.teller.tell(OwnEvent::Ended { outcome, receipt }).await?;
        if let Ok(spool) = Spool::open_made(self.spool.root().path(), self.spool.host()) {
            // What cannot be removed now is found again tomorrow, or by the next attempt.
            spawn_blocking(move || {
                let now = SystemTime::now();
                spool.remove_old(now).and_then(|_| spool.remove_looks(now))
            });
        }
        Ok(())
    }

    /// Nothing of the attempt is wanted any more: one that only looked goes, as soon as its supervisor has left.
    async fn forget(self) -> Followed {
        let mut ticks = interval(FORGET_LOOK);
        while self.ended && matches!(self.spool.forget_look(self.attempt.name()), Ok(false)) {
            ticks.tick().await;
        }
        Followed::Over
    }

    /// The supervisor is gone and left no record: asks as everybody has to ask.
    async fn conclude(&mut self) -> Result<Option<Followed>, Gone> {
        // What this node started and could not start is refused, and not tried again by anybody.
        let word = if self.ours { Void::Final } else { word(self.teller.mode) };
        let verdict = self.attempt.ask(self.spool.host(), word);
        let outcome = match verdict {
            // Another supervisor has it, or a process that this node was just making holds its files still.
            Ok(Verdict::Running) => {
                self.watch = Watch::folder(&self.attempt);
                return Ok(None);
            }
            Ok(Verdict::Ended(outcome)) => outcome,
            Ok(Verdict::Unknown(reason)) => Outcome::Unknown { reason },
            Ok(Verdict::DidNotStart) => match self.attempt.void() {
                Ok(Some(Void::Next)) => return Ok(Some(Followed::Superseded)),
                Ok(_) if self.ours => Outcome::Refused { reason: self.heard.last_words() },
                Ok(_) => given_up(self.teller.mode),
                Err(error) => Outcome::Unknown { reason: error.reason() },
            },
            Err(error) => Outcome::Unknown { reason: error.reason() },
        };
        self.end(outcome, None).await?;
        Ok(None)
    }
}
