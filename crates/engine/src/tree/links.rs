//! Links to children: opening them at a pace, handing over the assignment, and letting them go.

use crate::tree::effect::{Effect, LinkId};
use crate::tree::hosts::{Host, Phase};
use crate::tree::input::LinkFailure;
use crate::tree::run::TreeRun;
use mcom_model::limits::{HOSTS_PER_FRAME, LINKS_OPENING, WORDS_PER_HOST};
use mcom_model::{HostEvent, HostRanges, Reason, ReasonKind, RunClock, What};
use mcom_wire::{Assignment, Down, HelloUp, Member, PROTOCOL, Up};
use std::collections::{BTreeMap, VecDeque};

/// Bytes of output after which a child may say once more that there is more of it.
const BYTES_PER_WORD: u64 = 1 << 10;

/// Blobs that a payload can have.
pub(super) const BLOBS: usize = 2;

/// Every link that is not closed.
#[derive(Default)]
pub(super) struct Links {
    live: BTreeMap<LinkId, Link>,
    next: u32,
    /// Links that wait until fewer are being opened.
    queue: VecDeque<LinkId>,
    opening: usize,
}

/// One link to a child.
pub(super) struct Link {
    pub(super) host: u32,
    pub(super) group: u32,
    pub(super) state: LinkState,
    /// When its opening began.
    since: RunClock,
    /// When something was last heard over it.
    pub(super) heard: RunClock,
    /// Hosts of its assignment, the child's own included.
    pub(super) assigned: u32,
    /// Of those, hosts without an outcome.
    pub(super) left: u32,
    /// Of those, hosts that are not settled.
    pub(super) unsettled: u32,
    /// Slots of the window that are lent to it.
    pub(super) lent: u32,
    /// The child may have begun, and have the blobs: they go over the link only when they are asked for.
    pub(super) asked: bool,
    /// Which blobs were asked for and not sent yet.
    needed: [bool; BLOBS],
    /// What was asked for over it.
    pub(super) asks: u32,
    /// Its ssh waits for what it has asked for.
    pub(super) asking: bool,
    /// Blobs that were sent over it unasked; nothing can start below it before all were.
    pub(super) blobs: u32,
    /// Bodies that came over it.
    pub(super) bodies: u32,
    /// What was said over it, and the bytes of output that came: of long output is spoken now and then.
    words: u64,
    printed: u64,
}

/// How far a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LinkState {
    Queued,
    Opening,
    Open,
}

impl Link {
    /// Counts what a child says. Each of these is recorded or passed on, so without a bound it would fill a disk.
    pub(super) fn count(&mut self, message: &Up) -> Result<(), String> {
        match message {
            Up::Said { .. } | Up::Ask(_) | Up::Need { .. } | Up::OutputGone { .. } => self.words += 1,
            Up::Output(chunk) => self.printed += chunk.bytes.len() as u64,
            Up::Hello(_) | Up::Body { .. } | Up::Pong { .. } => {}
        }
        let most = WORDS_PER_HOST * u64::from(self.assigned.max(1)) + self.printed / BYTES_PER_WORD;
        if self.words <= most { Ok(()) } else { Err(format!("it said more than {most} things")) }
    }
}

