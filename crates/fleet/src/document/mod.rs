//! Strict TOML: the form of inventories and of the configuration. Every value keeps its place in the file, and a
//! key that is not known is refused with the nearest one that is.

mod error;
mod section;

pub use error::{DocumentError, Place};
pub use section::{Found, Section, nearest, parse};
