//! Carries out what the attempt decides: files, locks and processes, and how each of them went.

use crate::spool::{
    AttemptFolder, AttemptSpec, Claim, EXECUTED, History, HostLock, ProcessIdentity, Spool, SpoolError,
};
use crate::supervisor::answer::already_ran;
use crate::supervisor::bell;
use crate::supervisor::cgroup::Cgroup;
use crate::supervisor::descend::term_all;
use crate::supervisor::output::{Output, OutputFiles};
use crate::supervisor::payload::{PayloadProcess, Program};
use crate::supervisor::record::{begin_line, reserve_exit, wall_ms};
use crate::supervisor::sys::Reaped;
use mcom_engine::attempt::{Input, Op};
use mcom_model::{Digest, Holder, Reason, ReasonKind, RunClock, Stream};
use std::fs::File;
use std::io::Write;
use std::os::fd::BorrowedFd;

/// What the supervisor holds.
pub(super) struct Hands {
    pub(super) spool: Spool,
    pub(super) folder: AttemptFolder,
    pub(super) spec: AttemptSpec,
    pub(super) bell: File,
    pub(super) claim: Option<Claim>,
    pub(super) draft: Option<File>,
    pub(super) files: Option<OutputFiles>,
    pub(super) lock: Option<HostLock>,
    pub(super) cgroup: Option<Cgroup>,
    pub(super) payload: Option<PayloadProcess>,
    pub(super) handed: Option<File>,
    pub(super) started: Option<File>,
    pub(super) output: Option<Output>,
    pub(super) released: RunClock,
    pub(super) usage: Option<(Reaped, RunClock)>,
    pub(super) left: Vec<String>,
    pub(super) left_count: u64,
    pub(super) recorded: bool,
}

/// Why an operation was not done.
pub(super) enum Not {
    /// It failed.
    Done(Reason),
    /// The host is not free.
    Free(Reason),
}

impl From<SpoolError> for Not {
    fn from(error: SpoolError) -> Self {
        Self::Done(error.reason())
    }
}

impl Hands {
    /// `handed` is the claim with its flock, where this process was given it.
    pub(super) fn new(
        spool: Spool,
        folder: AttemptFolder,
        spec: AttemptSpec,
        bell: File,
        handed: Option<File>,
    ) -> Self {
        Self {
            spool,
            folder,
            spec,
            bell,
            claim: None,
            draft: None,
            files: None,
            lock: None,
            cgroup: None,
            payload: None,
            handed,
            started: None,
            output: None,
            released: RunClock::ZERO,
            usage: None,
            left: Vec::new(),
            left_count: 0,
            recorded: false,
        }
    }

    /// Carries out one operation.
    pub(super) fn perform(&mut self, op: Op, now: RunClock) -> Input {
        let done = match op {
            Op::ReadClaim => return self.read_claim(),
            Op::Kill => return self.kill(now),
            Op::FindEarlier => return self.find_earlier(),
            Op::NoteHeld(reason) => self.note_held(&reason),
            Op::TakeClaim => self.take_claim(),
            Op::ReserveExit => self.reserve(),
            Op::TakeLock => self.take_lock(),
            Op::VerifyPayload => self.verify(),
            Op::NoteBegin => self.note_begin(),
            Op::Fork => self.fork(),
            Op::WriteStarted => self.write_started(),
            Op::SyncStarted => self.sync_started(),
            Op::SyncFolder => self.sync_folder(),
            Op::Release => self.release(now),
            Op::Abandon => self.abandon(),
            Op::Term => {
                term_all();
                Ok(())
            }
            Op::Drain => self.drain(now),
            Op::WriteExit(outcome) => self.write_exit(outcome),
            Op::SyncExit => self.sync_exit(),
            Op::RenameExit => self.rename_exit(),
            Op::NoteEnd(outcome) => self.note_end(outcome),
            Op::ReleaseLock => {
                self.lock = None;
                Ok(())
            }
            Op::Announce => {
                bell::ring(&self.bell, bell::LOOK);
                Ok(())
            }
            Op::SyncHistory => self.sync_history(),
            Op::Leave(_) => Ok(()),
        };
        match done {
            Ok(()) => Input::Done,
            Err(Not::Done(reason)) => Input::Failed(reason),
            Err(Not::Free(reason)) => Input::Busy(reason),
        }
    }

    /// The pipes of the payload that are still open.
    pub(super) fn open_streams(&self) -> impl Iterator<Item = (Stream, BorrowedFd<'_>)> {
        self.output.iter().flat_map(Output::open)
    }

    /// The payload's report about its execution, while it is awaited.
    pub(super) fn report(&self) -> Option<&File> {
        self.payload.as_ref().and_then(PayloadProcess::report)
    }

    /// Reads that report; wakes the node when the payload is being executed, and writes it down for other readers. It
    /// is a hint: the payload's output and its receipt say the same later.
    pub(super) fn read_report(&mut self) {
        if self.payload.as_mut().is_some_and(|payload| !payload.waits() && payload.read_report()) {
            let _ = self.started.take().map(|mut started| started.write_all(EXECUTED));
            bell::ring(&self.bell, bell::EXECUTED);
        }
    }

    /// Copies a piece of a stream that is ready; wakes the node when there is more to read.
    pub(super) fn copy(&mut self, stream: Stream, now: RunClock) {
        if self.output.as_mut().is_some_and(|output| output.copy(stream, now)) {
            bell::ring(&self.bell, bell::LOOK);
        }
    }

