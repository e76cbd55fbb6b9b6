//! Diagnostics on standard error: `-vv`, or `MCOM_LOG` with a filter such as `mcom_driver=trace`. A reader that stopped
//! holds up nothing: lines are printed by a thread of their own, and those that find no room are left out.

use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::time::Duration;
use tracing_subscriber::EnvFilter;

/// What `-vv` shows.
const VERY_VERBOSE: &str = "mcom_cli=debug,mcom_driver=debug,mcom_engine=debug,mcom_ledger=debug";

/// Lines that may wait for their reader.
const WAITING: usize = 10_000;

/// For the last lines, when the program ends.
const LAST: Duration = Duration::from_secs(1);

/// Diagnostics that go on; when this is dropped, the lines so far are printed, where anybody reads them.
#[must_use]
pub struct Diagnostics {
    lines: SyncSender<Vec<u8>>,
    printed: Receiver<()>,
}

/// Starts diagnostics where they are asked for.
pub fn start(verbose: u8) -> Option<Diagnostics> {
    let filter = match std::env::var("MCOM_LOG") {
        Ok(filter) if !filter.is_empty() => filter,
        _ if verbose >= 2 => VERY_VERBOSE.to_owned(),
        _ => return None,
    };
    let (lines, waiting) = sync_channel(WAITING);
    let (done, printed) = channel();
    std::thread::Builder::new().name("diagnostics".to_owned()).spawn(move || print(&waiting, &done)).ok()?;
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().with_writer(move || Lines(writer.clone())).with_env_filter(EnvFilter::new(filter));
    // Only a test could have started them before.
    let _ = subscriber.try_init();
    Some(Diagnostics { lines, printed })
}

impl Drop for Diagnostics {
    fn drop(&mut self) {
        // No line is empty: this one says that it was the last.
        if self.lines.try_send(Vec::new()).is_ok() {
            let _ = self.printed.recv_timeout(LAST);
        }
    }
}

fn print(waiting: &Receiver<Vec<u8>>, done: &Sender<()>) {
    for line in waiting {
        if line.is_empty() {
            let _ = done.send(());
        } else {
            let _ = io::stderr().write_all(&line);
        }
    }
}

/// Takes one line at a time.
struct Lines(SyncSender<Vec<u8>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !bytes.is_empty() {
            let _ = self.0.try_send(bytes.to_vec());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
