//! What a captured host may say about itself, and does not: states that do not follow, ends without a proof, output
//! that nobody allowed, and text that a terminal would obey.

use crate::attack::{Attack, after, instead};
use crate::attacks::when;
use crate::out::Out;
use crate::seen::Seen;
use bytes::Bytes;
use mcom_model::{BodyRef, Digest, Exit, HostEvent, Outcome, Reason, ReasonKind, Receipt, Stream};
use mcom_wire::{OutputChunk, Up};

pub(super) const LIST: &[(&str, Attack)] = &[
    (
        "ended-before-it-started",
        instead(when::own_claim, |_, seen, out| say(seen, out, ended(Outcome::Ok, receipt(0)))),
    ),
    ("ended-without-a-receipt", instead(when::own_end, |_, seen, out| say(seen, out, ended(Outcome::Ok, None)))),
    ("ended-twice", after(when::own_end, |said, _, out| out.say(said))),
    ("started-twice", after(when::own_start, |said, _, out| out.say(said))),
    ("claimed-twice", after(when::own_claim, |said, _, out| out.say(said))),
    ("not-run-after-its-start", instead(when::own_end, |_, seen, out| say(seen, out, ended(not_run(), None)))),
    ("ok-with-a-failure", instead(when::own_end, |_, seen, out| say(seen, out, ended(Outcome::Ok, receipt(1))))),
    (
        "failed-otherwise",
        instead(when::own_end, |_, seen, out| {
            say(seen, out, ended(Outcome::Failed { exit: Exit::Code(3) }, receipt(4)));
        }),
    ),
    ("output-beyond-what-is-allowed", after(when::own_start, |_, seen, out| print(seen, out, 0, &[b'x'; 60_000]))),
    ("output-with-a-gap", after(when::own_start, |_, seen, out| print(seen, out, 7, b"x"))),
    ("output-at-the-end-of-numbers", after(when::own_start, |_, seen, out| print(seen, out, u64::MAX, b"xx"))),
    ("output-before-its-start", instead(when::own_claim, |_, seen, out| print(seen, out, 0, b"x"))),
    ("output-of-nothing", after(when::own_start, |_, seen, out| print(seen, out, 0, b""))),
    (
        "printed-beyond-the-cap",
        after(when::own_start, |_, seen, out| {
            say(seen, out, HostEvent::Printed { stream: Stream::Out, len: u64::MAX });
        }),
    ),
    ("body-of-another-name", after(when::own_start, |_, _, out| out.say(&body(b"named", b"sent")))),
    ("need-of-no-blob", after(when::own_start, |_, _, out| out.say(&Up::Need { index: 7 }))),
    ("transit-by-itself", after(when::own_start, |_, seen, out| say(seen, out, transit()))),
    ("escapes-in-a-reason", instead(when::own_claim, |_, seen, out| say(seen, out, ended(refused(ESCAPES), None)))),
    ("escapes-in-a-hello", instead(when::hello, |said, _, out| out.say(&hello_with(said, ESCAPES)))),
    ("escapes-in-a-result", instead(when::own_end, |said, seen, out| with_result(said, seen, out, ESCAPES))),
    ("a-long-reason", instead(when::own_claim, |_, seen, out| say(seen, out, ended(refused(&long()), None)))),
    ("a-long-result", instead(when::own_end, |said, seen, out| with_result(said, seen, out, &long()))),
    ("a-long-boot", instead(when::own_claim, |_, seen, out| say(seen, out, claimed(long())))),
];

/// Clears the screen, sets the title, turns text around, and breaks lines; ends with a word that is looked for.
const ESCAPES: &str = "\x1b[2J\x1b]0;owned\x07\r\n\u{9b}31m\u{202e}gpj.exe evil-was-here";

/// As much as a control frame holds.
fn long() -> String {
    "long ".repeat(200_000)
}

fn say(seen: &Seen, out: &mut Out, event: HostEvent) {
    out.say(&Up::Said { host: seen.me, event });
}

fn ended(outcome: Outcome, receipt: Option<Receipt>) -> HostEvent {
    HostEvent::Ended { outcome, receipt: receipt.map(Box::new) }
}

#[expect(clippy::unnecessary_wraps, reason = "an end has a receipt or none")]
pub(super) fn receipt(code: i32) -> Option<Receipt> {
    let (out, err) = (BodyRef::empty(), BodyRef::empty());
    let exit = Exit::Code(code);
    Some(Receipt { exit, run_ms: 1, cpu_ms: 1, max_rss_kib: 1, out, err, result: None, left_behind: 0 })
}

fn not_run() -> Outcome {
    Outcome::NotRun { reason: Reason::new(ReasonKind::Cancelled, "nothing happened here") }
}

fn refused(text: &str) -> Outcome {
    // Not `Reason::new`, which would cut it.
    Outcome::Refused { reason: Reason { kind: ReasonKind::CannotExecute, text: text.to_owned() } }
}

fn claimed(boot: String) -> HostEvent {
    HostEvent::Claimed { boot, uid: None }
}

fn transit() -> HostEvent {
    HostEvent::Transit { reason: Reason::new(ReasonKind::RelayImpossible, "take another way") }
}

fn print(seen: &Seen, out: &mut Out, offset: u64, bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    out.say(&Up::Output(OutputChunk { host: seen.me, stream: Stream::Out, offset, bytes }));
}

fn body(named: &[u8], sent: &'static [u8]) -> Up {
    Up::Body { digest: Digest::of(named), bytes: Bytes::from_static(sent) }
}

fn hello_with(said: &Up, text: &str) -> Up {
    match said {
        Up::Hello(hello) => {
            let (arch, boot) = (text.to_owned(), text.to_owned());
            Up::Hello(mcom_wire::HelloUp { arch, boot, ..hello.clone() })
        }
        other => other.clone(),
    }
}

fn with_result(said: &Up, seen: &Seen, out: &mut Out, text: &str) {
    let Up::Said { event: HostEvent::Ended { outcome, receipt }, .. } = said else { return };
    let receipt = receipt.as_deref().map(|receipt| Receipt { result: Some(text.to_owned()), ..receipt.clone() });
    say(seen, out, ended(outcome.clone(), receipt));
}
