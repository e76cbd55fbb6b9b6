//! One machine: whether it can be reached, what its payload does, and what lies in its spool.

use crate::Scenario;
use crate::rng::Rng;
use crate::world::queue::Ix;
use crate::world::spool::Spool;
use bytes::Bytes;
use mcom_model::{BodyRef, Digest, Exit, limits};

/// One machine.
pub(crate) struct SimHost {
    pub(crate) powered: bool,
    pub(crate) down: Option<Down>,
    pub(crate) inside_only: bool,
    pub(crate) refusing: bool,
    pub(crate) bad_blob: bool,
    pub(crate) bad_spool: bool,
    pub(crate) hostile: bool,
    /// What relay needs is missing: in its ssh, as a parent; in its sshd, as a child.
    pub(crate) old_ssh: bool,
    pub(crate) old_sshd: bool,
    pub(crate) no_forwarding: bool,
    pub(crate) stubborn: bool,
    pub(crate) slowness: u64,
    /// The node was here before.
    pub(crate) cached: bool,
    /// How long the payload runs, how it ends, and what it prints.
    pub(crate) lasts: u64,
    pub(crate) exit: Exit,
    pub(crate) prints: [Printed; 2],
    pub(crate) spool: Spool,
    /// The nodes that see to the attempt, or did.
    pub(crate) followers: Vec<Ix>,
    /// The node that started the supervisor.
    pub(crate) starter: Option<Ix>,
    /// How often the payload was started: the truth that no message can change.
    pub(crate) starts: u32,
    /// Until when nothing passes to it, and from it.
    pub(crate) cut: [u64; 2],
    /// It runs below a place from which the coordinator hears.
    pub(crate) counted: bool,
}

/// How a host is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Down {
    Silent,
    Refusing,
}

/// One stream: the whole of it, and how much of it is in the spool.
#[derive(Clone, Debug)]
pub(crate) struct Printed {
    pub(crate) whole: BodyRef,
    pub(crate) bytes: Option<Bytes>,
    pub(crate) spooled: u64,
}

impl SimHost {
    pub(crate) fn new(rng: &mut Rng, scenario: &Scenario, id: usize) -> Self {
        let (faults, work) = (scenario.faults, scenario.work);
        let slowness = if rng.chance(faults.slow) { 10 } else { 1 };
        let failing = rng.chance(work.failing);
        let out = if rng.chance(work.equally_loud) {
            Printed::large("the same everywhere", work.most / 2)
        } else if rng.chance(work.loud) {
            Printed::large(&format!("everything about {id}"), rng.range(1, work.most))
        } else if rng.chance(100) {
            Printed::small(&format!("hello from {id}\n"))
        } else {
            Printed::small(rng.pick(&["", "done\n", "nothing to do\n"]))
        };
        Self {
            powered: true,
            down: rng.chance(faults.down).then(|| rng.pick(&[Down::Silent, Down::Refusing])),
            inside_only: rng.chance(faults.inside_only),
            refusing: rng.chance(faults.refusing),
            bad_blob: rng.chance(faults.bad_blob),
            bad_spool: rng.chance(faults.bad_spool),
            hostile: rng.chance(faults.hostile),
            old_ssh: rng.chance(faults.old_ssh),
            old_sshd: rng.chance(faults.old_sshd),
            no_forwarding: rng.chance(faults.no_forwarding),
            stubborn: rng.chance(faults.stubborn),
            slowness,
            cached: rng.chance(500),
            lasts: rng.range(1_000, work.longest) * slowness,
            exit: if failing { rng.pick(&[Exit::Code(1), Exit::Signal(11)]) } else { Exit::Code(0) },
            prints: [out, Printed::small(if failing { "it went wrong\n" } else { "" })],
            spool: Spool {
                locked_until: if rng.chance(faults.busy) { rng.range(1, 60_000_000) } else { 0 },
                has_payload: rng.chance(faults.has_payload),
                ..Spool::default()
            },
            followers: Vec::new(),
            starter: None,
            starts: 0,
            cut: [0; 2],
            counted: false,
        }
    }
}

impl Printed {
    fn small(text: &str) -> Self {
        let bytes = Bytes::from(text.to_owned());
        let whole = BodyRef { digest: Digest::of(&bytes), len: bytes.len() as u64, dropped: 0 };
        Self { whole, bytes: Some(bytes), spooled: 0 }
    }

    /// The payload ended before it had printed everything: what is in the spool is another body than the whole.
    pub(crate) fn cut_short(&mut self, host: Ix) {
        self.bytes = None;
        self.whole = if self.spooled == 0 {
            BodyRef::empty()
        } else {
            let digest = Digest::of(format!("{host} up to {}", self.spooled).as_bytes());
            BodyRef { digest, len: self.spooled, dropped: 0 }
        };
    }

    /// A body that is only spoken of: nobody looks at the bytes of what is too long to travel with an outcome.
    fn large(name: &str, len: u64) -> Self {
        let whole = BodyRef { digest: Digest::of(name.as_bytes()), len: len.max(limits::BODY_INLINE + 1), dropped: 0 };
        Self { whole, bytes: None, spooled: 0 }
    }
}
