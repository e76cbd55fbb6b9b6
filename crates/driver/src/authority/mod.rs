//! The operator's authority over a run: the keys of its ssh, which parents never hold, and what it knows about hosts.

mod agent;
mod ca;
mod certify;
mod configured;
mod error;
mod gather;
mod glob;
mod hosts;
mod keyfile;
mod keys;
mod known;
mod lines;
mod me;
mod operator;
mod own_agent;
mod prepare;
mod probe;
mod scan;
mod settings;
mod targets;
mod tokens;
mod way;

pub use error::AuthorityError;
pub use known::{KnownHost, known_hosts};
pub use operator::{AskPassphrase, OperatorAuthority};
pub use settings::{AuthoritySettings, CaKey, CaSettings};
