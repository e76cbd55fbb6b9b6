//! Output on its way: bodies and chunks that come from below go up, or into the store at the coordinator; what is
//! allowed from above goes down. Bytes are handed on as they are.

use crate::tree::effect::Effect;
use crate::tree::run::{Role, TreeRun};
use bytes::Bytes;
use mcom_model::{Digest, HostId, Stream};
use mcom_wire::{Down, OutputChunk, Up};

impl TreeRun {
    /// A whole small body, already checked: goes up once, or is stored once.
    pub(super) fn take_body(&mut self, digest: Digest, bytes: Bytes) {
        match &mut self.role {
            Role::Coordinator(_) => self.store_body(digest, bytes),
            Role::Node(node) => {
                if node.bodies_sent.insert(digest) {
                    self.effects.push_back(Effect::SendUp(Up::Body { digest, bytes }));
                }
            }
        }
    }

    /// A piece of output within what was allowed.
    pub(super) fn take_output(&mut self, ix: u32, chunk: OutputChunk) {
        let stream = chunk.stream;
        self.hosts.flow(ix, stream).received += chunk.bytes.len() as u64;
        match self.role {
            Role::Coordinator(_) => self.store_output(ix, chunk),
            Role::Node(_) => self.effects.push_back(Effect::SendUp(Up::Output(chunk))),
        }
        self.settle_if_done(ix);
    }

    /// More of a host's output may go up (node).
    pub(super) fn allowed(&mut self, host: HostId, stream: Stream, upto: u64) {
        let me = self.me() == Some(host);
        let Some(ix) = self.hosts.place(host) else { return };
        let link = self.hosts.get(ix).link;
        let flow = self.hosts.flow(ix, stream);
        if upto <= flow.allowed || flow.closed {
            return;
        }
        flow.allowed = upto;
        if me {
            self.effects.push_back(Effect::ReadOwn { stream, upto });
            self.say_printed(stream);
        } else if let Some(link) = link {
            self.send_down(link, Down::Allow { host, stream, upto });
        }
    }
}
