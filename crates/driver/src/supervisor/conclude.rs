//! What the supervisor's hands do at the end: the sweep, the receipt, the exit record, the line after the run.

use crate::spool::{ExitRecord, History};
use crate::supervisor::descend::descendants;
use crate::supervisor::perform::{Hands, Not};
use crate::supervisor::record::{EXIT_DRAFT, end_line, read_result, wall_ms, write_exit};
use crate::supervisor::sys::{self, Reaped};
use mcom_engine::attempt::Input;
use mcom_model::{Exit, Outcome, Receipt, RunClock, Stream};
use rustix::process::Signal;
use std::fs::File;
use std::time::{Duration, Instant};

/// How long the sweep goes on before it names those that it could not end.
const SWEEP: Duration = Duration::from_secs(2);

/// How often the sweep looks again for processes that were forked while it went round.
const ROUND: Duration = Duration::from_millis(5);

/// How many of the processes left behind are named.
const NAMED: usize = 20;

impl Hands {
    /// Ends every process below, until none is left or none can be ended.
    pub(super) fn kill(&mut self, now: RunClock) -> Input {
        let until = Instant::now() + SWEEP;
        loop {
            if let Some(cgroup) = &self.cgroup {
                cgroup.kill();
            }
            let left = descendants();
            let refused = left.iter().filter(|process| !process.signal(Signal::KILL)).count();
            while let Some(reaped) = sys::reap() {
                self.ended(&reaped, now);
            }
            let none_obeys = !left.is_empty() && refused == left.len();
            if left.is_empty() || none_obeys || Instant::now() > until {
                return Input::Swept(self.usage.map(|(reaped, _)| reaped.exit));
            }
            std::thread::sleep(ROUND);
        }
    }

    pub(super) fn drain(&mut self, now: RunClock) -> Result<(), Not> {
        if let Some(output) = &mut self.output {
            output.drain(now);
        }
        let left = descendants();
        self.left_count = left.len() as u64;
        self.left = left.into_iter().take(NAMED).map(|process| format!("{} {}", process.pid, process.name)).collect();
        Ok(())
    }

    pub(super) fn write_exit(&mut self, outcome: Outcome) -> Result<(), Not> {
        let receipt = outcome.has_receipt().then(|| self.receipt());
        let record = ExitRecord { outcome, receipt, left: self.left.clone(), ended_ms: wall_ms() };
        let draft = self.draft.as_ref().expect("room for the exit record is made before anything is recorded");
        Ok(write_exit(&self.folder, draft, &record)?)
    }

    fn receipt(&self) -> Receipt {
        let nobody = Reaped { pid: 0, exit: Exit::Signal(0), cpu_ms: 0, max_rss_kib: 0 };
        let (reaped, at) = self.usage.unwrap_or((nobody, self.released));
        let output = self.output.as_ref().expect("what ran had its output copied");
        Receipt {
            exit: reaped.exit,
            run_ms: u64::try_from(at.since(self.released).as_millis()).unwrap_or(u64::MAX),
            cpu_ms: reaped.cpu_ms,
            max_rss_kib: reaped.max_rss_kib,
            out: output.body(Stream::Out),
            err: output.body(Stream::Err),
            result: read_result(&self.folder),
            left_behind: self.left_count,
        }
    }

    pub(super) fn sync_exit(&self) -> Result<(), Not> {
        let synced = self.draft.as_ref().map_or(Ok(()), File::sync_all);
        Ok(synced.map_err(|error| self.folder.files().error(EXIT_DRAFT, "flush", error))?)
    }

    pub(super) fn rename_exit(&mut self) -> Result<(), Not> {
        self.folder.files().rename(EXIT_DRAFT, "exit")?;
        self.recorded = true;
        Ok(())
    }

    pub(super) fn note_end(&self, outcome: Outcome) -> Result<(), Not> {
        Ok(History::open(self.spool.root())?.append(&end_line(self.folder.name(), &self.spec, outcome))?)
    }

    pub(super) fn sync_history(&self) -> Result<(), Not> {
        Ok(History::open(self.spool.root())?.sync()?)
    }
}
