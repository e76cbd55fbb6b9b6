//! One tree run on a real host: links over ssh, nodes put where they are missing, and the engine's effects done.

pub mod agent;
pub mod authority;
pub mod bootstrap;
pub mod link;
pub mod run;
pub mod spool;
pub mod ssh;
pub mod supervisor;
