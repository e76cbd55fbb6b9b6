//! The rules by which a login is judged: each is broken alone, and refused by its own name.

mod edge;
mod host_certificate;
mod host_key;
mod login;
mod whole;

pub use whole::RECORDED;
