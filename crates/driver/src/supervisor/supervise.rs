//! The supervisor's process: waits for whatever happens first, and does what the attempt decides.

use crate::spool::{AttemptFolder, HostIdentity, Spool, SpoolError};
use crate::supervisor::bell;
use crate::supervisor::descend::descendants;
use crate::supervisor::perform::Hands;
use crate::supervisor::sys;
use mcom_engine::attempt::{Attempt, AttemptLimits, Input, Op};
use mcom_model::{RunClock, Stream};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

/// Runs the attempt in this folder to its end. The whole work of a process of its own, which must have one thread and
/// detaches itself from the link. Returns the exit code.
pub fn supervise(place: &Path) -> u8 {
    match Supervisor::prepare(place) {
        Ok(supervisor) => supervisor.run(),
        // Nobody listens yet: the node sees the end of the process, and that nothing was started.
        Err(_) => 1,
    }
}

struct Supervisor {
    attempt: Attempt,
    hands: Hands,
    clock: Instant,
    ctl: File,
    /// Has a byte for each SIGCHLD.
    ended: UnixStream,
    /// When it leaves the link's session; none once it has.
    detach_at: Option<RunClock>,
}

/// How long a payload runs before the supervisor leaves the link's session. A new session takes some kernels ten
/// milliseconds, which a short payload need not wait for: until then the supervisor is deaf to the signals of the
/// link's end, and a KILL is told as what it is.
const SHORT: Duration = Duration::from_millis(30);

/// What was ready when the wait was over.
struct Ready {
    ended: bool,
    report: bool,
    streams: Vec<Stream>,
}

