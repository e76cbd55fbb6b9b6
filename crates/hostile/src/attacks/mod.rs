//! Every attack by its name.

mod child;
mod credentials;
mod floods;
mod frames;
mod parent;

use crate::attack::Attack;

const ALL: [&[(&str, Attack)]; 5] = [frames::LIST, child::LIST, floods::LIST, parent::LIST, credentials::LIST];

/// The names of all attacks.
pub fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().flat_map(|list| list.iter().map(|(name, _)| *name))
}

pub(crate) fn named(name: &str) -> Option<Attack> {
    ALL.iter().flat_map(|list| *list).find(|(known, _)| *known == name).map(|(_, attack)| *attack)
}

/// Moments in what a node says.
pub(crate) mod when {
    use crate::seen::Seen;
    use mcom_model::HostEvent;
    use mcom_wire::Up;

    pub(crate) fn hello(said: &Up, _: &Seen) -> bool {
        matches!(said, Up::Hello(_))
    }

    pub(crate) fn own_claim(said: &Up, seen: &Seen) -> bool {
        own(said, seen).is_some_and(|event| matches!(event, HostEvent::Claimed { .. }))
    }

    pub(crate) fn own_start(said: &Up, seen: &Seen) -> bool {
        own(said, seen) == Some(&HostEvent::Started)
    }

    pub(crate) fn own_end(said: &Up, seen: &Seen) -> bool {
        own(said, seen).is_some_and(|event| matches!(event, HostEvent::Ended { .. }))
    }

    pub(crate) fn child_linking(said: &Up, seen: &Seen) -> bool {
        matches!(said, Up::Said { host, event: HostEvent::Linking { .. } } if *host != seen.me)
    }

    pub(crate) fn child_linked(said: &Up, seen: &Seen) -> bool {
        matches!(said, Up::Said { host, event: HostEvent::Linked { .. } } if *host != seen.me)
    }

    pub(crate) fn asked(said: &Up, _: &Seen) -> bool {
        matches!(said, Up::Ask(_))
    }

    /// For another host than the first time.
    pub(crate) fn asked_for_another(said: &Up, seen: &Seen) -> bool {
        matches!(said, Up::Ask(ask) if seen.asks.first().is_some_and(|first| first.host != ask.host))
    }

    fn own<'a>(said: &'a Up, seen: &Seen) -> Option<&'a HostEvent> {
        match said {
            Up::Said { host, event } if *host == seen.me => Some(event),
            _ => None,
        }
    }
}
