//! The nouns that every other crate shares: hosts, plans, payloads, outcomes, run events and limits.
//!
//! Pure data. Nothing here opens a file, reads a clock or knows about SSH.

mod clock;
mod credentials;
mod digest;
mod event;
pub mod heard;
mod host;
mod ids;
mod inquiry;
pub mod limits;
mod outcome;
mod payload;
mod plan;
mod reason;
mod recorded;
mod spec;

pub use clock::RunClock;
pub use credentials::{Access, AskKind, Credentials, Edge, RunAs, RunAsTool, Verdict};
pub use digest::{Digest, DigestHasher, ParseDigestError};
pub use event::{EndedBy, HostEvent, RunEvent, RunStart, What};
pub use host::{DcRule, HostSpec};
pub use ids::{Epoch, HostId, HostRanges, ParseRunIdError, RunId};
pub use inquiry::{Holder, HostAnswer, Inquiry, PastAttempt, Pong};
pub use outcome::{BodyRef, Exit, Outcome, OutcomeKind, Receipt, Stream, Tally};
pub use payload::{BlobRef, Payload, PayloadKind};
pub use plan::{Plan, PlanRequest, PlannedDc, TreeShape};
pub use reason::{Reason, ReasonKind};
pub use recorded::{RecordedHost, RecordedRun};
pub use spec::{HostLock, InnerLinks, OutputMode, RunLimits, RunSpec, Timers};
