//! Room for the open files of many links.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files of one link: three pipes, the session's socket, the master's handle, and one while it is made.
const PER_LINK: u64 = 6;

/// Open files of everything else: the ledger, the event loop, the streams, the own attempt.
const BESIDE: u64 = 64;

/// Raises this process's limit of open files as far as `links` links may need, where it may be raised.
///
/// No further, because what is started from here inherits it.
pub(super) fn make_room(links: usize) {
    let limit = getrlimit(Resource::Nofile);
    let wanted = BESIDE + PER_LINK * links as u64;
    let wanted = limit.maximum.map_or(wanted, |most| wanted.min(most));
    if limit.current.is_some_and(|now| now < wanted) {
        // Where it cannot be raised, the links that find no room say so.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum: limit.maximum });
    }
}