    /// A child has ended: what it means for the attempt, where it is the payload.
    pub(super) fn ended(&mut self, reaped: &Reaped, now: RunClock) -> Option<Input> {
        self.payload.as_ref().filter(|payload| payload.pid == reaped.pid)?;
        self.usage = Some((*reaped, now));
        self.read_report();
        match self.payload.as_ref().and_then(PayloadProcess::failure) {
            Some(reason) => Some(Input::CannotExecute(reason)),
            None => Some(Input::Exited(reaped.exit)),
        }
    }

    /// The last thing that this process does: says why there is no record, where there is none. Gives the exit code.
    pub(super) fn leave(self, words: Option<&Reason>) -> u8 {
        if let Some(words) = words {
            bell::say(&self.bell, words);
        }
        u8::from(!self.recorded)
    }

    fn take_claim(&mut self) -> Result<(), Not> {
        self.claim = Some(self.folder.lock_claim(self.handed.take())?);
        Ok(())
    }

    fn read_claim(&self) -> Input {
        let found = || -> Result<Input, SpoolError> {
            Ok(Input::Found {
                void: self.folder.void()?.is_some(),
                started: self.folder.has_started()?,
                ended: self.folder.files().has("exit")?,
            })
        };
        found().unwrap_or_else(|error| Input::Failed(error.reason()))
    }

    fn reserve(&mut self) -> Result<(), Not> {
        self.draft = Some(reserve_exit(&self.folder)?);
        self.files = Some(OutputFiles::make(&self.folder)?);
        Ok(())
    }

    fn take_lock(&mut self) -> Result<(), Not> {
        let run = &self.spec.run;
        let me = Holder {
            attempt: self.folder.name().to_owned(),
            who: run.who.clone(),
            what: run.payload.name.clone(),
            reason: run.reason.clone(),
            since_ms: wall_ms(),
        };
        self.lock = Some(self.spool.lock(&me, me.since_ms)?.map_err(Not::Free)?);
        Ok(())
    }

    /// Followers read it; one that comes when the wait is over finds that it has started.
    fn note_held(&self, reason: &Reason) -> Result<(), Not> {
        let files = self.folder.files();
        let text = serde_json::to_vec(reason).map_err(|error| files.error("held", "write", error))?;
        files.replace("held", &text)?;
        bell::ring(&self.bell, bell::LOOK);
        Ok(())
    }

    fn find_earlier(&self) -> Input {
        match self.spool.brought_by(self.spec.run.payload.id()) {
            Ok(None) => Input::Done,
            Ok(Some(earlier)) => Input::Has(already_ran(&earlier)),
            Err(error) => Input::Failed(error.reason()),
        }
    }

    fn verify(&self) -> Result<(), Not> {
        for blob in self.spec.run.payload.blobs() {
            let name = AttemptFolder::blob_name(&self.spec, blob);
            let bytes = self.folder.files().read(name, blob.len + 1)?.unwrap_or_default();
            if Digest::of(&bytes) != blob.digest {
                let text = format!("{}: its digest is not the one that was sent", self.folder.path(name).display());
                return Err(Not::Done(Reason::new(ReasonKind::PayloadDigestMismatch, text)));
            }
        }
        Ok(())
    }

    fn note_begin(&self) -> Result<(), Not> {
        Ok(History::open(self.spool.root())?.append(&begin_line(self.folder.name(), &self.spec))?)
    }

    fn fork(&mut self) -> Result<(), Not> {
        let program = Program::new(&self.folder, &self.spec)?;
        self.cgroup = Cgroup::make(self.folder.name());
        let files = self.files.take().expect("the files are made with the room for the exit record");
        let (payload, pipes) = program.fork(self.cgroup.as_ref()).map_err(|error| {
            Not::Done(Reason::new(ReasonKind::CannotExecute, format!("cannot make a process: {error}")))
        })?;
        self.payload = Some(payload);
        self.output = Some(Output::new(files, pipes.out, pipes.err, self.spec.run.limits.output_cap));
        Ok(())
    }

    fn write_started(&mut self) -> Result<(), Not> {
        let files = self.folder.files();
        let pid = self.payload.as_ref().map_or(0, |payload| payload.pid);
        let process =
            ProcessIdentity::of(pid, self.spool.host()).map_err(|error| files.error("started", "fill", error))?;
        let mut text = serde_json::to_vec(&process).map_err(|error| files.error("started", "write", error))?;
        text.push(b'\n');
        let mut file = files.create_new("started", rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR)?;
        file.write_all(&text).map_err(|error| files.error("started", "write", error))?;
        self.started = Some(file);
        Ok(())
    }

    fn sync_started(&mut self) -> Result<(), Not> {
        let synced = self.started.as_ref().map_or(Ok(()), File::sync_all);
        Ok(synced.map_err(|error| self.folder.files().error("started", "flush", error))?)
    }

    fn sync_folder(&self) -> Result<(), Not> {
        self.folder.files().sync()?;
        Ok(self.spool.runs().sync()?)
    }

    fn release(&mut self, now: RunClock) -> Result<(), Not> {
        self.released = now;
        let released = self.payload.as_mut().map_or(Ok(()), PayloadProcess::release);
        Ok(released.map_err(|error| self.folder.files().error("payload", "release", error))?)
    }

    fn abandon(&mut self) -> Result<(), Not> {
        if let Some(payload) = &mut self.payload {
            payload.abandon();
        }
        Ok(())
    }
}
