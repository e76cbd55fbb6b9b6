//! The first message that comes up a link.

use crate::link::pipes::Pipes;
use mcom_engine::tree::LinkFailure;
use mcom_model::{Reason, ReasonKind};
use mcom_wire::{Decoder, HelloUp, PROTOCOL, Up};
use tokio::io::{AsyncRead, AsyncReadExt as _};

/// A node that has said hello.
#[derive(Debug)]
pub struct Opened {
    /// What it said.
    pub hello: HelloUp,
    /// Whether it had to be put there first.
    pub node_shipped: bool,
    /// The way to it.
    pub pipes: Pipes,
}

/// Reads a node's hello and checks its protocol.
pub async fn read_hello(
    from: &mut (impl AsyncRead + Unpin),
    decoder: &mut Decoder<Up>,
) -> Result<HelloUp, LinkFailure> {
    let hello = loop {
        match decoder.next_message() {
            Ok(Some(Up::Hello(hello))) => break hello,
            Ok(Some(_)) => {
                return Err(refused(ReasonKind::ProtocolViolation, "its first message is no hello".to_owned()));
            }
            Err(error) => return Err(refused(ReasonKind::ProtocolViolation, error.to_string())),
            Ok(None) => {}
        }
        if from.read_buf(decoder.buffer()).await.unwrap_or(0) == 0 {
            let text = "the node ended before it had said hello";
            return Err(LinkFailure::Unreachable(Reason::new(ReasonKind::LinkLost, text)));
        }
    };
    if hello.protocol == PROTOCOL {
        return Ok(hello);
    }
    let text = format!("the node there speaks protocol {}, this one {PROTOCOL}", hello.protocol);
    Err(refused(ReasonKind::ProtocolVersion, text))
}

fn refused(kind: ReasonKind, text: String) -> LinkFailure {
    LinkFailure::Refused(Reason::new(kind, text))
}
