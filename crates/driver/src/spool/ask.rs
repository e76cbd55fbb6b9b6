//! Asking what became of an attempt.

use crate::spool::{AttemptFolder, HostIdentity, SpoolError, Void};
use mcom_engine::attempt::{ClaimFact, Facts, Verdict, judge};

impl AttemptFolder {
    /// Asks. Where nobody has the claim and nothing has begun, this voids it first with the given word, so that no
    /// supervisor starts the payload afterwards. Which word stands then is said by [`AttemptFolder::void`].
    pub fn ask(&self, host: &HostIdentity, word: Void) -> Result<Verdict, SpoolError> {
        // Held until everything is read.
        let mut held = self.try_lock_claim()?;
        let same_boot = self.claim_boot()?.is_some_and(|boot| boot == host.boot);
        let exit = self.read_exit()?.map(|record| record.outcome);
        let started = self.has_started()?;
        let claim = match &mut held {
            None => ClaimFact::Held,
            // What has begun or ended is not started again: its supervisor comes after both.
            Some(_) if started || exit.is_some() || !same_boot || self.void()?.is_some() => ClaimFact::Voided,
            Some(claim) => {
                claim.void(word).map_err(|error| self.files().error("claim", "write", error))?;
                ClaimFact::Voided
            }
        };
        Ok(judge(&Facts { same_boot, claim, started, payload_alive: self.payload_is_alive(host), exit }))
    }
}
