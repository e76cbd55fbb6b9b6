//! The long link between the admin host and a datacenter: a thread that carries packets from one TUN device to
//! another, each of them late, and loses, thins out or stops them on command.
//!
//! The kernel's netem could do the half of it where it is built in. This does the same on every machine, can
//! stop one way alone, and counts.

use std::collections::VecDeque;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use crate::error::FleetError;
use crate::random::Random;

/// More than any packet of a device whose MTU is the usual one.
const PACKET: usize = 4096;
/// What may wait on a link without a rate; more is lost, as on any router.
const WAITING: usize = 16 << 20;
/// What may wait on a slow link, as time.
const WAITING_TIME: Duration = Duration::from_millis(400);

/// How a long link behaves, each way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Line {
    /// How late every packet comes, one way.
    pub delay: Duration,
    /// How many bits a second it carries; as many as come without it.
    pub bits_per_second: Option<u64>,
    /// How many of a hundred packets are lost.
    pub loss_percent: u8,
    /// What does not get through at all.
    pub stopped: Option<Way>,
}

/// A direction, seen from the admin host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From the admin host to the hosts.
    Out,
    /// From the hosts to the admin host.
    In,
    /// Both.
    Both,
}

impl Way {
    pub(crate) fn covers(self, other: Way) -> bool {
        self == Way::Both || self == other
    }
}

/// What a link has carried.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Bytes from the admin host.
    pub bytes_out: u64,
    /// Bytes to the admin host.
    pub bytes_in: u64,
    /// Packets that were lost on command, or for want of room.
    pub lost: u64,
}

#[derive(Debug, Default)]
struct Shared {
    line: Mutex<Line>,
    carried: [AtomicU64; 2],
    lost: AtomicU64,
}

impl Shared {
    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A link that works. It ends when the value is dropped.
#[derive(Debug)]
pub(super) struct LongLink {
    shared: Arc<Shared>,
    end: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl LongLink {
    /// Joins two devices: the admin host's and the datacenter's.
    pub(super) fn start(admin: OwnedFd, datacenter: OwnedFd, line: Line, seed: u64) -> Result<Self, FleetError> {
        let failed = |error: Errno| FleetError::Network(format!("a long link: {error}"));
        let end = Arc::new(eventfd(0, EventfdFlags::CLOEXEC).map_err(failed)?);
        let shared = Arc::new(Shared { line: Mutex::new(line), ..Shared::default() });
        let mut carrier = Carrier {
            ways: [Queue::new(Way::Out, admin), Queue::new(Way::In, datacenter)],
            shared: shared.clone(),
            end: end.clone(),
            random: Random::new(seed),
        };
        let thread = std::thread::Builder::new().name("long link".into()).spawn(move || carrier.carry());
        let thread = thread.map_err(|error| FleetError::Network(format!("a long link: {error}")))?;
        Ok(Self { shared, end, thread: Some(thread) })
    }

    /// Changes how it behaves, from the next packet on.
    pub(super) fn set(&self, change: impl FnOnce(&mut Line)) {
        change(&mut self.shared.line());
    }

    pub(super) fn traffic(&self) -> Traffic {
        let [bytes_out, bytes_in] = &self.shared.carried;
        Traffic {
            bytes_out: bytes_out.load(Ordering::Relaxed),
            bytes_in: bytes_in.load(Ordering::Relaxed),
            lost: self.shared.lost.load(Ordering::Relaxed),
        }
    }
}

impl Drop for LongLink {
    fn drop(&mut self) {
        let _ = rustix::io::write(&*self.end, &1u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// One direction: packets are read from its device and written to the other one's when they are due.
struct Queue {
    way: Way,
    from: OwnedFd,
    packets: VecDeque<(Instant, Vec<u8>)>,
    bytes: usize,
    /// When the last packet that was taken has left, at the rate of the link.
    free: Instant,
}

impl Queue {
    fn new(way: Way, from: OwnedFd) -> Self {
        Self { way, from, packets: VecDeque::new(), bytes: 0, free: Instant::now() }
    }

    /// Takes a packet, or says that there is no room for it.
    fn take(&mut self, packet: &[u8], line: Line, now: Instant) -> bool {
        self.free = self.free.max(now);
        if self.bytes + packet.len() > WAITING || (self.free - now) > WAITING_TIME {
            return false;
        }
        if let Some(rate) = line.bits_per_second {
            self.free += Duration::from_secs_f64(packet.len() as f64 * 8.0 / rate.max(1) as f64);
        }
        self.bytes += packet.len();
        self.packets.push_back((self.free + line.delay, packet.to_vec()));
        true
    }

    /// The next packet whose time has come. A delay that was made shorter lets none overtake another.
    fn due(&mut self, now: Instant) -> Option<Vec<u8>> {
        if self.packets.front()?.0 > now {
            return None;
        }
        let (_, packet) = self.packets.pop_front()?;
        self.bytes -= packet.len();
        Some(packet)
    }
}

struct Carrier {
    ways: [Queue; 2],
    shared: Arc<Shared>,
    end: Arc<OwnedFd>,
    random: Random,
}

impl Carrier {
    fn carry(&mut self) {
        loop {
            let next = self.ways.iter().filter_map(|way| way.packets.front()).map(|(due, _)| *due).min();
            let [out, back] = &self.ways;
            let mut files = [
                PollFd::new(&*self.end, PollFlags::IN),
                PollFd::new(&out.from, PollFlags::IN),
                PollFd::new(&back.from, PollFlags::IN),
            ];
            let pause = next.map(|due| due.saturating_duration_since(Instant::now()));
            let pause = pause.and_then(|pause| Timespec::try_from(pause).ok());
            match poll(&mut files, pause.as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => return,
            }
            if !files[0].revents().is_empty() {
                return;
            }
            self.read(0);
            self.read(1);
            self.write(0);
            self.write(1);
        }
    }

    fn read(&mut self, way: usize) {
        let line = *self.shared.line();
        let queue = &mut self.ways[way];
        let mut packet = [0; PACKET];
        while let Ok(length) = rustix::io::read(queue.from.as_fd(), &mut packet) {
            let stopped = line.stopped.is_some_and(|stopped| stopped.covers(queue.way));
            let lost = self.random.percent(line.loss_percent);
            if stopped || lost || !queue.take(&packet[..length], line, Instant::now()) {
                self.shared.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// What is under way when the link is stopped is lost too.
    fn write(&mut self, way: usize) {
        let stopped = self.shared.line().stopped;
        let now = Instant::now();
        while let Some(packet) = self.ways[way].due(now) {
            let lost = stopped.is_some_and(|stopped| stopped.covers(self.ways[way].way));
            // A device that is down takes nothing: a loss like any other.
            if lost || rustix::io::write(self.ways[1 - way].from.as_fd(), &packet).is_err() {
                self.shared.lost.fetch_add(1, Ordering::Relaxed);
            } else {
                self.shared.carried[way].fetch_add(packet.len() as u64, Ordering::Relaxed);
            }
        }
    }
}
