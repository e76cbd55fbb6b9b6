//! Strict TOML: the form of inventories, of the configuration and of rollouts. Every value keeps its place in the file,
//! and a key that is not known is refused with the nearest one that is.

mod error;
mod section;
mod value;

pub use error::{DocumentError, Place};
pub use section::{Found, Section, nearest, parse};
pub use value::{EnvVar, duration, user};