#[derive(Debug, thiserror::Error)]
enum PrepareError {
    #[error(transparent)]
    Spool(#[from] SpoolError),
    #[error("cannot prepare the process: {0}")]
    Process(#[from] io::Error),
    #[error("{0} is not the folder of an attempt in a spool")]
    NoAttempt(String),
}

impl Supervisor {
    fn prepare(place: &Path) -> Result<Self, PrepareError> {
        let ended = catch_signals()?;
        let no_attempt = || PrepareError::NoAttempt(place.display().to_string());
        let name = place.file_name().and_then(|name| name.to_str()).ok_or_else(no_attempt)?;
        let root = place.parent().and_then(Path::parent).ok_or_else(no_attempt)?;
        let spool = Spool::open_made(root, &HostIdentity::read()?)?;
        let folder = AttemptFolder::open(&spool, name)?;
        let bell = folder.files().open_fifo("bell")?;
        let ctl = folder.files().open_fifo("ctl")?;
        let spec = folder.read_spec().inspect_err(|error| bell::say(&bell, &error.reason()))?;
        let limits = AttemptLimits {
            command_timeout: spec.run.limits.command_timeout_ms.map(Duration::from_millis),
            deadline: spec.deadline_ms.map(|left| RunClock::ZERO.after(Duration::from_millis(left))),
            grace: Duration::from_millis(spec.run.limits.grace_ms),
            lock: spec.run.lock,
            once: spec.run.once,
            looks: spec.run.looks,
        };
        // Who started this process hands the claim on, so that nobody finds it free in between. Anything else there is
        // no claim, and is not taken for one.
        let handed = rustix::io::fcntl_dupfd_cloexec(rustix::stdio::stdin(), 3).ok().map(File::from);
        let hands = Hands::new(spool, folder, spec, bell, handed);
        Ok(Self {
            attempt: Attempt::new(limits),
            hands,
            clock: Instant::now(),
            ctl,
            ended,
            detach_at: Some(RunClock::ZERO.after(SHORT)),
        })
    }

    fn run(mut self) -> u8 {
        loop {
            self.look_for_orders();
            let Some(op) = self.attempt.poll_op() else {
                self.wait();
                continue;
            };
            if let Op::Leave(words) = op {
                return self.hands.leave(words.as_ref());
            }
            let input = self.hands.perform(op, self.now());
            self.attempt.handle(self.now(), input);
        }
    }

    fn wait(&mut self) {
        let ready = match self.poll() {
            Ok(ready) => ready,
            // Interrupted by the signal that it was waiting for: what is ready is seen in the next round.
            Err(_) => return,
        };
        // First, so that the node hears of the start before it hears of output.
        if ready.report {
            self.hands.read_report();
        }
        for &stream in &ready.streams {
            self.hands.copy(stream, self.now());
        }
        if ready.ended {
            while matches!((&self.ended).read(&mut [0; 256]), Ok(1..)) {}
            self.reap();
        }
        if self.detach_at.is_some_and(|moment| moment <= self.now()) {
            self.detach_at = None;
            // It fails for the leader of a session, who has nothing to leave.
            let _ = rustix::process::setsid();
        }
        if self.attempt.next_timeout().is_some_and(|deadline| deadline <= self.now()) {
            self.attempt.handle(self.now(), Input::Timeout);
        }
    }

    fn poll(&self) -> io::Result<Ready> {
        let mut fds = vec![
            PollFd::from_borrowed_fd(self.ctl.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.ended.as_fd(), PollFlags::IN),
        ];
        let report = self.hands.report();
        fds.extend(report.map(|report| PollFd::from_borrowed_fd(report.as_fd(), PollFlags::IN)));
        let output_from = fds.len();
        let streams: Vec<_> = self.hands.open_streams().collect();
        fds.extend(streams.iter().map(|(_, fd)| PollFd::from_borrowed_fd(*fd, PollFlags::IN)));
        let deadline = self.attempt.next_timeout().into_iter().chain(self.detach_at).min();
        let timeout = deadline.map(|deadline| deadline.since(self.now()));
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        poll(&mut fds, timeout.as_ref())?;
        let is = |place: usize| !fds[place].revents().is_empty();
        Ok(Ready {
            ended: is(1),
            report: report.is_some() && is(2),
            streams: (0..streams.len()).filter(|i| is(output_from + i)).map(|i| streams[i].0).collect(),
        })
    }

    fn look_for_orders(&mut self) {
        let orders = bell::answer(&self.ctl);
        for (word, input) in [(bell::CANCEL, Input::CancelAsked), (bell::GIVE_UP, Input::GiveUpAsked)] {
            if orders.contains(&word) {
                self.attempt.handle(self.now(), input);
            }
        }
    }

    /// Takes the children that have ended: the payload, and orphans that came down to the subreaper.
    fn reap(&mut self) {
        while let Some(reaped) = sys::reap() {
            if let Some(input) = self.hands.ended(&reaped, self.now()) {
                self.attempt.handle(self.now(), input);
            }
        }
        if self.attempt.is_ending() && descendants().is_empty() {
            self.attempt.handle(self.now(), Input::NoneLeft);
        }
    }

    fn now(&self) -> RunClock {
        RunClock::ZERO.after(self.clock.elapsed())
    }
}

/// Becomes the one to whom orphans below it fall, and turns SIGCHLD into bytes.
///
/// The signals that end a session or a machine are caught and not acted on: the payload gets them as well, and
/// somebody has to write down how it ended. A caught signal, unlike an ignored one, is back to normal in the payload.
fn catch_signals() -> io::Result<UnixStream> {
    rustix::process::set_child_subreaper(rustix::process::Pid::from_raw(1))?;
    rustix::process::chdir("/")?;
    let (ended, write) = UnixStream::pair()?;
    ended.set_nonblocking(true)?;
    signal_hook::low_level::pipe::register(signal_hook::consts::SIGCHLD, write)?;
    let seen = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    for signal in [signal_hook::consts::SIGTERM, signal_hook::consts::SIGINT, signal_hook::consts::SIGHUP] {
        signal_hook::flag::register(signal, std::sync::Arc::clone(&seen))?;
    }
    Ok(ended)
}
