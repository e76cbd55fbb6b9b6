//! The attempts of one run on this host: at most one of them starts, and each before it was given up.

use crate::spool::{AttemptFolder, History, Spool, SpoolError, Void};
use mcom_engine::attempt::Verdict;
use mcom_model::{RunSpec, limits};

/// Where a run stands on this host.
#[derive(Debug)]
pub enum Standing {
    /// Nothing has begun. This attempt may be claimed, by one of those who find that.
    Free {
        /// Its number.
        attempt: u32,
    },
    /// It was claimed: it runs or will, it ended, or nobody knows how.
    Begun(AttemptFolder, Verdict),
    /// It was given up for good before its start.
    Void,
    /// Its attempts were given up before their start too often.
    Exhausted,
    /// The history says that it began, and nothing more is left of it.
    Gone,
}

impl Spool {
    /// Looks where a run stands. An attempt that nobody has and that has not begun is given up with this word: from
    /// then on the next one stands in its place, or none.
    pub fn standing(&self, run: &RunSpec, word: Void) -> Result<Standing, SpoolError> {
        let numbers = run.attempt..run.attempt.saturating_add(limits::ATTEMPTS);
        // Only the last one counts: each before it was given up, or it would not be there.
        let mut last = None;
        for attempt in numbers.clone() {
            if self.runs().has(&AttemptFolder::name_of(run, attempt))? {
                last = Some(attempt);
            }
        }
        let Some(last) = last else {
            let began = History::has_begun_any(self.root(), &run.run, numbers)?;
            return Ok(if began { Standing::Gone } else { Standing::Free { attempt: run.attempt } });
        };
        let folder = AttemptFolder::open(self, &AttemptFolder::name_of(run, last))?;
        if folder.void()? == Some(Void::Final) {
            return Ok(Standing::Void);
        }
        if folder.void()? != Some(Void::Next) {
            let verdict = folder.ask(self.host(), word)?;
            if verdict != Verdict::DidNotStart {
                return Ok(Standing::Begun(folder, verdict));
            }
        }
        // The next one may have been tidied away before this one was.
        if History::has_begun_any(self.root(), &run.run, last + 1..numbers.end)? {
            return Ok(Standing::Gone);
        }
        Ok(match (folder.void()?, numbers.contains(&(last + 1))) {
            (Some(Void::Next), true) => Standing::Free { attempt: last + 1 },
            (Some(Void::Next), false) => Standing::Exhausted,
            _ => Standing::Void,
        })
    }
}
