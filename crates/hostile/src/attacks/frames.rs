//! Bytes that are no frames, and frames that do not go this way.

use crate::attack::{Attack, after, instead};
use crate::attacks::when;
use crate::out::{any_frame, raw_frame};
use crate::seen::Seen;
use mcom_model::Digest;
use mcom_wire::Up;

const CONTROL: u8 = 1;
const BLOB: u8 = 2;
const BODY: u8 = 3;
const OUTPUT: u8 = 4;
const ASK: u8 = 5;
const ANSWER: u8 = 6;
const PASSWORD: u8 = 7;

pub(super) const LIST: &[(&str, Attack)] = &[
    ("no-hello", instead(when::hello, |_, _, out| out.say(&Up::Pong { seq: 0 }))),
    ("hello-twice", after(when::own_start, |_, _, out| out.say(&hello()))),
    ("another-node", instead(when::hello, |_, _, out| out.say(&hello()))),
    ("another-protocol", instead(when::hello, |said, _, out| out.say(&with_protocol(said, 99)))),
    ("unknown-kind", after(when::own_start, |_, _, out| out.raw(&any_frame(99, 0, b"what")))),
    ("blob-upwards", after(when::own_start, |_, _, out| out.raw(&any_frame(BLOB, 0, b"echo mine")))),
    ("answer-upwards", after(when::own_start, |_, _, out| out.raw(&any_frame(ANSWER, 0, &[0, 0, 0, 0, 1])))),
    ("password-upwards", after(when::own_start, |_, _, out| out.raw(&any_frame(PASSWORD, 0, b"secret")))),
    ("cancel-upwards", after(when::own_start, |_, _, out| out.raw(&any_frame(CONTROL, 0, br#"{"down":"cancel"}"#)))),
    ("no-json", after(when::own_start, |_, _, out| out.raw(&any_frame(CONTROL, 0, b"{\x1b[2J")))),
    ("deep-json", after(when::own_start, |_, _, out| out.raw(&any_frame(CONTROL, 0, &[b'['; 200_000])))),
    ("control-with-a-stream", after(when::own_start, |_, _, out| out.raw(&any_frame(CONTROL, 7, b"{}")))),
    ("output-of-no-stream", after(when::own_start, |_, seen, out| out.raw(&output(seen, 2)))),
    ("output-too-short", after(when::own_start, |_, seen, out| out.raw(&any_frame(OUTPUT, seen.me.0, b"\0")))),
    ("body-too-short", after(when::own_start, |_, _, out| out.raw(&any_frame(BODY, 0, b"short")))),
    ("ask-with-a-lying-length", after(when::own_start, |_, seen, out| out.raw(&lying_ask(seen)))),
    ("huge-control", after(when::own_start, |_, _, out| out.raw(&raw_frame(u32::MAX, CONTROL, 0, b"{")))),
    ("huge-output", after(when::own_start, |_, seen, out| out.raw(&raw_frame(1 << 30, OUTPUT, seen.me.0, b"\0")))),
    ("huge-hello", instead(when::hello, |_, _, out| out.raw(&raw_frame(0x00ff_ffff, CONTROL, 0, b"{")))),
    (
        "half-a-frame",
        after(when::own_start, |_, _, out| {
            out.raw(&raw_frame(100, CONTROL, 0, br#"{"up":"#));
            out.fall_silent();
        }),
    ),
    ("silence", after(when::own_start, |_, _, out| out.fall_silent())),
    ("silence-from-the-start", instead(when::hello, |_, _, out| out.fall_silent())),
];

fn hello() -> Up {
    let node = Digest::of(b"another node");
    let (arch, boot) = ("x86_64".to_owned(), "boot".to_owned());
    Up::Hello(mcom_wire::HelloUp { protocol: mcom_wire::PROTOCOL, node, arch, boot })
}

fn with_protocol(said: &Up, protocol: u32) -> Up {
    match said {
        Up::Hello(hello) => Up::Hello(mcom_wire::HelloUp { protocol, ..hello.clone() }),
        other => other.clone(),
    }
}

fn output(seen: &Seen, stream: u8) -> Vec<u8> {
    any_frame(OUTPUT, seen.me.0, &[&[stream][..], &[0; 8], b"x"].concat())
}

fn lying_ask(seen: &Seen) -> Vec<u8> {
    let body = [&seen.me.0.to_be_bytes()[..], &[0], &u32::MAX.to_be_bytes(), b"bind"].concat();
    any_frame(ASK, seen.child().0, &body)
}
