//! What mcom keeps on a host: one folder for each attempt, the host's lock, and the history of runs.
//!
//! ```text
//! /var/lib/mcom                  of root, else /var/tmp/mcom-UID; MCOM_SPOOL moves it
//!   header                       {"spool":1,"machine":"…"}: another machine's spool is refused
//!   lock, holder                 flock of the supervisor that runs a payload; who that is and why, as JSON
//!   history                      one JSON line before and one after each run, but for what only looks
//!   runs/RUN.ATTEMPT/            made under another name, and renamed to this one when it is whole: the claim
//!     claim                      a JSON line with the boot id; a line `void` ends the attempt before its start, a
//!                                line `void next` as well, and the next attempt of the run takes its place
//!     spec                       what to run, as JSON
//!     payload, stdin             the bytes
//!     started                    JSON: pid, start time, boot id; then a line `executed`
//!     out, err, index            the two streams; a JSON line for each piece: stream, offset, len, at (µs)
//!     held                       JSON: why it waits for the host's lock, where it has to
//!     result                     what the payload left in $MCOM_RESULT
//!     exit                       JSON, padded with blanks: the outcome and the receipt
//!     bell, ctl                  fifos: the supervisor wakes the node; the node asks for a cancel
//!   runs/RUN.ATTEMPT.look/       the same of a payload that only looks: removed when everybody has what they want of it
//! ```
//!
//! Everything is mode 0700 or 0600, the owner is checked, and no symbolic link is followed.

mod ask;
mod attempt;
mod blob;
mod chain;
mod claim;
mod error;
mod folder;
mod formats;
mod history;
mod host;
mod newest;
mod past;
mod place;
mod remove;
#[cfg(test)]
mod tests;

pub(crate) use attempt::EXECUTED;
pub use attempt::{AttemptFolder, EXIT_ROOM};
pub use chain::Standing;
pub use claim::{Claim, Void};
pub use error::SpoolError;
pub use folder::Folder;
pub use formats::{AttemptSpec, ClaimRecord, ExitRecord, HistoryLine, IndexLine};
pub use history::History;
pub use host::{HostIdentity, ProcessIdentity, ProcessStat};
pub use place::{HostLock, Spool};
