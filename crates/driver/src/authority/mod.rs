//! The operator's authority over a run: the keys of its ssh, which parents never hold, and what it knows about hosts.

mod error;
mod operator;
mod settings;

pub use error::AuthorityError;
pub use operator::{AskPassphrase, OperatorAuthority};
pub use settings::{AuthoritySettings, CaKey, CaSettings};
