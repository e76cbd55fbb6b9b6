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

    /// The run that brought this payload, where the host has it: the newest that ended ok, unless a later one reverted
    /// it. What reverted another payload is itself undone where that one was brought again.
    pub fn brought_by(&self, payload: Digest) -> Result<Option<PastAttempt>, SpoolError> {
        let Some(word) = self.newest_word(payload)?.filter(|word| word.brought) else { return Ok(None) };
        if let Some(undone) = word.undoes
            && self.newest_word(undone)?.is_some_and(|word| word.brought)
        {
            return Ok(None);
        }
        let mut past = Past { needle: needle(payload), ..self.past()? };
        while let Some(attempt) = past.next()? {
            if attempt.attempt == word.attempt {
                return Ok(Some(attempt));
            }
        }
        Ok(None)
    }

    /// What was said last about a payload by an attempt that ended ok.
    fn newest_word(&self, payload: Digest) -> Result<Option<Word>, SpoolError> {
        let Some(mut lines) = NewestFirst::open(self.root())? else { return Ok(None) };
        let needle = needle(payload);
        while let Some(line) = lines.next()? {
            if contains(&line, &needle)
                && let Ok(HistoryLine::End { attempt, payload: its, undoes, outcome: Outcome::Ok, .. }) =
                    serde_json::from_slice(&line)
                && (its == payload || undoes == Some(payload))
            {
                return Ok(Some(Word { attempt, brought: its == payload, undoes }));
            }
        }
        Ok(None)
    }
}

/// What an attempt that ended ok says about a payload.
struct Word {
    attempt: String,
    /// It brought it; else it reverted it.
    brought: bool,
    /// What the attempt reverted.
    undoes: Option<Digest>,
}

/// What stands in every line about a payload.
fn needle(payload: Digest) -> Vec<u8> {
    payload.to_string().into_bytes()
}

fn contains(line: &[u8], needle: &[u8]) -> bool {
    line.windows(needle.len()).any(|part| part == needle)
}

impl Past<'_> {
    /// The next older one.
    pub fn next(&mut self) -> Result<Option<PastAttempt>, SpoolError> {
        let Some(lines) = &mut self.lines else { return Ok(None) };
        while let Some(line) = lines.next()? {
            if !self.needle.is_empty() && !contains(&line, &self.needle) {
                continue;
            }
            match serde_json::from_slice(&line) {
                Ok(HistoryLine::End { attempt, ms, outcome, .. }) => drop(self.ends.insert(attempt, (ms, outcome))),
                Ok(HistoryLine::Begin { attempt, ms: began_ms, who, from, payload, what, undoes, reason }) => {
                    let (ended_ms, outcome) = self.ends.remove(&attempt).unzip();
                    return Ok(Some(PastAttempt {
                        attempt,
                        who,
                        from,
                        what,
                        payload,
                        undoes,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spool::{History, HostIdentity};
    use mcom_model::Exit;

    const FIX: &[u8] = b"fix";
    const UNFIX: &[u8] = b"unfix";

    struct Host {
        _place: tempfile::TempDir,
        spool: Spool,
        runs: u32,
    }

    impl Host {
        fn new() -> Self {
            let place = tempfile::tempdir().unwrap();
            let host = HostIdentity { machine: "m".into(), boot: "b".into() };
            let spool = Spool::open(&place.path().join("spool"), &host).unwrap();
            Self { _place: place, spool, runs: 0 }
        }

        fn begins(&mut self, payload: &[u8], undoes: Option<&[u8]>) -> String {
            self.runs += 1;
            let attempt = format!("run{}.1", self.runs);
            let (payload, undoes) = (Digest::of(payload), undoes.map(Digest::of));
            let (who, what) = ("alice@bastion".to_owned(), "fix.sh".to_owned());
            let ms = u64::from(self.runs);
            let attempt_of_line = attempt.clone();
            self.write(&HistoryLine::Begin {
                attempt: attempt_of_line,
                ms,
                who,
                from: None,
                payload,
                what,
                undoes,
                reason: None,
            });
            attempt
        }

        fn ends(&self, attempt: &str, payload: &[u8], undoes: Option<&[u8]>, outcome: Outcome) {
            let (payload, undoes) = (Digest::of(payload), undoes.map(Digest::of));
            self.write(&HistoryLine::End { attempt: attempt.into(), ms: 9, payload, undoes, outcome });
        }

        fn runs(&mut self, payload: &[u8], undoes: Option<&[u8]>, outcome: Outcome) {
            let attempt = self.begins(payload, undoes);
            self.ends(&attempt, payload, undoes, outcome);
        }

        fn write(&self, line: &HistoryLine) {
            History::open(self.spool.root()).unwrap().append(line).unwrap();
        }

        fn has(&self, payload: &[u8]) -> Option<String> {
            self.spool.brought_by(Digest::of(payload)).unwrap().map(|attempt| attempt.attempt)
        }
    }

    #[test]
    fn a_host_has_what_was_brought_until_it_is_reverted() {
        let mut host = Host::new();
        assert_eq!(host.has(FIX), None);
        host.runs(FIX, None, Outcome::Ok);
        assert_eq!(host.has(FIX).as_deref(), Some("run1.1"));
        host.runs(UNFIX, Some(FIX), Outcome::Failed { exit: Exit::Code(1) });
        assert_eq!(host.has(FIX).as_deref(), Some("run1.1"), "what failed reverted nothing");
        host.runs(UNFIX, Some(FIX), Outcome::Ok);
        assert_eq!((host.has(FIX), host.has(UNFIX).as_deref()), (None, Some("run3.1")));
        host.runs(FIX, None, Outcome::Failed { exit: Exit::Code(1) });
        assert_eq!(host.has(FIX), None, "what failed brought nothing");
        host.runs(FIX, None, Outcome::Ok);
        assert_eq!((host.has(FIX).as_deref(), host.has(UNFIX)), (Some("run5.1"), None), "it can be reverted again");
    }

    #[test]
    fn the_last_to_end_has_the_word_whoever_began_first() {
        let mut host = Host::new();
        let slow = host.begins(FIX, None);
        host.runs(UNFIX, Some(FIX), Outcome::Ok);
        assert_eq!(host.has(FIX), None);
        host.ends(&slow, FIX, None, Outcome::Ok);
        assert_eq!(host.has(FIX), Some(slow));
    }

    #[test]
    fn lines_from_before_there_was_anything_to_revert_are_read() {
        let host = Host::new();
        let payload = Digest::of(FIX);
        let lines = format!(
            "{{\"event\":\"begin\",\"attempt\":\"a.1\",\"ms\":1,\"who\":\"a@b\",\"payload\":\"{payload}\",\"what\":\"x\"}}\n\
             {{\"event\":\"end\",\"attempt\":\"a.1\",\"ms\":2,\"payload\":\"{payload}\",\"outcome\":{{\"kind\":\"ok\"}}}}\n"
        );
        std::fs::write(host.spool.root().path().join("history"), lines).unwrap();
        assert_eq!(host.has(FIX).as_deref(), Some("a.1"));
        assert_eq!(host.spool.past().unwrap().next().unwrap().unwrap().undoes, None);
    }
}
