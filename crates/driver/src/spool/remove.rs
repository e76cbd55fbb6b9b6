//! Removal of attempts that nobody will ask about any more.
//!
//! The history still says that they began, so their claims are not given twice.

use crate::spool::{AttemptFolder, Spool, SpoolError};
use std::time::{Duration, SystemTime};

/// How long an attempt is kept after its folder last changed.
const KEPT: Duration = Duration::from_secs(7 * 24 * 3600);

/// How long an attempt that only looked is kept where nobody said that it is not wanted any more: far longer than a host
/// is asked again.
const LOOK_KEPT: Duration = Duration::from_secs(600);

/// How often a spool is looked through at most.
const EVERY: Duration = Duration::from_secs(24 * 3600);

impl Spool {
    /// Removes attempts older than a week, unless somebody looked for them within a day. Says how many it removed.
    pub fn remove_old(&self, now: SystemTime) -> Result<usize, SpoolError> {
        let marker = self.root().append("swept")?;
        let io = |error| self.root().error("swept", "look at", error);
        let about = marker.metadata().map_err(io)?;
        let looked = about.modified().map_err(io)?;
        if about.len() > 0 && now.duration_since(looked).is_ok_and(|age| age < EVERY) {
            return Ok(0);
        }
        std::io::Write::write_all(&mut &marker, b".").map_err(io)?;
        marker.set_modified(now).map_err(io)?;
        self.remove_older(now, KEPT, |_| true)
    }

    /// Removes attempts that only looked and that were left behind, because their links were lost. Says how many.
    pub fn remove_looks(&self, now: SystemTime) -> Result<usize, SpoolError> {
        self.remove_older(now, LOOK_KEPT, AttemptFolder::is_look)
    }

    /// Removes an attempt that only looked, unless its supervisor is still there. Says whether it is gone; any other
    /// attempt stays.
    pub fn forget_look(&self, name: &str) -> Result<bool, SpoolError> {
        if !AttemptFolder::is_look(name) || !self.runs().has(name)? {
            return Ok(true);
        }
        self.remove(name)
    }

    fn remove_older(&self, now: SystemTime, age: Duration, is: impl Fn(&str) -> bool) -> Result<usize, SpoolError> {
        let entries =
            std::fs::read_dir(self.runs().path()).map_err(|error| self.root().error("runs", "read", error))?;
        let mut removed = 0;
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let old = || {
                let changed = entry.metadata().and_then(|about| about.modified());
                changed.is_ok_and(|changed| now.duration_since(changed).is_ok_and(|past| past >= age))
            };
            if is(&name) && old() && self.remove(&name)? {
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// Removes an attempt that no supervisor has and whose payload is gone.
    fn remove(&self, name: &str) -> Result<bool, SpoolError> {
        let attempt = AttemptFolder::open(self, name)?;
        let Some(_claim) = attempt.try_lock_claim()? else { return Ok(false) };
        if attempt.payload_is_alive(self.host()) {
            return Ok(false);
        }
        // Under another name first, so that nobody finds half of it. What is left of it then is removed another time.
        let gone = if name.starts_with('.') { name.to_owned() } else { format!(".{name}.gone") };
        if gone != name {
            self.runs().rename(name, &gone)?;
        }
        let place = self.runs().path().join(&gone);
        std::fs::remove_dir_all(place).map_err(|error| self.runs().error(name, "remove", error))?;
        Ok(true)
    }
}
