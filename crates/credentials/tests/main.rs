//! The tests of who may log in where: the rules one by one, and real ssh, sshd and ssh-keygen.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests read files, run programs, take the time and may panic"
)]

mod agent;
mod corpus;
mod fixture;
mod issue;
mod known_hosts;
mod maker;
mod mutation;
mod private;
mod public;
mod real;
mod rules;
mod speed;
mod targets;
