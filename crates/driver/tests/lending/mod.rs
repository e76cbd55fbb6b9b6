//! Links that are made with what somebody else grants or through another host, over real ssh and sshd.

mod certificate;
mod relay;
pub mod stand;
mod transit;
mod trees;
