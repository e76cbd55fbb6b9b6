//! Frames between a node and the node above it: bytes in, messages out, and back.

mod decoder;
mod frame;
mod message;
mod secret;

pub use decoder::Decoder;
pub use frame::{DecodeError, EncodeError, HEADER_BYTES, Message};
pub use message::{Answer, Ask, Assignment, Begun, Down, HelloDown, HelloUp, Member, OutputChunk, PROTOCOL, Up};
pub use secret::Secret;
