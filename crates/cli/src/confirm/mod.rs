//! Nothing starts on many hosts that the operator has not confirmed: by the number of hosts, typed at the terminal or
//! said with `--yes`. Where nobody can be asked it is refused.

mod ask;

pub use ask::{confirm, is_asked};
