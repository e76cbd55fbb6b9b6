//! Puts a node on a host, over a second session of a connection.

use crate::bootstrap::answer::upload_refused;
use crate::bootstrap::commands;
use crate::bootstrap::open::Allowed;
use crate::bootstrap::store::NodeFile;
use crate::ssh::Connection;
use mcom_engine::tree::LinkFailure;
use mcom_model::{Reason, ReasonKind};
use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// For the next piece to be taken, and for the host to check and name what came.
const STALL: Duration = Duration::from_secs(60);

/// Bytes of an answer that are read.
const ANSWER_BYTES: u64 = 4 << 10;

const PIECE: usize = 64 << 10;

/// Sends the node and has the host check it. Several may do so at once.
pub(super) async fn upload(connection: &Connection, node: &NodeFile, allowed: Allowed) -> Result<(), LinkFailure> {
    let refused = |kind, text: String| LinkFailure::Refused(Reason::new(kind, text));
    let loaded = node.load().map_err(|error| refused(ReasonKind::NodeDigestMismatch, error.to_string()))?;
    // Apart from every other upload's, also of another process to a spool that both see.
    let nonce = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
    let command = match allowed {
        Allowed::Everything => commands::upload(node.digest(), loaded.bytes.len(), &loaded.sha256, &nonce),
        Allowed::OneNode => commands::pinned_upload(node.digest()),
    };
    let mut remote = connection.command(&command).await.map_err(|error| connection.session_failed(&error))?;
    let (stdin, stdout) = (remote.stdin().take(), remote.stdout().take());
    let (Some(stdin), Some(stdout)) = (stdin, stdout) else {
        return Err(refused(ReasonKind::Internal, "a session has no streams".to_owned()));
    };
    // A host that refuses stops reading: what it answered says why.
    let _ = send(stdin, &loaded.bytes).await;
    let mut answer = Vec::new();
    let read = timeout(STALL, stdout.take(ANSWER_BYTES).read_to_end(&mut answer)).await;
    if read.is_err() {
        return Err(connection.lost("the host did not say whether the node arrived"));
    }
    if answer.is_empty() {
        return Err(connection.lost("the connection broke while the node was sent"));
    }
    match upload_refused(&String::from_utf8_lossy(&answer)) {
        None => Ok(()),
        Some(reason) => Err(LinkFailure::Refused(reason)),
    }
}

async fn send(mut to: impl AsyncWrite + Unpin, bytes: &[u8]) -> std::io::Result<()> {
    for piece in bytes.chunks(PIECE) {
        timeout(STALL, to.write_all(piece)).await??;
    }
    to.shutdown().await
}
