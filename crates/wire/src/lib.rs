//! Frames between a node and the node above it: bytes in, frames out, nothing else.

mod message;

pub use message::{Assignment, Down, HelloDown, HelloUp, OutputChunk, PROTOCOL, Up};
