//! What needs `unsafe`: the system calls fork, wait4 and _exit, and a promise about a file descriptor. Nothing else is
//! here.
#![allow(unsafe_code)]

use mcom_model::Exit;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use tokio::io::unix::AsyncFd;

/// Which of the two processes goes on after [`fork`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Forked {
    /// The new one.
    Child,
    /// The old one, with the id of the new one.
    Parent(i32),
}

/// A child that ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reaped {
    pub pid: i32,
    pub exit: Exit,
    /// Milliseconds of CPU, its waited-for children included.
    pub cpu_ms: u64,
    /// Largest resident size, in KiB.
    pub max_rss_kib: u64,
}

/// The first 88 bytes of the kernel's `struct clone_args`, which later kernels only add to.
#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;

/// Makes a process, in a cgroup where one is given. A move into a cgroup after the fork would cost ten milliseconds;
/// being born there costs nothing.
///
/// The caller is single threaded, so the child may do whatever the parent might have done next.
pub(super) fn fork(cgroup: Option<BorrowedFd<'_>>) -> io::Result<Forked> {
    if let Some(cgroup) = cgroup
        && let Ok(forked) = clone_into(cgroup)
    {
        return Ok(forked);
    }
    // SAFETY: this process has one thread, so no lock can be held by a thread that the child lacks.
    match unsafe { libc::fork() } {
        0 => Ok(Forked::Child),
        pid if pid > 0 => Ok(Forked::Parent(pid)),
        _ => Err(io::Error::last_os_error()),
    }
}

fn clone_into(cgroup: BorrowedFd<'_>) -> io::Result<Forked> {
    let args = CloneArgs {
        flags: CLONE_INTO_CGROUP,
        exit_signal: u64::from(libc::SIGCHLD.unsigned_abs()),
        cgroup: u64::from(cgroup.as_raw_fd().unsigned_abs()),
        ..CloneArgs::default()
    };
    // SAFETY: the structure is live and of the size that is said. Without CLONE_VM and without a stack of its own the
    // call is a fork; this process has one thread, as for `fork` above.
    match unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>()) } {
        0 => Ok(Forked::Child),
        pid if pid > 0 => i32::try_from(pid).map(Forked::Parent).map_err(io::Error::other),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Takes the next child that has ended; none where none has, or where there is no child.
pub(super) fn reap() -> Option<Reaped> {
    let mut status = 0;
    // SAFETY: rusage is a structure of numbers, for which all zeros is a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to live values of the types that the call fills.
    let pid = unsafe { libc::wait4(-1, &raw mut status, libc::WNOHANG, &raw mut usage) };
    if pid <= 0 {
        return None;
    }
    let exit = if libc::WIFSIGNALED(status) {
        Exit::Signal(libc::WTERMSIG(status))
    } else {
        Exit::Code(libc::WEXITSTATUS(status))
    };
    let cpu_ms = millis(usage.ru_utime) + millis(usage.ru_stime);
    Some(Reaped { pid, exit, cpu_ms, max_rss_kib: u64::try_from(usage.ru_maxrss).unwrap_or(0) })
}

/// A descriptor whose readiness can be awaited.
pub(super) fn awaited(fd: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an owned descriptor names the same file until it is dropped, and closes it only then.
    unsafe { AsyncFd::register(fd) }.map_err(io::Error::from)
}

/// Ends this process at once: no buffer is flushed and no destructor runs, for they are the parent's.
pub(super) fn exit_now(code: i32) -> ! {
    // SAFETY: the call takes no pointer and does not return.
    unsafe { libc::_exit(code) }
}

fn millis(time: libc::timeval) -> u64 {
    let part = |n: i64| u64::try_from(n).unwrap_or(0);
    part(time.tv_sec) * 1000 + part(time.tv_usec) / 1000
}
