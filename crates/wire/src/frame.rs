//! One frame: `u32 length | u8 kind | u32 stream | body`, numbers big-endian, `length` counting the body alone.
//!
//! Control bodies are JSON; blob, body and output frames carry raw bytes behind a fixed prefix. What each message
//! means is in [`crate::message`].

use crate::message::{Answer, Ask, Down, OutputChunk, Up};
use crate::secret::Secret;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use mcom_model::{AskKind, Digest, HostId, Reason, Stream, limits};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes before a frame's body.
pub const HEADER_BYTES: usize = 9;

/// A control message: JSON.
const KIND_CONTROL: u8 = 1;
/// A piece of a blob; `stream` is the blob's index.
const KIND_BLOB: u8 = 2;
/// A whole small body behind its digest; `stream` is 0.
const KIND_BODY: u8 = 3;
/// A piece of output behind its stream (0 out, 1 err) and a `u64` offset; `stream` is the host.
const KIND_OUTPUT: u8 = 4;

/// What a parent asks for: its own id, what kind (0 signature, 1 certificate), the length of the bind as `u32`, the bind
/// and the request; `stream` is the child.
const KIND_ASK: u8 = 5;
/// The answer: the parent's id, 1 and what was granted, or 0 and the reason as JSON; `stream` is the child.
const KIND_ANSWER: u8 = 6;
/// A password; `stream` is 0.
const KIND_PASSWORD: u8 = 7;

const DIGEST_BYTES: usize = 32;
const OUTPUT_PREFIX: usize = 9;
const ASK_PREFIX: usize = 9;
const ANSWER_PREFIX: usize = 5;
/// The longest password that sudo takes.
const PASSWORD_BYTES: usize = 1024;

/// Bytes that are no frame, or a frame that may not come this way. The link is closed: no later byte can be trusted.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// No such kind in this direction.
    #[error("a frame of kind {0} does not go this way")]
    Kind(u8),
    /// Longer than the kind allows.
    #[error("a frame of kind {kind} announces {len} bytes, {max} at most are allowed")]
    TooLong {
        /// The kind.
        kind: u8,
        /// What was announced.
        len: usize,
        /// What is allowed.
        max: usize,
    },
    /// Shorter than its fixed prefix.
    #[error("a frame of kind {kind} has {len} bytes, too few for its prefix")]
    TooShort {
        /// The kind.
        kind: u8,
        /// The body's length.
        len: usize,
    },
    /// A field has a value that it cannot have.
    #[error("a frame of kind {kind} has {value} as its {field}")]
    Field {
        /// The kind.
        kind: u8,
        /// The field.
        field: &'static str,
        /// What it holds.
        value: u32,
    },
    /// A control body is not the JSON of a message.
    #[error("a control frame is not a message")]
    Json(#[from] serde_json::Error),
}

/// A message that fits no frame.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The body is longer than the kind allows.
    #[error("a message of {len} bytes is too long for a frame of {max}")]
    TooLong {
        /// The body's length.
        len: usize,
        /// What is allowed.
        max: usize,
    },
    /// The control body has no JSON form.
    #[error("a message has no JSON form")]
    Json(#[from] serde_json::Error),
}

/// What travels in one direction of a link.
pub trait Message: Sized {
    /// Appends the message's frame to `to`. After an error `to` is as it was.
    fn encode(&self, to: &mut BytesMut) -> Result<(), EncodeError>;

    /// The message in a frame that the [`Decoder`](crate::Decoder) has cut out.
    fn decode(kind: u8, stream: u32, body: Bytes) -> Result<Self, DecodeError>;
}

