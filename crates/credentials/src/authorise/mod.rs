//! Whether a login that a parent's ssh is about to make is signed: the rules, each of which must hold.

mod grant;
mod host_key;
mod judge;
mod login;

pub use grant::{Grant, Known};
pub use host_key::check_host_key;
pub use judge::{authorise, authorise_certificate};
