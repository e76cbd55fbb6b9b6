//! The line between the ssh that makes a link and the loop of its node: what ssh needs to log in is asked of the
//! coordinator, over the loop and up the tree, and the answer comes back here.

use crate::agent::Line;
use crate::link::child::FromChild;
use bytes::Bytes;
use mcom_engine::tree::LinkId;
use mcom_model::{AskKind, Reason, ReasonKind};
use tokio::sync::mpsc::{Sender, UnboundedReceiver, UnboundedSender, unbounded_channel};

/// What the coordinator grants, or why it does not.
pub type Granted = Result<Bytes, Reason>;

/// Asks on behalf of one link, one thing at a time.
#[derive(Debug)]
pub struct Petitioner {
    link: LinkId,
    owner: Sender<(LinkId, FromChild)>,
    answers: UnboundedReceiver<Granted>,
}

impl Petitioner {
    /// A line for one link, and where the answers to it are put.
    pub(super) fn new(link: LinkId, owner: Sender<(LinkId, FromChild)>) -> (Self, UnboundedSender<Granted>) {
        let (to, answers) = unbounded_channel();
        (Self { link, owner, answers }, to)
    }
}

impl Line for Petitioner {
    async fn ask(&mut self, kind: AskKind, bind: Bytes, request: Bytes) -> Granted {
        let gone = || Reason::new(ReasonKind::LinkLost, "the way to the coordinator was gone before it answered");
        self.owner.send((self.link, FromChild::Asked { kind, bind, request })).await.map_err(|_| gone())?;
        self.answers.recv().await.unwrap_or_else(|| Err(gone()))
    }
}
