//! A payload that is a question to the host: answered by the node, with the events of a payload that ran. Nothing is
//! claimed, started, locked or written down.

use crate::spool::{HostIdentity, Spool, SpoolError};
use crate::supervisor::answer::answer;
use crate::supervisor::begin::ended;
use crate::supervisor::teller::{Gone, Order, Teller};
use bytes::Bytes;
use mcom_engine::tree::{OwnEvent, OwnMode, OwnReceipt, OwnStart};
use mcom_model::{BodyRef, Digest, Exit, Inquiry, Outcome, OutputMode, Reason, ReasonKind, Receipt, Stream, limits};
use std::path::PathBuf;

/// What became of the question.
pub(super) enum Answered {
    /// The answer, and the boot id of the host.
    With(Bytes, String),
    /// There is none.
    Not(OwnEvent),
}

/// Answers, where the question is here.
pub(super) fn inquire(place: Option<PathBuf>, start: &OwnStart, blobs: &[Bytes]) -> Answered {
    let not_run = || {
        let reason = Reason::new(ReasonKind::Halted, "the run was halted before the host was asked");
        Answered::Not(ended(Outcome::NotRun { reason }))
    };
    let question = blobs.first().filter(|bytes| Digest::of(bytes) == start.spec.payload.blob.digest);
    match (start.mode, question) {
        (OwnMode::Void, _) => return not_run(),
        // The question comes with the start.
        (OwnMode::Look, None) => return Answered::Not(OwnEvent::NotBegun),
        (OwnMode::Look | OwnMode::Start, _) => {}
    }
    let Some(inquiry) = question.and_then(|bytes| serde_json::from_slice::<Inquiry>(bytes).ok()) else {
        let text = "the node on the host does not understand this question";
        return Answered::Not(ended(Outcome::Refused { reason: Reason::new(ReasonKind::CannotExecute, text) }));
    };
    let answered = || -> Result<_, SpoolError> {
        let spool = Spool::open(&place.map_or_else(Spool::default_place, Ok)?, &HostIdentity::read()?)?;
        Ok(Answered::With(answer(&spool, inquiry)?.into(), spool.host().boot.clone()))
    };
    answered().unwrap_or_else(|error| Answered::Not(ended(Outcome::Refused { reason: error.reason() })))
}

/// Tells the answer as the output of a payload that ran.
pub(super) async fn tell(answer: Bytes, boot: &str, teller: &mut Teller, from: u64) -> Result<(), Gone> {
    teller.claimed(boot).await?;
    teller.tell(OwnEvent::Started).await?;
    if teller.output == OutputMode::Live {
        hand_over(&answer, teller, from).await?;
    }
    let body = |bytes: &[u8]| BodyRef { digest: Digest::of(bytes), len: bytes.len() as u64, dropped: 0 };
    let receipt = Receipt {
        exit: Exit::Code(0),
        run_ms: 0,
        cpu_ms: 0,
        max_rss_kib: 0,
        out: body(&answer),
        err: body(b""),
        result: None,
        left_behind: 0,
    };
    let at_end = teller.output == OutputMode::AtEnd;
    let receipt = OwnReceipt { receipt, out: at_end.then_some(answer), err: at_end.then(Bytes::new) };
    teller.tell(OwnEvent::Ended { outcome: Outcome::Ok, receipt: Some(Box::new(receipt)) }).await
}

/// Hands the answer over as it is let go. Mostly it is shorter than what every host may send unasked, so that is at once;
/// where nothing may be sent unasked, the time until it is let go is a round trip of the tree.
async fn hand_over(answer: &Bytes, teller: &mut Teller, from: u64) -> Result<(), Gone> {
    teller.tell(OwnEvent::Printed { stream: Stream::Out, len: answer.len() as u64 }).await?;
    let mut sent = usize::try_from(from).unwrap_or(usize::MAX).min(answer.len());
    while sent < answer.len() {
        let Order::Allow(Stream::Out, upto) = teller.orders.recv().await.ok_or(Gone)? else { continue };
        let upto = usize::try_from(upto).unwrap_or(usize::MAX).min(answer.len()).min(sent + limits::DATA_FRAME);
        if upto > sent {
            let (offset, bytes) = (sent as u64, answer.slice(sent..upto));
            teller.tell(OwnEvent::Output { stream: Stream::Out, offset, bytes }).await?;
            sent = upto;
        }
    }
    Ok(())
}
