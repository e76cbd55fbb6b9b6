//! The two system calls that have no safe wrapper: leaving the machine's network, and attaching to a TUN device.
#![allow(unsafe_code, reason = "unshare and one ioctl; each call says why it is sound")]

use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::thread::UnshareFlags;

/// Length of an interface name with its closing zero.
const NAME: usize = 16;
/// Packets without an Ethernet header.
const IFF_TUN: u16 = 0x0001;
/// Packets without a header of the device itself.
const IFF_NO_PI: u16 = 0x1000;
const TUNSETIFF: rustix::ioctl::Opcode = rustix::ioctl::opcode::write::<std::ffi::c_int>(b'T', 202);

/// `struct ifreq`, as TUNSETIFF reads it.
#[repr(C)]
struct InterfaceRequest {
    name: [u8; NAME],
    flags: u16,
    unused: [u8; 22],
}

/// Gives the calling thread a new network namespace. The other threads of the process stay where they are.
pub(super) fn leave_network() -> Result<(), Errno> {
    // SAFETY: only CLONE_NEWNET is passed. It changes which network later calls of this thread see and touches
    // neither memory nor open files, which is what makes the other flags unsafe.
    unsafe { rustix::thread::unshare_unsafe(UnshareFlags::NEWNET) }
}

/// Makes a TUN device in the calling thread's namespace. It goes when the file is closed.
pub(super) fn open_tun(name: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NONBLOCK;
    let device = rustix::fs::open("/dev/net/tun", flags, Mode::empty())?;
    let mut request = InterfaceRequest { name: [0; NAME], flags: IFF_TUN | IFF_NO_PI, unused: [0; 22] };
    // One byte less than there is room for: the name ends with a zero.
    for (place, byte) in request.name.iter_mut().take(NAME - 1).zip(name.bytes()) {
        *place = byte;
    }
    // SAFETY: TUNSETIFF reads and writes one `struct ifreq`, which has 40 bytes on the 64-bit and 32 on the
    // 32-bit kernels; the request has 40, is initialised, and lives until the call has returned.
    unsafe {
        let call = rustix::ioctl::Updater::<TUNSETIFF, InterfaceRequest>::new(&mut request);
        rustix::ioctl::ioctl(device.as_fd(), call)?;
    }
    Ok(device)
}