impl Links {
    pub(super) fn get(&self, id: LinkId) -> Option<&Link> {
        self.live.get(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Link> {
        self.live.values()
    }

    pub(super) fn get_mut(&mut self, id: LinkId) -> Option<&mut Link> {
        self.live.get_mut(&id)
    }

    pub(super) fn is_open(&self, id: LinkId) -> bool {
        self.get(id).is_some_and(|link| link.state == LinkState::Open)
    }

    /// The link to a host whose ssh waits for what it has asked for.
    pub(super) fn asking(&mut self, host: u32) -> Option<(LinkId, &mut Link)> {
        let mut all = self.live.iter_mut();
        all.find(|(_, link)| link.host == host && link.asking).map(|(&id, link)| (id, link))
    }

    /// The links that have their assignment, in the order in which they were made.
    pub(super) fn open(&self) -> Vec<LinkId> {
        self.live.iter().filter(|(_, link)| link.state == LinkState::Open).map(|(&id, _)| id).collect()
    }
}

impl TreeRun {
    /// Wants a link to a host of a group, as soon as few enough are being opened. `lent` is the slot that it holds
    /// from the start.
    pub(super) fn want_link(&mut self, group: u32, host: u32, lent: u32) {
        let id = LinkId(self.links.next);
        self.links.next += 1;
        let link = Link {
            host,
            group,
            state: LinkState::Queued,
            since: self.now,
            heard: self.now,
            assigned: 0,
            left: lent,
            unsettled: 0,
            lent,
            asked: false,
            needed: [false; BLOBS],
            asks: 0,
            asking: false,
            blobs: 0,
            bodies: 0,
            words: 0,
            printed: 0,
        };
        self.links.live.insert(id, link);
        self.links.queue.push_back(id);
        self.groups[group as usize].trying.push(id);
        self.open_queued();
    }

    fn open_queued(&mut self) {
        while self.links.opening < LINKS_OPENING {
            let Some(id) = self.links.queue.pop_front() else { return };
            let Some(link) = self.links.live.get_mut(&id) else { continue };
            let (ix, group) = (link.host, link.group);
            if self.stop.reason().is_some() && !self.hosts.get(ix).begun {
                // Its group is about to be given up.
                continue;
            }
            link.state = LinkState::Opening;
            link.since = self.now;
            self.links.opening += 1;
            let by = self.me();
            let host = self.hosts.get_mut(ix);
            host.reach(Phase::Linking);
            let (host, spec) = (host.id, host.spec.clone());
            let open = Effect::OpenLink { link: id, host, spec, reach: self.reach(ix, group) };
            self.say_unless_recorded(ix, HostEvent::Linking { by });
            self.effects.push_back(open);
        }
    }

    /// A link is no longer there: forgets it. The caller says what becomes of its hosts, and of the slots that they
    /// hold, whose number is returned beside it.
    pub(super) fn take_link(&mut self, id: LinkId) -> Option<(Link, u32)> {
        let link = self.links.live.remove(&id)?;
        if link.state == LinkState::Opening {
            self.links.opening -= 1;
        }
        self.groups[link.group as usize].trying.retain(|&trying| trying != id);
        let held = link.lent.min(link.left);
        Some((link, held))
    }

    /// A link is no longer wanted: forgets it and frees its slots.
    pub(super) fn forget_link(&mut self, id: LinkId) -> Option<Link> {
        let (link, held) = self.take_link(id)?;
        let pool = self.groups[link.group as usize].pool;
        self.pools[pool as usize].used -= held;
        Some(link)
    }

    /// Of an ended host that is asked for its output again, nothing is recorded: it has its outcome. Above a parent it is
    /// said, because who asks for the means to log in somewhere must have said so.
    fn say_unless_recorded(&mut self, ix: u32, event: HostEvent) {
        if !(self.is_coordinator() && self.hosts.get(ix).ended()) {
            self.say(ix, event);
        }
    }

    /// Gives up a link that is being made.
    pub(super) fn abandon_link(&mut self, id: LinkId) {
        let Some(link) = self.forget_link(id) else { return };
        if link.state != LinkState::Queued {
            self.effects.push_back(Effect::CloseLink { link: id });
        }
        self.hosts.get_mut(link.host).reach(Phase::Waiting);
        self.open_queued();
    }

    pub(super) fn link_failed(&mut self, id: LinkId, failure: LinkFailure) {
        if let Some((link, held)) = self.take_link(id) {
            self.candidate_failed(&link, failure, held);
            self.open_queued();
            self.share_slots(self.groups[link.group as usize].pool);
        }
    }

    pub(super) fn link_opened(&mut self, id: LinkId, hello: &HelloUp, node_shipped: bool) {
        if self.links.get(id).is_none_or(|link| link.state != LinkState::Opening) {
            return;
        }
        if hello.protocol != PROTOCOL {
            self.effects.push_back(Effect::CloseLink { link: id });
            let text = format!("the node there speaks protocol {}, this one {PROTOCOL}", hello.protocol);
            let reason = Reason::new(ReasonKind::ProtocolVersion, text);
            return self.link_failed(id, LinkFailure::Refused(reason));
        }
        self.links.opening -= 1;
        let now = self.now;
        let by = self.me();
        let link = self.links.get_mut(id).expect("looked up above");
        (link.state, link.heard) = (LinkState::Open, now);
        let (ix, group) = (link.host, link.group);
        let ms = u64::try_from(now.since(link.since).as_millis()).unwrap_or(u64::MAX);
        self.watch_link(id);
        self.hosts.get_mut(ix).reach(Phase::Linked);
        self.say_unless_recorded(ix, HostEvent::Linked { by, node_shipped, ms });
        let members = self.lead(group, id);
        // Ahead of the work: whoever gets the one without the other starts nothing.
        self.tell_stop(id);
        self.assign(id, ix, &members);
        self.open_queued();
        self.share_slots(self.groups[group as usize].pool);
    }

    /// Hands the work to a child. What may start from here on is recorded first.
    fn assign(&mut self, id: LinkId, head: u32, members: &[u32]) {
        let count = u32::try_from(members.len()).expect("a plan has fewer than 2^32 hosts");
        let mut left = 0;
        for &ix in members.iter().chain([&head]) {
            let host = self.hosts.get_mut(ix);
            (host.link, host.edge) = (Some(id), None);
            left += u32::from(!host.ended());
        }
        let asked = self.hosts.get(head).begun;
        let link = self.links.get_mut(id).expect("a link that has just opened");
        let single = link.lent == 1;
        (link.asked, link.assigned, link.left, link.unsettled) = (asked, count + 1, left, count + 1);
        let group = link.group;
        let pool = self.hosts.get(head).pool;
        let window = if single { 1 } else { self.lend_first(pool, id, group) };
        if single && left == 0 {
            // It is asked for output alone.
            self.give_back_slot(pool, id);
        }
        if count > 0 {
            self.say(head, HostEvent::Chosen { below: u64::from(count) });
        }
        if self.is_coordinator() {
            let hosts = members.iter().chain([&head]).map(|&ix| self.hosts.get(ix).id).collect::<HostRanges>();
            self.record(What::Intent { hosts, via: self.hosts.get(head).id }, true);
        }
        let (epoch, levels, deadline_ms) =
            (self.groups[group as usize].epoch, self.levels_below(), self.deadline_left());
        let host = self.hosts.get(head);
        let assignment = Assignment {
            spec: self.run_spec().clone(),
            me: host.id,
            name: host.spec.name.clone(),
            dc: self.pools[pool as usize].dc.clone(),
            epoch,
            levels,
            window,
            members: count,
            begun: host.as_begun(),
            deadline_ms,
            identities: if count > 0 { self.identities.clone() } else { Vec::new() },
        };
        self.send_down(id, Down::Assign(Box::new(assignment)));
        for some in members.chunks(HOSTS_PER_FRAME) {
            let hosts = some.iter().map(|&ix| self.hosts.get(ix)).map(member).collect();
            self.send_down(id, Down::Members { hosts });
        }
        self.send_blobs(id);
    }

    /// Sends the blobs that are here and were not sent yet, in order; where hosts may have begun, those that were
    /// asked for.
    pub(super) fn send_blobs(&mut self, id: LinkId) {
        let ready: Vec<bool> = self.blobs_here();
        let Some(link) = self.links.get_mut(id).filter(|link| link.state == LinkState::Open) else { return };
        let mut now: Vec<usize> = Vec::new();
        if link.asked {
            now.extend((0..ready.len()).filter(|&index| ready[index] && std::mem::take(&mut link.needed[index])));
        } else {
            let sent = link.blobs as usize;
            now.extend((sent..ready.len()).take_while(|&index| ready[index]));
            link.blobs += u32::try_from(now.len()).expect("a payload has two blobs");
        }
        let (ix, missing) = (link.host, if link.asked { link.needed.contains(&true) } else { true });
        for index in now {
            let len = self.run_spec().payload.blobs().nth(index).map_or(0, |blob| blob.len);
            self.effects.push_back(Effect::SendBlob { link: id, index: u32::try_from(index).expect("one of two") });
            if self.is_coordinator() {
                self.record(What::Shipped { host: self.hosts.get(ix).id, bytes: len }, false);
            }
        }
        if missing {
            self.need_blobs();
        }
    }

    /// A child asks for a blob.
    pub(super) fn blob_needed(&mut self, id: LinkId, index: u32) -> Result<(), String> {
        let blobs = self.run_spec().payload.blobs().count();
        let link = self.links.get_mut(id).filter(|link| link.asked && (index as usize) < blobs);
        let link = link.ok_or_else(|| format!("it asked for blob {index}, which it is sent or which there is not"))?;
        link.needed[index as usize] = true;
        self.send_blobs(id);
        Ok(())
    }

    pub(super) fn send_down(&mut self, link: LinkId, message: Down) {
        self.effects.push_back(Effect::SendDown { link, message });
    }

    /// Everybody below a link is settled: the node there may leave.
    pub(super) fn release_link(&mut self, id: LinkId) {
        self.send_down(id, Down::Release);
        self.effects.push_back(Effect::CloseLink { link: id });
        self.forget_link(id);
    }
}

fn member(host: &Host) -> Member {
    Member { id: host.id, spec: host.spec.clone(), begun: host.as_begun(), access: host.access.clone() }
}