impl Message for Down {
    fn encode(&self, to: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::Blob { index, bytes } => put_data(to, KIND_BLOB, *index, &[], bytes),
            Self::Answer(answer) => put_answer(to, answer),
            Self::Password(secret) => put_data(to, KIND_PASSWORD, 0, &[], secret.reveal()),
            control => put_control(to, control),
        }
    }

    fn decode(kind: u8, stream: u32, body: Bytes) -> Result<Self, DecodeError> {
        match kind {
            KIND_CONTROL => take_control(stream, &body),
            KIND_BLOB => Ok(Self::Blob { index: stream, bytes: body }),
            KIND_ANSWER => take_answer(stream, body),
            KIND_PASSWORD if stream == 0 => Ok(Self::Password(Secret::new(body.to_vec()))),
            KIND_PASSWORD => Err(DecodeError::Field { kind, field: "stream", value: stream }),
            other => Err(DecodeError::Kind(other)),
        }
    }
}

impl Message for Up {
    fn encode(&self, to: &mut BytesMut) -> Result<(), EncodeError> {
        match self {
            Self::Body { digest, bytes } => put_data(to, KIND_BODY, 0, digest.as_bytes(), bytes),
            Self::Output(chunk) => {
                let mut prefix = [0; OUTPUT_PREFIX];
                prefix[0] = u8::from(chunk.stream == Stream::Err);
                prefix[1..].copy_from_slice(&chunk.offset.to_be_bytes());
                put_data(to, KIND_OUTPUT, chunk.host.0, &prefix, &chunk.bytes)
            }
            Self::Ask(ask) => put_ask(to, ask),
            control => put_control(to, control),
        }
    }

    fn decode(kind: u8, stream: u32, body: Bytes) -> Result<Self, DecodeError> {
        match kind {
            KIND_CONTROL => take_control(stream, &body),
            KIND_ASK => take_ask(stream, body),
            KIND_BODY => take_body(stream, body),
            KIND_OUTPUT => take_output(stream, body),
            other => Err(DecodeError::Kind(other)),
        }
    }
}

/// The longest body that a frame of `kind` may have, or none where there is no such kind.
pub(crate) const fn longest(kind: u8) -> Option<usize> {
    match kind {
        KIND_CONTROL => Some(limits::CONTROL_FRAME),
        KIND_BLOB => Some(limits::DATA_FRAME),
        KIND_BODY => Some(DIGEST_BYTES + limits::BODY_INLINE as usize),
        KIND_OUTPUT => Some(OUTPUT_PREFIX + limits::DATA_FRAME),
        KIND_ASK | KIND_ANSWER => Some(limits::ASK_FRAME),
        KIND_PASSWORD => Some(PASSWORD_BYTES),
        _ => None,
    }
}

fn put_control<T: Serialize>(to: &mut BytesMut, message: &T) -> Result<(), EncodeError> {
    let start = to.len();
    to.put_bytes(0, HEADER_BYTES);
    if let Err(error) = serde_json::to_writer(to.writer(), message) {
        to.truncate(start);
        return Err(error.into());
    }
    let len = to.len() - start - HEADER_BYTES;
    if len > limits::CONTROL_FRAME {
        to.truncate(start);
        return Err(EncodeError::TooLong { len, max: limits::CONTROL_FRAME });
    }
    to[start..start + HEADER_BYTES].copy_from_slice(&header(len, KIND_CONTROL, 0));
    Ok(())
}

fn put_data(to: &mut BytesMut, kind: u8, stream: u32, prefix: &[u8], bytes: &[u8]) -> Result<(), EncodeError> {
    let len = prefix.len() + bytes.len();
    let max = longest(kind).expect("only known kinds are encoded");
    if len > max {
        return Err(EncodeError::TooLong { len, max });
    }
    to.reserve(HEADER_BYTES + len);
    to.put_slice(&header(len, kind, stream));
    to.put_slice(prefix);
    to.put_slice(bytes);
    Ok(())
}

fn header(len: usize, kind: u8, stream: u32) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..4].copy_from_slice(&u32::try_from(len).expect("every limit is below 4 GiB").to_be_bytes());
    header[4] = kind;
    header[5..].copy_from_slice(&stream.to_be_bytes());
    header
}

