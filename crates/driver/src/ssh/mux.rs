//! The one request of OpenSSH's multiplexing protocol that the `openssh` crate lacks: end the master now.
//!
//! The crate can only ask a master to stop listening; it would then live as long as the far end keeps a channel open.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

const MUX_MSG_HELLO: u32 = 0x0000_0001;
const MUX_C_TERMINATE: u32 = 0x1000_0005;
const MUX_VERSION: u32 = 4;

/// A master that was told to end.
#[derive(Debug)]
pub(super) struct Leaving(UnixStream);

/// Tells the master behind `socket` to end, without waiting for it. None where there is no master.
pub(super) fn terminate(socket: &Path) -> Option<Leaving> {
    let mut stream = UnixStream::connect(socket).ok()?;
    stream.write_all(&request()).ok()?;
    Some(Leaving(stream))
}

impl Leaving {
    /// Waits until the master has gone: its end of the socket closes with it.
    pub(super) fn wait(mut self, until: Instant) {
        let mut answers = [0; 256];
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() || self.0.set_read_timeout(Some(left.max(Duration::from_millis(1)))).is_err() {
                return;
            }
            match self.0.read(&mut answers) {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    }
}

/// Both packets at once: `u32 length | u32 type | ...`, in network order.
fn request() -> Vec<u8> {
    let request_id = 0;
    [8, MUX_MSG_HELLO, MUX_VERSION, 8, MUX_C_TERMINATE, request_id]
        .iter()
        .flat_map(|word: &u32| word.to_be_bytes())
        .collect()
}
