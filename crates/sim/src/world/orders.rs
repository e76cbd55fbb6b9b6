//! What a node does about its own host's attempt when it is told to, and when it is gone.

use crate::sabotage::Sabotage;
use crate::world::queue::{Ix, Step};
use crate::world::spool::{Attempt, Holder};
use crate::world::{Input, World};

impl World {
    /// What a node holds is free when it is gone: claims between the claim and the start.
    pub(crate) fn let_go_of_claims(&mut self, proc: Ix) {
        let Some(host) = self.procs[proc].host else { return };
        self.hosts[host].followers.retain(|&follower| follower != proc);
        let held = |attempt: &Attempt| attempt.holder == Holder::Node(proc);
        while let Some(number) = self.hosts[host].spool.chain.iter().position(held) {
            self.hosts[host].spool.chain[number].holder = Holder::Nobody;
            self.stats.count("node lost between claim and start");
            self.claim_freed(host, number);
        }
    }

    /// A node asks to end its own attempt.
    pub(crate) fn cancel_own(&mut self, proc: Ix) {
        let Some(host) = self.procs[proc].host else { return };
        let Some(own) = self.procs[proc].own.as_mut() else { return };
        own.cancelled = true;
        if let Some(number) = own.attempt {
            self.cancel_attempt(host, number);
        }
    }

    /// Gives the attempt up that is followed, unless it was executed.
    pub(crate) fn give_up_own(&mut self, proc: Ix) {
        let Some(host) = self.procs[proc].host else { return };
        let Some(own) = self.procs[proc].own.as_mut() else { return };
        // What is claimed or found after this is given up then.
        own.given_up = true;
        let Some(number) = own.attempt else { return };
        let attempt = &mut self.hosts[host].spool.chain[number];
        let waits = attempt.waits_until.is_some() && !attempt.executed;
        attempt.given_up |= !attempt.executed;
        if waits {
            self.stats.count("given up while it waited");
            self.plan_work(host, number, Step::Lock);
        }
    }

    /// After an assignment to a host that may have begun: looks whether the blobs lie there already.
    pub(crate) fn look_for_blobs(&mut self, proc: Ix) {
        let Some(host) = self.procs[proc].host else { return };
        let really = self.hosts[host].spool.has_blobs();
        if let Some(up) = self.procs[proc].up {
            self.wires[up].missing = !really;
        }
        let here = really && self.sabotage != Some(Sabotage::ShipAgain);
        self.stats.count(if here { "blobs found on the host" } else { "blobs missing on the host" });
        for (_, index) in self.scenario.spec.payload.blobs().collect::<Vec<_>>().into_iter().zip(0..) {
            let input = if here { Input::BlobReady { index } } else { Input::BlobMissing { index } };
            self.tell(proc, input, None);
        }
    }
}
