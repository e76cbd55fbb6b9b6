//! Ledgers as files: written by one process, read by others, in every state that a crash can leave.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed")]

mod any_record;
mod corpus;
mod fixture;
mod full_disk;
mod golden;
mod record;
mod reopen;
mod rollout_fixture;
mod rollout_record;
