//! How a node reads the output of its own host's attempt: from where it was read before, as far as it is allowed.

use crate::world::queue::{Event, Ix};
use crate::world::{Input, World};
use bytes::Bytes;
use mcom_engine::tree::OwnEvent;
use mcom_model::{Reason, ReasonKind, Stream, limits};

static NOTHING: [u8; limits::DATA_FRAME] = [b'.'; limits::DATA_FRAME];

impl World {
    /// A node may hand over more of its own output.
    pub(crate) fn read_own(&mut self, proc: Ix, stream: Stream, upto: u64) {
        let Some(own) = self.procs[proc].own.as_mut() else { return };
        let allowed = &mut own.upto[stream as usize];
        *allowed = upto.max(*allowed);
        self.read_soon(proc, stream);
    }

    /// More of the output lies in the spool.
    pub(crate) fn read_soon(&mut self, proc: Ix, stream: Stream) {
        let Some(host) = self.procs[proc].host else { return };
        let spooled = self.hosts[host].prints[stream as usize].spooled;
        let Some(own) = self.procs[proc].own.as_mut().filter(|own| own.begun) else { return };
        let at = stream as usize;
        if own.read[at] < own.upto[at].min(spooled) && !std::mem::replace(&mut own.reading[at], true) {
            self.queue.plan(self.now + 200, Event::Read { proc, stream });
        }
    }

    pub(crate) fn read(&mut self, proc: Ix, stream: Stream) {
        let Some(host) = self.procs[proc].host.filter(|_| self.procs[proc].alive) else { return };
        let at = stream as usize;
        let spooled = self.hosts[host].prints[at].spooled;
        let bad = self.hosts[host].bad_spool;
        let Some(own) = self.procs[proc].own.as_mut() else { return };
        own.reading[at] = false;
        if bad && own.read[at] > 0 {
            self.stats.count("fault: spool cannot be read");
            own.upto = [0; 2];
            let reason = Reason::new(ReasonKind::SpoolUnsafe, "the spool cannot be read");
            return self.tell(proc, Input::Own(OwnEvent::OutputGone { reason }), None);
        }
        let offset = own.read[at];
        let len = own.upto[at].min(spooled).saturating_sub(offset).min(limits::DATA_FRAME as u64);
        if len == 0 {
            return;
        }
        own.read[at] += len;
        let bytes = Bytes::from_static(&NOTHING[..usize::try_from(len).expect("one frame")]);
        self.tell(proc, Input::Own(OwnEvent::Output { stream, offset, bytes }), None);
        self.read_soon(proc, stream);
    }
}
