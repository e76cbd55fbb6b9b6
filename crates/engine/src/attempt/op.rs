//! What a supervisor is told to do, and what it can answer or report.

use mcom_model::{Exit, Outcome, Reason};

/// One thing to do. The supervisor does them one by one and answers each with exactly one [`Input`] before it asks for
/// the next: [`Input::Done`] or [`Input::Failed`], unless another answer is named here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// Take the flock on the claim; an asker holds it for a moment at most, so wait for it.
    TakeClaim,
    /// Read what stands in the attempt's folder. Answered by [`Input::Found`].
    ReadClaim,
    /// Reserve room for the exit record under its temporary name.
    ReserveExit,
    /// Take the host's lock. Answered by [`Input::Done`], [`Input::Busy`] or [`Input::Failed`].
    TakeLock,
    /// Write down for those who follow that another run holds the host, and that this one waits.
    NoteHeld(Reason),
    /// Look whether the host has this payload already. Answered by [`Input::Done`], [`Input::Has`] or
    /// [`Input::Failed`].
    FindEarlier,
    /// Check the payload's digest.
    VerifyPayload,
    /// Append the line before the run to the history.
    NoteBegin,
    /// Make the payload's process. It waits before it executes anything.
    Fork,
    /// Write `started`: the process, its start time, the boot id.
    WriteStarted,
    /// Flush `started` to the disk.
    SyncStarted,
    /// Flush the names in the attempt's folder to the disk.
    SyncFolder,
    /// Let the waiting process execute the payload.
    Release,
    /// End the waiting process; it executes nothing.
    Abandon,
    /// Send TERM to the payload's group and all its descendants.
    Term,
    /// Send KILL to every descendant until none is left or none can be killed. Answered by [`Input::Swept`].
    Kill,
    /// Copy what is in the pipes right now, then close them: a process left behind may hold them open for ever.
    Drain,
    /// Write the exit record under its temporary name.
    WriteExit(Outcome),
    /// Flush the exit record to the disk.
    SyncExit,
    /// Give the exit record its final name.
    RenameExit,
    /// Append the line after the run to the history.
    NoteEnd(Outcome),
    /// Release the host's lock.
    ReleaseLock,
    /// Wake the node: the exit record stands.
    Announce,
    /// Flush the history to the disk.
    SyncHistory,
    /// Leave. The words, where there are some, are for the node: no record could be written. Not answered.
    Leave(Option<Reason>),
}

/// How an [`Op`] went, or what happened by itself while the payload runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The operation succeeded.
    Done,
    /// The operation failed.
    Failed(Reason),
    /// What stood in the attempt's folder when its claim was taken.
    Found {
        /// Somebody voided the attempt.
        void: bool,
        /// `started` stands there: the payload may have run.
        started: bool,
        /// `exit` stands there.
        ended: bool,
    },
    /// Another run holds the host.
    Busy(Reason),
    /// The host has this payload already: which run brought it.
    Has(Reason),
    /// The sweep is over; this is how the payload ended, unless it could not be ended.
    Swept(Option<Exit>),
    /// The process was released and could not execute the payload.
    CannotExecute(Reason),
    /// The payload ended.
    Exited(Exit),
    /// The payload has ended and no descendant of it is left.
    NoneLeft,
    /// The time that [`Attempt::next_timeout`](crate::attempt::Attempt::next_timeout) named has come.
    Timeout,
    /// A cancel was asked for.
    CancelAsked,
    /// It was asked that the payload does not start. One that runs goes on.
    GiveUpAsked,
}
