//! A port in front of a host's sshd: what passes can be stalled, cut with a reset, or cut after so many bytes.
//!
//! One thread carries all connections of one host, in the host's own network where it has one. It never waits
//! for one side of one connection: a reader that stands still holds up nobody else.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};
use rustix::io::Errno;

use crate::error::{FleetError, at};
use crate::net::{NetSpace, Way};

/// How much of one direction of one connection is kept here while its reader is busy.
const BUFFER: usize = 64 << 10;

/// What a proxy is told to do.
#[derive(Debug, Default)]
struct Orders {
    stalled: Option<Way>,
    refusing: bool,
    reset: bool,
    /// How many bytes may still pass, both ways together, until everything is cut.
    allowance: Option<u64>,
    ended: bool,
    passed: u64,
    cuts: u64,
}

/// The port in front of one host.
#[derive(Debug)]
pub(crate) struct Proxy {
    orders: Arc<Mutex<Orders>>,
    bell: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Proxy {
    /// Takes what arrives at `listener` to `target`, from within `space`.
    pub(crate) fn start(
        listener: TcpListener,
        target: SocketAddr,
        space: Option<NetSpace>,
    ) -> Result<Self, FleetError> {
        listener.set_nonblocking(true).map_err(at("a proxy"))?;
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK);
        let bell = Arc::new(bell.map_err(|error| FleetError::Network(format!("a proxy: {error}")))?);
        let orders = Arc::new(Mutex::new(Orders::default()));
        let mut relay = Relay { listener, target, orders: orders.clone(), bell: bell.clone(), connections: Vec::new() };
        let thread = std::thread::Builder::new().name("proxy".into()).spawn(move || {
            if space.is_none_or(|space| space.enter().is_ok()) {
                relay.work();
            }
        });
        let thread = Some(thread.map_err(at("a proxy"))?);
        Ok(Self { orders, bell, thread })
    }

    /// Holds back what goes these ways, on connections that stand and on new ones.
    pub(crate) fn stall(&self, ways: Option<Way>) {
        self.order(|orders| orders.stalled = ways);
    }

    /// Cuts all connections with a reset; new ones are taken.
    pub(crate) fn reset(&self) {
        self.order(|orders| orders.reset = true);
    }

    /// Lets so many more bytes pass, over all connections and both ways; the next one cuts them all with a reset.
    pub(crate) fn cut_after(&self, bytes: Option<u64>) {
        self.order(|orders| orders.allowance = bytes);
    }

    /// Resets new connections at once.
    pub(crate) fn refuse(&self, refusing: bool) {
        self.order(|orders| orders.refusing = refusing);
    }

    /// How many bytes have passed, and how often connections were cut by command.
    pub(crate) fn counts(&self) -> (u64, u64) {
        let orders = locked(&self.orders);
        (orders.passed, orders.cuts)
    }