fn take_control<T: DeserializeOwned>(stream: u32, body: &[u8]) -> Result<T, DecodeError> {
    if stream != 0 {
        return Err(DecodeError::Field { kind: KIND_CONTROL, field: "stream", value: stream });
    }
    Ok(serde_json::from_slice(body)?)
}

fn take_body(stream: u32, mut body: Bytes) -> Result<Up, DecodeError> {
    if stream != 0 {
        return Err(DecodeError::Field { kind: KIND_BODY, field: "stream", value: stream });
    }
    if body.len() < DIGEST_BYTES {
        return Err(DecodeError::TooShort { kind: KIND_BODY, len: body.len() });
    }
    let mut digest = [0; DIGEST_BYTES];
    body.copy_to_slice(&mut digest);
    Ok(Up::Body { digest: Digest::from_bytes(digest), bytes: body })
}

fn take_output(host: u32, mut body: Bytes) -> Result<Up, DecodeError> {
    if body.len() < OUTPUT_PREFIX {
        return Err(DecodeError::TooShort { kind: KIND_OUTPUT, len: body.len() });
    }
    let stream = match body.get_u8() {
        0 => Stream::Out,
        1 => Stream::Err,
        other => return Err(DecodeError::Field { kind: KIND_OUTPUT, field: "output stream", value: other.into() }),
    };
    let offset = body.get_u64();
    Ok(Up::Output(OutputChunk { host: HostId(host), stream, offset, bytes: body }))
}

fn put_ask(to: &mut BytesMut, ask: &Ask) -> Result<(), EncodeError> {
    let mut prefix = [0; ASK_PREFIX];
    prefix[..4].copy_from_slice(&ask.by.0.to_be_bytes());
    prefix[4] = u8::from(ask.kind == AskKind::Certificate);
    let bind = u32::try_from(ask.bind.len()).unwrap_or(u32::MAX);
    prefix[5..].copy_from_slice(&bind.to_be_bytes());
    put_data(to, KIND_ASK, ask.host.0, &prefix, &[&ask.bind[..], &ask.request[..]].concat())
}

fn take_ask(host: u32, mut body: Bytes) -> Result<Up, DecodeError> {
    if body.len() < ASK_PREFIX {
        return Err(DecodeError::TooShort { kind: KIND_ASK, len: body.len() });
    }
    let by = HostId(body.get_u32());
    let kind = match body.get_u8() {
        0 => AskKind::Signature,
        1 => AskKind::Certificate,
        other => return Err(DecodeError::Field { kind: KIND_ASK, field: "what is asked for", value: other.into() }),
    };
    let bind = body.get_u32();
    if bind as usize > body.len() {
        return Err(DecodeError::Field { kind: KIND_ASK, field: "length of the bind", value: bind });
    }
    let bind = body.split_to(bind as usize);
    Ok(Up::Ask(Ask { host: HostId(host), by, kind, bind, request: body }))
}

fn put_answer(to: &mut BytesMut, answer: &Answer) -> Result<(), EncodeError> {
    let mut prefix = [0; ANSWER_PREFIX];
    prefix[..4].copy_from_slice(&answer.by.0.to_be_bytes());
    match &answer.granted {
        Ok(bytes) => {
            prefix[4] = 1;
            put_data(to, KIND_ANSWER, answer.host.0, &prefix, bytes)
        }
        Err(reason) => put_data(to, KIND_ANSWER, answer.host.0, &prefix, &serde_json::to_vec(reason)?),
    }
}

fn take_answer(host: u32, mut body: Bytes) -> Result<Down, DecodeError> {
    if body.len() < ANSWER_PREFIX {
        return Err(DecodeError::TooShort { kind: KIND_ANSWER, len: body.len() });
    }
    let by = HostId(body.get_u32());
    let granted = match body.get_u8() {
        1 => Ok(body),
        0 => Err(serde_json::from_slice::<Reason>(&body)?),
        other => return Err(DecodeError::Field { kind: KIND_ANSWER, field: "verdict", value: other.into() }),
    };
    Ok(Down::Answer(Answer { host: HostId(host), by, granted }))
}
