//! What earlier runs did to this host, from its history.

use crate::spool::newest::NewestFirst;
use crate::spool::{HistoryLine, Spool, SpoolError};
use mcom_model::{Digest, Outcome, PastAttempt};
use std::collections::BTreeMap;

/// The attempts of the past, the newest first, as far as anybody wants to know.
pub struct Past<'a> {
    lines: Option<NewestFirst<'a>>,
    /// Part of each line that counts.
    needle: Vec<u8>,
    /// How attempts ended whose beginning stands further back.
    ends: BTreeMap<String, (u64, Outcome)>,
}

impl Spool {
    /// Every attempt that began here.
    pub fn past(&self) -> Result<Past<'_>, SpoolError> {
        Ok(Past { lines: NewestFirst::open(self.root())?, needle: Vec::new(), ends: BTreeMap::new() })
    }

    /// The latest run of this payload that ended ok.
    pub fn latest_ok(&self, payload: Digest) -> Result<Option<PastAttempt>, SpoolError> {
        let mut past = Past { needle: payload.to_string().into_bytes(), ..self.past()? };
        while let Some(attempt) = past.next()? {
            if attempt.payload == payload && attempt.outcome == Some(Outcome::Ok) {
                return Ok(Some(attempt));
            }
        }
        Ok(None)
    }
}

impl Past<'_> {
    /// The next older one.
    pub fn next(&mut self) -> Result<Option<PastAttempt>, SpoolError> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        while let Some(line) = lines.next()? {
            if !self.needle.is_empty() && !line.windows(self.needle.len()).any(|part| part == self.needle) {
                continue;
            }
            match serde_json::from_slice(&line) {
                Ok(HistoryLine::End { attempt, ms, outcome, .. }) => drop(self.ends.insert(attempt, (ms, outcome))),
                Ok(HistoryLine::Begin { attempt, ms: began_ms, who, from, payload, what, reason }) => {
                    let (ended_ms, outcome) = self.ends.remove(&attempt).unzip();
                    return Ok(Some(PastAttempt {
                        attempt,
                        who,
                        from,
                        what,
                        payload,
                        reason,
                        began_ms,
                        ended_ms,
                        outcome,
                    }));
                }
                // A line that a power cut tore says nothing.
                Err(_) => {}
            }
        }
        Ok(None)
    }
}