    fn order(&self, change: impl FnOnce(&mut Orders)) {
        change(&mut locked(&self.orders));
        let _ = rustix::io::write(&*self.bell, &1u64.to_ne_bytes());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.order(|orders| orders.ended = true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Relay {
    listener: TcpListener,
    target: SocketAddr,
    orders: Arc<Mutex<Orders>>,
    bell: Arc<OwnedFd>,
    connections: Vec<Connection>,
}

impl Relay {
    fn work(&mut self) {
        while self.wait().is_ok() {
            let mut orders = locked(&self.orders);
            if orders.ended {
                return;
            }
            if std::mem::take(&mut orders.reset) {
                orders.cuts += 1;
                self.connections.drain(..).for_each(Connection::reset);
            }
            drop(orders);
            self.accept();
            self.pass();
        }
    }

    /// Waits until something can be done.
    fn wait(&self) -> Result<(), Errno> {
        let stalled = locked(&self.orders).stalled;
        let mut files = vec![PollFd::new(&*self.bell, PollFlags::IN), PollFd::new(&self.listener, PollFlags::IN)];
        for connection in &self.connections {
            connection.interests(stalled, &mut files);
        }
        match poll(&mut files, None) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
        if !files[0].revents().is_empty() {
            let _ = rustix::io::read(&*self.bell, &mut [0; 8]);
        }
        Ok(())
    }

    fn accept(&mut self) {
        while let Ok((client, _)) = self.listener.accept() {
            if locked(&self.orders).refusing {
                close_with_reset(&client);
                continue;
            }
            // An sshd that is down is a host that is down.
            match TcpStream::connect(self.target).and_then(|server| Connection::new(client, server)) {
                Ok(connection) => self.connections.push(connection),
                Err(_) => continue,
            }
        }
    }

    fn pass(&mut self) {
        let mut orders = locked(&self.orders);
        let mut cut = false;
        for connection in &mut self.connections {
            cut |= connection.pass(&mut orders);
        }
        if cut {
            orders.allowance = None;
            orders.cuts += 1;
            self.connections.drain(..).for_each(Connection::reset);
        }
        self.connections.retain(|connection| !connection.over());
    }
}

/// One connection: what came from either side and waits for the other to take it.
struct Connection {
    client: TcpStream,
    server: TcpStream,
    out: Half,
    back: Half,
}

#[derive(Default)]
struct Half {
    waiting: Vec<u8>,
    /// The source has said that it is done.
    ended: bool,
    /// The sink has been told so.
    told: bool,
    broken: bool,
}

impl Connection {
    fn new(client: TcpStream, server: TcpStream) -> std::io::Result<Self> {
        for side in [&client, &server] {
            side.set_nonblocking(true)?;
            side.set_nodelay(true)?;
        }
        Ok(Self { client, server, out: Half::default(), back: Half::default() })
    }

    fn interests<'a>(&'a self, stalled: Option<Way>, files: &mut Vec<PollFd<'a>>) {
        let open = |way| !stalled.is_some_and(|stalled| stalled.covers(way));
        let mut client = PollFlags::empty();
        let mut server = PollFlags::empty();
        if open(Way::Out) {
            client.set(PollFlags::IN, self.out.wants());
            server.set(PollFlags::OUT, !self.out.waiting.is_empty());
        }
        if open(Way::In) {
            server.set(PollFlags::IN, self.back.wants());
            client.set(PollFlags::OUT, !self.back.waiting.is_empty());
        }
        // One without an interest is left out: poll would report its end over and over.
        for (side, flags) in [(&self.client, client), (&self.server, server)] {
            if !flags.is_empty() {
                files.push(PollFd::new(side, flags));
            }
        }
    }

    /// Says whether bytes are left over that are not allowed to pass.
    fn pass(&mut self, orders: &mut Orders) -> bool {
        let open = |way| !orders.stalled.is_some_and(|stalled| stalled.covers(way));
        let (out, back) = (open(Way::Out), open(Way::In));
        if out {
            self.out.pass(&self.client, &self.server, orders);
        }
        if back {
            self.back.pass(&self.server, &self.client, orders);
        }
        let held = (out && !self.out.waiting.is_empty()) || (back && !self.back.waiting.is_empty());
        held && orders.allowance == Some(0)
    }

    fn over(&self) -> bool {
        self.out.broken || self.back.broken || (self.out.told && self.back.told)
    }

    fn reset(self) {
        close_with_reset(&self.client);
        close_with_reset(&self.server);
    }
}

impl Half {
    fn wants(&self) -> bool {
        !self.ended && self.waiting.len() < BUFFER
    }

    /// Moves what can be moved without waiting, and no more than is allowed.
    fn pass(&mut self, mut from: &TcpStream, mut to: &TcpStream, orders: &mut Orders) {
        if self.wants() {
            let mut some = [0; BUFFER];
            match from.read(&mut some) {
                Ok(0) => self.ended = true,
                Ok(length) => self.waiting.extend_from_slice(&some[..length]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.broken = true,
            }
        }
        let allowed = orders.allowance.unwrap_or(u64::MAX).min(self.waiting.len() as u64);
        let allowed = usize::try_from(allowed).unwrap_or(usize::MAX);
        if allowed > 0 {
            match to.write(&self.waiting[..allowed]) {
                Ok(length) => {
                    self.waiting.drain(..length);
                    orders.passed += length as u64;
                    orders.allowance = orders.allowance.map(|left| left - length as u64);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.broken = true,
            }
        }
        if self.ended && self.waiting.is_empty() && !self.told {
            self.told = true;
            let _ = to.shutdown(std::net::Shutdown::Write);
        }
    }
}

/// A socket that lingers for no time at all is closed with a reset.
fn close_with_reset(socket: &TcpStream) {
    let _ = rustix::net::sockopt::set_socket_linger(socket, Some(Duration::ZERO));
}

fn locked(orders: &Mutex<Orders>) -> MutexGuard<'_, Orders> {
    orders.lock().unwrap_or_else(PoisonError::into_inner)
}
