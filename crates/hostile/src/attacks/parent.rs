//! A captured parent that speaks for hosts that are not below it, or lies about the ways to those that are.

use crate::attack::{Attack, after, instead};
use crate::attacks::child::receipt;
use crate::attacks::when;
use crate::out::Out;
use bytes::Bytes;
use mcom_model::{AskKind, HostEvent, HostId, Outcome, Reason, ReasonKind, Stream};
use mcom_wire::{Ask, OutputChunk, Up};

pub(super) const LIST: &[(&str, Attack)] = &[
    ("result-for-a-foreign-host", after(when::own_start, |_, seen, out| all_well(seen.foreign(), out))),
    ("result-for-no-host", after(when::own_start, |_, _, out| all_well(HostId(4_000_000_000), out))),
    ("output-of-a-foreign-host", after(when::own_start, |_, seen, out| print(seen.foreign(), out))),
    ("output-gone-of-a-foreign-host", after(when::own_start, |_, seen, out| gone(seen.foreign(), out))),
    ("lost-a-foreign-parent", after(when::own_start, |_, seen, out| lost(seen.foreign(), out))),
    (
        "link-by-a-foreign-parent",
        instead(when::child_linked, |_, seen, out| linking(seen.child(), seen.foreign(), out)),
    ),
    ("link-by-nobody", instead(when::child_linked, |_, seen, out| linked(seen.child(), None, out))),
    ("result-without-a-start", after(when::child_linked, |_, seen, out| all_well(seen.child(), out))),
    ("ask-for-a-foreign-host", after(when::own_start, |_, seen, out| ask(seen.foreign(), seen.me, out))),
    ("ask-in-a-foreign-name", after(when::own_start, |_, seen, out| ask(seen.child(), seen.foreign(), out))),
];

fn say(host: HostId, event: HostEvent, out: &mut Out) {
    out.say(&Up::Said { host, event });
}

/// With a proof that nobody has given.
fn all_well(host: HostId, out: &mut Out) {
    say(host, HostEvent::Ended { outcome: Outcome::Ok, receipt: receipt(0).map(Box::new) }, out);
}

fn print(host: HostId, out: &mut Out) {
    let bytes = Bytes::from_static(b"not what it printed\n");
    out.say(&Up::Output(OutputChunk { host, stream: Stream::Out, offset: 0, bytes }));
}

fn gone(host: HostId, out: &mut Out) {
    out.say(&Up::OutputGone { host, reason: Reason::new(ReasonKind::LinkLost, "nothing to see here") });
}

fn lost(host: HostId, out: &mut Out) {
    say(host, HostEvent::ParentLost { reason: Reason::new(ReasonKind::LinkLost, "it is gone") }, out);
}

fn linking(host: HostId, by: HostId, out: &mut Out) {
    say(host, HostEvent::Linking { by: Some(by) }, out);
}

fn linked(host: HostId, by: Option<HostId>, out: &mut Out) {
    say(host, HostEvent::Linked { by, node_shipped: false, ms: 1 }, out);
}

fn ask(host: HostId, by: HostId, out: &mut Out) {
    let (bind, request) = (Bytes::from_static(b"bind"), Bytes::from_static(b"request"));
    out.say(&Up::Ask(Ask { host, by, kind: AskKind::Signature, bind, request }));
}
