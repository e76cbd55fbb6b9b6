//! What the admin host itself needs: looked at piece by piece, each with what to do where it will not do.

mod authority;
mod examine;
mod finding;
mod keys;
mod machine;
mod ssh;

pub use authority::authority_lines;
pub use examine::examine;
pub use finding::Finding;
