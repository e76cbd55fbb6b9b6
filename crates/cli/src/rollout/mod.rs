//! Rollouts: from a file to a record, and from a record to its end, over as many processes as it takes.

mod begin;
mod carry;
mod check;
mod chosen;
mod code;
mod detach;
mod doing;
mod global;
mod held;
mod intent;
mod keys;
mod lay;
mod load;
mod order;
mod orders;
mod runs;
mod show;
mod watch;

pub use begin::begin;
pub use carry::{Carrying, carry};
pub use chosen::{find, open_or_latest, stored_head, the_open_one};
pub use code::of_state;
pub use detach::{become_detached, go_on_without};
pub use held::{LeaveOut, held_still, refuse_held};
pub use intent::Intent;
pub use keys::try_keys;
pub use lay::{Laid, keeps_policy, lay};
pub use load::load;
pub use order::{Given, give, machine};
pub use show::{carrier, options};
pub use watch::watch;
