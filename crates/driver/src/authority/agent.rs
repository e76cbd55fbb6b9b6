//! The operator's ssh-agent, as a client of it.

use bytes::{Bytes, BytesMut};
use mcom_credentials::PublicIdentity;
use mcom_credentials::agent::{AgentAnswer, identities_request, next_answer, session_bind_request, sign_request};
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// For the agent to list its keys: it may have to ask a token that is slow.
const LISTING_TIME: Duration = Duration::from_secs(10);

/// For one signature: the key may want to be touched, or the operator to be asked.
const SIGNING_TIME: Duration = Duration::from_secs(60);

/// Where the operator's agent listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agent {
    pub socket: PathBuf,
}

impl Agent {
    /// The agent that a setting of ssh means: `none`, a variable, or a path as `path` understands it.
    pub(super) fn of(setting: Option<&str>, path: impl Fn(&str) -> Option<PathBuf>) -> Option<Self> {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let socket = match setting {
            None | Some("SSH_AUTH_SOCK") => variable("SSH_AUTH_SOCK"),
            Some("none") => None,
            Some(text) if text.starts_with('$') && !text.starts_with("${") => variable(&text[1..]),
            Some(text) => path(text),
        };
        socket.map(|socket| Self { socket })
    }

    /// The keys that it holds, or why it does not say.
    pub(super) fn identities(&self) -> Result<Vec<PublicIdentity>, String> {
        let failed = |error: std::io::Error| format!("the agent at {} does not answer: {error}", self.socket.display());
        let mut stream = UnixStream::connect(&self.socket).map_err(failed)?;
        stream.set_read_timeout(Some(LISTING_TIME)).map_err(failed)?;
        stream.write_all(&identities_request()).map_err(failed)?;
        let (mut buffer, mut bytes) = (BytesMut::new(), [0; 4096]);
        loop {
            match next_answer(&mut buffer) {
                Ok(Some(AgentAnswer::Identities(keys))) => return Ok(keys),
                Ok(Some(_)) => return Err(format!("the agent at {} lists no keys", self.socket.display())),
                Ok(None) => {}
                Err(error) => return Err(format!("the agent at {}: {error}", self.socket.display())),
            }
            match stream.read(&mut bytes).map_err(failed)? {
                0 => return Err(failed(std::io::ErrorKind::UnexpectedEof.into())),
                read => buffer.extend_from_slice(&bytes[..read]),
            }
        }
    }

    /// A signature for the body of a sign request; none where the agent refuses. On a connection of its own, which is
    /// bound to the sessions of `way` first: a key that is constrained to destinations signs for no other.
    pub(super) async fn sign(&self, way: &[Vec<u8>], request: &[u8]) -> Result<Option<Bytes>, String> {
        match tokio::time::timeout(SIGNING_TIME, ask(&self.socket, way, request)).await {
            Ok(Ok(AgentAnswer::Signature(signature))) => Ok(Some(signature)),
            Ok(Ok(_)) => Ok(None),
            Ok(Err(error)) => Err(format!("the operator's agent at {} {error}", self.socket.display())),
            Err(_) => {
                let time = SIGNING_TIME.as_secs();
                Err(format!("the operator's agent did not sign within {time} s: does the key want to be touched?"))
            }
        }
    }
}

/// The answer to the request; what the agent says to the binds before it does not matter, because many know none.
async fn ask(socket: &Path, way: &[Vec<u8>], request: &[u8]) -> Result<AgentAnswer, String> {
    let failed = |error: std::io::Error| format!("does not answer: {error}");
    let mut stream = tokio::net::UnixStream::connect(socket).await.map_err(failed)?;
    let mut message: Vec<u8> = way.iter().flat_map(|bind| session_bind_request(bind)).collect();
    message.extend(sign_request(request));
    stream.write_all(&message).await.map_err(failed)?;
    let mut buffer = BytesMut::new();
    let mut before = way.len();
    loop {
        match next_answer(&mut buffer) {
            Ok(Some(answer)) if before == 0 => return Ok(answer),
            Ok(Some(_)) => before -= 1,
            Ok(None) => {
                if stream.read_buf(&mut buffer).await.map_err(failed)? == 0 {
                    return Err("ended the conversation".into());
                }
            }
            Err(error) => return Err(format!("makes no sense: {error}")),
        }
    }
}
