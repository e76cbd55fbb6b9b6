//! The private agents that a parent's ssh asks: one socket for one connection, which holds no key and passes on what is
//! to be signed.

mod serve;
mod socket;

pub use serve::{Line, serve};
pub use socket::AgentSocket;
