//! The messages of the agent protocol (RFC 9987), both directions. Everything that comes in is untrusted: a length is
//! checked before it is waited for, and a message has nothing after its end.

use crate::fields::{Fields, Malformed, put_string};
use crate::identity::PublicIdentity;
use bytes::{Buf, Bytes, BytesMut};

/// The longest message, as OpenSSH has it.
pub const MESSAGE: usize = 262_144;

/// The whole answer that says yes.
pub const SUCCESS: [u8; 5] = [0, 0, 0, 1, 6];
/// The whole answer that says no.
pub const FAILURE: [u8; 5] = [0, 0, 0, 1, 5];

const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;
const EXTENSION: u8 = 27;
const SESSION_BIND: &[u8] = b"session-bind@openssh.com";

/// Why a peer is not spoken with any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgentError {
    /// The length is beyond every message.
    #[error("a message of {0} bytes is none of the agent protocol")]
    Length(u32),
    /// The message is not as it must be.
    #[error("a message of kind {kind} is malformed: {problem}")]
    Malformed {
        /// Its type byte.
        kind: u8,
        /// What is wrong.
        problem: Malformed,
    },
}

/// What a client asks its agent for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The session it is about to log in on: what follows the extension's name.
    SessionBind(Bytes),
    /// Which keys there are.
    Identities,
    /// A signature: what follows the type byte.
    Sign(Bytes),
    /// Anything else, by its type byte.
    Other(u8),
}

/// What an agent answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgentAnswer {
    /// Done.
    Success,
    /// Refused, or failed.
    Failure,
    /// The keys that it holds; those of types that nobody knows are among them.
    Identities(Vec<PublicIdentity>),
    /// The signature.
    Signature(Bytes),
    /// Anything else, by its type byte.
    Other(u8),
}

/// Takes the next request off what a client sent (agent).
pub fn next_request(buffer: &mut BytesMut) -> Result<Option<Request>, AgentError> {
    let Some((kind, body)) = next_message(buffer)? else { return Ok(None) };
    let request = match kind {
        REQUEST_IDENTITIES => Fields::new(body).end().map(|()| Request::Identities),
        SIGN_REQUEST => Ok(Request::Sign(body)),
        EXTENSION => extension(body),
        other => Ok(Request::Other(other)),
    };
    request.map(Some).map_err(|problem| AgentError::Malformed { kind, problem })
}

fn extension(body: Bytes) -> Result<Request, Malformed> {
    let mut fields = Fields::new(body);
    let name = fields.string()?;
    Ok(if name == SESSION_BIND { Request::SessionBind(fields.rest()) } else { Request::Other(EXTENSION) })
}

/// Takes the next answer off what an agent sent (client).
pub fn next_answer(buffer: &mut BytesMut) -> Result<Option<AgentAnswer>, AgentError> {
    let Some((kind, body)) = next_message(buffer)? else { return Ok(None) };
    let answer = match kind {
        6 => Fields::new(body).end().map(|()| AgentAnswer::Success),
        5 => Fields::new(body).end().map(|()| AgentAnswer::Failure),
        IDENTITIES_ANSWER => identities(body).map(AgentAnswer::Identities),
        SIGN_RESPONSE => signature(body).map(AgentAnswer::Signature),
        other => Ok(AgentAnswer::Other(other)),
    };
    answer.map(Some).map_err(|problem| AgentError::Malformed { kind, problem })
}

fn identities(body: Bytes) -> Result<Vec<PublicIdentity>, Malformed> {
    let mut fields = Fields::new(body);
    let mut keys = Vec::new();
    // The count is only believed as far as there are bytes for it.
    for _ in 0..fields.number()? {
        let blob = fields.string()?;
        let comment = fields.string()?;
        let comment = String::from_utf8_lossy(&comment).into_owned();
        keys.push(PublicIdentity::from_blob(blob, comment).map_err(|_| Malformed::Value)?);
    }
    fields.end()?;
    Ok(keys)
}

fn signature(body: Bytes) -> Result<Bytes, Malformed> {
    let mut fields = Fields::new(body);
    let signature = fields.string()?;
    fields.end()?;
    Ok(signature)
}

/// The type byte and the body of the next message, once it is there as a whole.
fn next_message(buffer: &mut BytesMut) -> Result<Option<(u8, Bytes)>, AgentError> {
    let Some((head, _)) = buffer.split_first_chunk::<4>() else { return Ok(None) };
    let said = u32::from_be_bytes(*head);
    let len = usize::try_from(said).ok().filter(|len| (1..=MESSAGE).contains(len));
    let len = len.ok_or(AgentError::Length(said))?;
    if buffer.len() - head.len() < len {
        return Ok(None);
    }
    buffer.advance(4);
    let mut body = buffer.split_to(len).freeze();
    Ok(Some((body.get_u8(), body)))
}

/// The answer that names the keys there are (agent).
pub fn identities_answer(keys: &[PublicIdentity]) -> Vec<u8> {
    let count = u32::try_from(keys.len()).expect("a run has a handful of keys");
    let mut body = count.to_be_bytes().to_vec();
    for key in keys {
        put_string(&mut body, key.blob());
        put_string(&mut body, key.comment().as_bytes());
    }
    message(IDENTITIES_ANSWER, &body)
}

/// The answer that brings a signature (agent).
pub fn signature_answer(signature: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    put_string(&mut body, signature);
    message(SIGN_RESPONSE, &body)
}

/// Asks which keys there are (client).
pub fn identities_request() -> Vec<u8> {
    message(REQUEST_IDENTITIES, &[])
}

/// Asks for a signature, by the body of a sign request (client).
pub fn sign_request(body: &[u8]) -> Vec<u8> {
    message(SIGN_REQUEST, body)
}

/// Says which session is logged in on, by the body of a bind (client).
pub fn session_bind_request(bind: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    put_string(&mut body, SESSION_BIND);
    body.extend_from_slice(bind);
    message(EXTENSION, &body)
}

fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::new();
    let typed: Vec<u8> = [&[kind], body].concat();
    put_string(&mut message, &typed);
    message
}
