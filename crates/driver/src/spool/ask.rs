//! Asking what became of an attempt.

use crate::spool::{AttemptFolder, HostIdentity, SpoolError};
use mcom_engine::attempt::{ClaimFact, Facts, Verdict, judge};

impl AttemptFolder {
    /// Asks. Where no supervisor has the claim, this voids it first, so that none will start the payload afterwards.
    pub fn ask(&self, host: &HostIdentity) -> Result<Verdict, SpoolError> {
        // Held until everything is read.
        let mut held = self.try_lock_claim()?;
        let claim = match &mut held {
            None => ClaimFact::Held,
            Some(_) if self.is_void()? => ClaimFact::Voided,
            Some(claim) => claim.void().map_or(ClaimFact::Lost, |()| ClaimFact::Voided),
        };
        Ok(judge(&Facts {
            same_boot: self.claim_boot()?.is_some_and(|boot| boot == host.boot),
            claim,
            started: self.has_started()?,
            payload_alive: self.payload_is_alive(host),
            exit: self.read_exit()?.map(|record| record.outcome),
        }))
    }
}
