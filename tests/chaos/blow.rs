//! What can go wrong in a round, how it is done and how it is undone.

use crate::scene::{Coordinator, Part, Scene};
use mcom_testbed::{Links, Random, Signal, Way, is_root};
use std::time::Duration;

/// Something that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blow {
    KillParent,
    KillPart(Part, String),
    StopNode(String),
    KillSessions(String),
    Freeze(String),
    TurnOff(String),
    Reboot(String),
    Reset(String),
    CutAfter(String, u64),
    Stall(String, Way),
    Unplug(String),
    Deafen(String, String),
    Partition(String, Way),
    Lose(String, u8),
    KillCoordinator,
}

/// All kinds of them, as counts call them. The last ones need namespaces, the one before these needs root.
pub const KINDS: [&str; 17] = [
    "parent killed",
    "node killed",
    "supervisor killed",
    "payload killed",
    "node stopped",
    "sessions killed",
    "host frozen",
    "host turned off",
    "links reset",
    "links cut after n bytes",
    "links stalled",
    "host unplugged",
    "partition",
    "coordinator killed",
    "host rebooted",
    "one way lost between hosts",
    "packets lost",
];

/// What this machine cannot do is no part of its chaos.
pub fn possible(namespaces: bool) -> &'static [&'static str] {
    let most = if namespaces {
        17
    } else if is_root() {
        15
    } else {
        14
    };
    &KINDS[..most]
}

impl Blow {
    /// One that the seed chooses. `hosts` are pairs of name and datacenter.
    pub fn choose(random: &mut Random, hosts: &[(String, String)], namespaces: bool) -> Self {
        let (host, dc) = random.pick(hosts).cloned().expect("a lane has hosts");
        let way = *random.pick(&[Way::Both, Way::Out, Way::In]).expect("there are three");
        let bytes = 1 << (4 + random.below(10));
        match *random.pick(possible(namespaces)).expect("there are some") {
            "parent killed" => Self::KillParent,
            "node killed" => Self::KillPart(Part::Node, host),
            "supervisor killed" => Self::KillPart(Part::Supervisor, host),
            "payload killed" => Self::KillPart(Part::Payload, host),
            "node stopped" => Self::StopNode(host),
            "sessions killed" => Self::KillSessions(host),
            "host frozen" => Self::Freeze(host),
            "host turned off" => Self::TurnOff(host),
            "links reset" => Self::Reset(host),
            "links cut after n bytes" => Self::CutAfter(host, random.below(bytes)),
            "links stalled" => Self::Stall(host, way),
            "host unplugged" => Self::Unplug(host),
            "partition" => Self::Partition(dc, way),
            "coordinator killed" => Self::KillCoordinator,
            "host rebooted" => Self::Reboot(host),
            "one way lost between hosts" => {
                let others: Vec<_> = hosts.iter().filter(|(name, of)| *of == dc && *name != host).collect();
                match random.pick(&others) {
                    Some((other, _)) => Self::Deafen(host, other.clone()),
                    None => Self::Unplug(host),
                }
            }
            _ => Self::Lose(dc, u8::try_from(5 + random.below(16)).expect("it is at most 20")),
        }
    }

    /// What counts call it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::KillParent => "parent killed",
            Self::KillPart(Part::Node, _) => "node killed",
            Self::KillPart(Part::Supervisor, _) => "supervisor killed",
            Self::KillPart(Part::Payload, _) => "payload killed",
            Self::StopNode(_) => "node stopped",
            Self::KillSessions(_) => "sessions killed",
            Self::Freeze(_) => "host frozen",
            Self::TurnOff(_) => "host turned off",
            Self::Reboot(_) => "host rebooted",
            Self::Reset(_) => "links reset",
            Self::CutAfter(..) => "links cut after n bytes",
            Self::Stall(..) => "links stalled",
            Self::Unplug(_) => "host unplugged",
            Self::Deafen(..) => "one way lost between hosts",
            Self::Partition(..) => "partition",
            Self::Lose(..) => "packets lost",
            Self::KillCoordinator => "coordinator killed",
        }
    }

    /// Whether it can be done before there is a run.
    pub fn may_come_first(&self) -> bool {
        !matches!(self, Self::KillParent | Self::KillPart(..) | Self::StopNode(_) | Self::KillSessions(_))
            && *self != Self::KillCoordinator
    }

    /// Does it; says whether it met anything.
    pub fn strike(&self, scene: &mut Scene, run: Option<&mut Coordinator>) -> bool {
        let fleet = &mut scene.bench.fleet;
        match self {
            Self::KillCoordinator => return run.is_some_and(Coordinator::kill),
            Self::KillParent => {
                let parent = run.and_then(|run| run.said("chosen").pop());
                return parent.is_some_and(|parent| scene.kill(&parent, Part::Node) > 0);
            }
            Self::KillPart(part, host) => return scene.kill(host, *part) > 0,
            Self::StopNode(host) => {
                let nodes = scene.part(host, Part::Node);
                nodes.iter().for_each(|node| node.signal(Signal::Stop));
                return !nodes.is_empty();
            }
            Self::KillSessions(host) => {
                let some = !fleet.sessions(host).unwrap().is_empty();
                fleet.cut_links(host).unwrap();
                return some;
            }
            Self::Freeze(host) => fleet.signal_host(host, Signal::Stop),
            Self::TurnOff(host) => fleet.stop_host(host),
            Self::Reboot(host) => fleet.reboot(host),
            Self::Reset(host) => fleet.reset(host, Links::All),
            Self::CutAfter(host, bytes) => fleet.cut_after(host, Links::All, *bytes),
            Self::Stall(host, way) => fleet.stall(host, Links::All, Some(*way)),
            Self::Unplug(host) => fleet.unplug(host, true),
            Self::Deafen(from, to) => fleet.deafen(from, to, true),
            Self::Partition(dc, way) => fleet.partition(dc, Some(*way)),
            Self::Lose(dc, percent) => fleet.set_line(dc, |line| line.loss_percent = *percent),
        }
        .unwrap();
        true
    }

    /// Puts right what it did, as far as that can be. What it did to links is healed for all of them at once.
    pub fn mend(&self, scene: &mut Scene) {
        let fleet = &mut scene.bench.fleet;
        match self {
            Self::Freeze(host) | Self::StopNode(host) => fleet.signal_host(host, Signal::Continue),
            Self::TurnOff(host) => fleet.start_host(host),
            Self::Stall(host, _) => fleet.stall(host, Links::All, None),
            Self::Unplug(host) => fleet.unplug(host, false),
            Self::Deafen(from, to) => fleet.deafen(from, to, false),
            Self::Partition(dc, _) => fleet.partition(dc, None),
            Self::Lose(dc, _) => fleet.set_line(dc, |line| line.loss_percent = 0),
            _ => Ok(()),
        }
        .unwrap();
    }

    /// How long it lasts: from a moment to longer than it takes to hold a link for dead.
    pub fn lasts(random: &mut Random) -> Duration {
        Duration::from_millis(300 + random.below(4500))
    }
}
