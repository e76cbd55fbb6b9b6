//! What an attack is: a moment in what the node says, and what is done there.

use crate::out::Out;
use crate::seen::Seen;
use mcom_wire::Up;

/// One attack.
#[derive(Clone, Copy)]
pub(crate) struct Attack {
    pub(crate) when: fn(&Up, &Seen) -> bool,
    pub(crate) what: fn(&Up, &Seen, &mut Out),
    pub(crate) place: Place,
}

/// What becomes of the message that the attack has waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// It is sent first.
    After,
    /// It is not sent.
    Instead,
}

type When = fn(&Up, &Seen) -> bool;
type What = fn(&Up, &Seen, &mut Out);

/// Does something when the message has been sent.
pub(crate) const fn after(when: When, what: What) -> Attack {
    Attack { when, what, place: Place::After }
}

/// Does something in the message's place.
pub(crate) const fn instead(when: When, what: What) -> Attack {
    Attack { when, what, place: Place::Instead }
}

impl Attack {
    /// Passes a message on, or does what the attack does: once, at the first moment for it.
    pub(crate) fn pass(&self, message: &Up, seen: &Seen, done: &mut bool, out: &mut Out) {
        if *done || !(self.when)(message, seen) {
            return out.say(message);
        }
        *done = true;
        if self.place == Place::After {
            out.say(message);
        }
        (self.what)(message, seen, out);
    }
}
