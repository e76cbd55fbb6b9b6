//! More than anybody can hold: what has to be counted, cut or refused before it fills memory or disk.

use crate::attack::{Attack, after, instead};
use crate::attacks::when;
use crate::out::Out;
use crate::seen::Seen;
use bytes::Bytes;
use mcom_model::{Digest, HostEvent, HostId, Reason, ReasonKind, Stream};
use mcom_wire::{OutputChunk, Up};
use std::io::Write as _;

pub(super) const LIST: &[(&str, Attack)] = &[
    ("endless-output", after(when::own_start, |_, seen, out| endless_output(seen, out))),
    ("endless-bodies", after(when::own_start, |_, _, out| endless(|n| out.say(&body(n))))),
    (
        "a-hundred-thousand-pongs",
        after(when::own_start, |_, _, out| (0..100_000).for_each(|seq| out.say(&Up::Pong { seq }))),
    ),
    ("endless-printed", after(when::own_start, |_, seen, out| endless(|n| out.say(&printed(seen, n))))),
    ("endless-claims-of-others", after(when::own_start, |_, seen, out| endless(|_| out.say(&attached(seen.me))))),
    ("endless-waiting", instead(when::own_claim, |_, seen, out| endless(|_| out.say(&held(seen.me))))),
    ("a-gigabyte-before-the-hello", instead(when::hello, |_, _, out| gigabyte(|some| out.raw(some)))),
    ("a-gigabyte-of-errors", instead(when::own_start, |_, _, _| gigabyte(last_words))),
];

const PIECE: usize = 64 << 10;

/// Until the link is closed, which ends this program.
fn endless(mut each: impl FnMut(u64)) -> ! {
    let mut n = 0;
    loop {
        each(n);
        n += 1;
    }
}

/// In order, and without waiting until it is allowed.
fn endless_output(seen: &Seen, out: &mut Out) {
    endless(|n| {
        let (offset, bytes) = (n * PIECE as u64, Bytes::from_static(&[b'x'; PIECE]));
        out.say(&Up::Output(OutputChunk { host: seen.me, stream: Stream::Out, offset, bytes }));
    });
}

/// Each one another, and each what its name says.
fn body(n: u64) -> Up {
    let bytes = Bytes::from(format!("{n:0>8000}"));
    Up::Body { digest: Digest::of(&bytes), bytes }
}

fn printed(seen: &Seen, len: u64) -> Up {
    Up::Said { host: seen.me, event: HostEvent::Printed { stream: Stream::Out, len } }
}

fn attached(host: HostId) -> Up {
    Up::Said { host, event: HostEvent::Attached { boot: "boot".to_owned() } }
}

fn held(host: HostId) -> Up {
    let reason = Reason::new(ReasonKind::Busy, "another run holds it, so it says, again and again");
    Up::Said { host, event: HostEvent::Held { reason } }
}

/// One line without an end.
fn gigabyte(mut each: impl FnMut(&[u8])) {
    let some = [b'A'; PIECE];
    (0..(1_usize << 30) / PIECE).for_each(|_| each(&some));
}

fn last_words(some: &[u8]) {
    if std::io::stderr().write_all(some).is_err() {
        std::process::exit(0);
    }
}
