//! Links that are made with what somebody else grants, over real ssh and sshd.

mod relay;
mod stand;
