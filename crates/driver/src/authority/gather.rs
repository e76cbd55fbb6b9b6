//! Gathers the keys that parents offer, in the order in which ssh itself would offer them.

use crate::authority::agent::Agent;
use crate::authority::error::AuthorityError;
use crate::authority::keyfile::{FoundKey, find};
use crate::authority::keys::{Keys, Signer};
use crate::authority::operator::AskPassphrase;
use mcom_credentials::{KeyFile, KeyFileError, LockedIdentity, PrivateIdentity, PublicIdentity};
use mcom_model::limits::IDENTITIES;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a key file is whose passphrase nobody typed.
const LOCKED: &str = "is locked";

/// Times that a passphrase is asked for, as in ssh.
const TRIES: usize = 3;

/// Where keys may be.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub agent: Option<Agent>,
    /// Key files, in order, and whether they were named by anybody: ssh has a list of its own.
    pub files: Vec<(PathBuf, bool)>,
    pub certificates: Vec<PathBuf>,
    /// Whether only keys are offered that have a file.
    pub files_only: bool,
}

/// Gathers the keys; an error where there is none.
pub(super) fn gather(sources: &Sources, ask: AskPassphrase<'_>) -> Result<Keys, AuthorityError> {
    let mut gatherer = Gatherer::default();
    gatherer.look(sources);
    gatherer.certificates(sources);
    gatherer.agent(sources);
    gatherer.files(sources, ask);
    gatherer.finish(sources)
}

#[derive(Default)]
struct Gatherer {
    keys: Keys,
    /// Why there are not more keys.
    missing: Vec<String>,
    /// What to type for the ones that are missing.
    mends: Vec<String>,
    /// Whether the agent can be talked to.
    has_agent: bool,
    /// Whether there is a key file that ssh itself may be able to use, and nobody here.
    only_ssh_reads: bool,
    /// The agent's keys.
    held: Vec<PublicIdentity>,
    found: Vec<FoundKey>,
}

impl Gatherer {
    fn look(&mut self, sources: &Sources) {
        match sources.agent.as_ref().map(Agent::identities) {
            Some(Ok(held)) => {
                self.has_agent = true;
                if held.is_empty() {
                    self.missing.push("the agent holds no key".into());
                }
                self.held = held;
            }
            Some(Err(why)) => self.missing.push(why),
            None => self.missing.push("no agent is set".into()),
        }
        for (path, named) in &sources.files {
            match find(path, *named) {
                Ok(found) if found.is_empty() && *named => self.missing.push(format!("there is no {}", path.display())),
                Ok(found) => self.found.extend(found),
                Err(why) => {
                    self.only_ssh_reads = true;
                    self.missing.push(why);
                }
            }
        }
        if self.found.is_empty() && !sources.files.iter().any(|(_, named)| *named) {
            self.missing.push("none of the key files that ssh looks for is there".into());
        }
    }

    /// Certificates that are named, where something signs for them.
    fn certificates(&mut self, sources: &Sources) {
        for path in &sources.certificates {
            let line = std::fs::read_to_string(path).ok();
            if let Some(key) = line.and_then(|line| PublicIdentity::from_line(&line).ok())
                && let Some(signer) = self.signer_now(sources, &key)
            {
                self.keys.add(key, signer);
            }
        }
    }

    /// What signs for a key without anybody being asked.
    fn signer_now(&self, sources: &Sources, key: &PublicIdentity) -> Option<Signer> {
        // The certificate itself where the agent has it, else the key that it is for.
        let held = self.held.iter().find(|held| held.blob() == key.blob());
        let held = held.or_else(|| self.held.iter().find(|held| held.same_key(key)));
        if let (Some(agent), Some(held)) = (&sources.agent, held) {
            return Some(Signer::of_agent(agent, held));
        }
        self.found.iter().find(|found| found.public.same_key(key)).and_then(|found| match &found.private {
            Some(KeyFile::Open(key)) => Some(Signer::File(Arc::new(key.clone()))),
            _ => None,
        })
    }

    /// The agent's keys that have a file, then its others.
    fn agent(&mut self, sources: &Sources) {
        let Some(agent) = &sources.agent else { return };
        let has_file = |held: &PublicIdentity| self.found.iter().any(|found| found.public.blob() == held.blob());
        let (named, others): (Vec<_>, Vec<_>) = self.held.iter().cloned().partition(has_file);
        let others = others.into_iter().filter(|_| !sources.files_only);
        for key in named.into_iter().chain(others) {
            let signer = Signer::of_agent(agent, &key);
            self.keys.add(key, signer);
        }
    }

    /// The keys of files that the agent does not hold: those that take a passphrase only where somebody named them, or
    /// there is no other key.
    fn files(&mut self, sources: &Sources, ask: AskPassphrase<'_>) {
        let held = |found: &FoundKey| self.held.iter().any(|held| held.blob() == found.public.blob());
        let found: Vec<FoundKey> = self.found.iter().filter(|found| !held(found)).cloned().collect();
        let mut locked = Vec::new();
        for found in &found {
            match (self.signer_now(sources, &found.public), &found.private) {
                (Some(signer), _) => self.keys.add(found.public.clone(), signer),
                (None, Some(KeyFile::Locked(key))) => locked.push((found, key)),
                (None, _) => {
                    self.only_ssh_reads |= found.path.exists();
                    self.lacks(found, "has to be in the agent");
                }
            }
        }
        for (found, key) in locked {
            self.unlock(found, key, ask);
        }
        self.in_order(&found);
    }

    fn unlock(&mut self, found: &FoundKey, locked: &LockedIdentity, ask: AskPassphrase<'_>) {
        // A certificate has the key that was unlocked just before it.
        let before = self.keys.unlocked.iter().find(|key| key.public().same_key(&found.public)).cloned();
        let wanted = before.is_none() && (found.named || self.keys.offered.is_empty());
        let key = match before {
            Some(key) => Ok(key),
            None if wanted => unlocked(&found.path, locked, ask).map(|key| {
                let key = Arc::new(key);
                self.keys.unlocked.push(Arc::clone(&key));
                key
            }),
            None => Err(LOCKED),
        };
        match key {
            Ok(key) => self.keys.add(found.public.clone(), Signer::File(key)),
            Err(why) => self.lacks(found, why),
        }
    }

    fn lacks(&mut self, found: &FoundKey, why: &str) {
        let file = found.path.display();
        let (why, mend) = (format!("{file} {why}"), format!("ssh-add {file}"));
        let notice = format!("{why}: {mend}");
        if found.named && !self.keys.notices.contains(&notice) {
            self.keys.notices.push(notice);
        }
        // A certificate lacks what its key lacks.
        if !self.missing.contains(&why) {
            self.missing.push(why);
            self.mends.push(mend);
        }
    }

    /// What to type where there is no key at all.
    fn mends(&mut self, sources: &Sources) -> Vec<String> {
        let mut mends = Vec::new();
        if !self.has_agent {
            let start = if sources.agent.is_some() { "start another agent" } else { "start an agent" };
            mends.push(format!("{start}: eval \"$(ssh-agent)\""));
        }
        match self.mends.is_empty() {
            true => mends.push("load a key into the agent: ssh-add FILE".into()),
            false => mends.extend(self.mends.drain(..).map(|mend| format!("load it into the agent: {mend}"))),
        }
        mends.push("name a key file: --identity FILE".into());
        if self.only_ssh_reads {
            mends.push("log in on the children from here, by ssh alone: --credentials transit".into());
            mends.push("log in with the keys that parents have: --credentials own".into());
        }
        mends
    }

    /// The order of the files, whatever was unlocked when; what is no file's stands before.
    fn in_order(&mut self, found: &[FoundKey]) {
        let place = |key: &PublicIdentity| found.iter().position(|found| found.public.blob() == key.blob());
        let offered = std::mem::take(&mut self.keys.offered).into_iter();
        let mut both: Vec<_> = offered.zip(std::mem::take(&mut self.keys.signers)).collect();
        both.sort_by_key(|(key, _)| place(key));
        (self.keys.offered, self.keys.signers) = both.into_iter().unzip();
    }

    fn finish(mut self, sources: &Sources) -> Result<Keys, AuthorityError> {
        if self.keys.offered.is_empty() {
            let mends = self.mends(sources);
            return Err(AuthorityError::NoIdentity { causes: self.missing, mends });
        }
        if self.keys.offered.len() > IDENTITIES {
            let more = self.keys.offered.len() - IDENTITIES;
            self.keys.notices.push(format!(
                "parents offer {IDENTITIES} keys, as sshd hangs up after that; {more} more are not offered: name the one to \
                 use with --identity"
            ));
            self.keys.offered.truncate(IDENTITIES);
            self.keys.signers.truncate(IDENTITIES);
        }
        Ok(self.keys)
    }
}

/// The private key, by a passphrase that the operator types, or what is wrong with it. Who asks is asked again for the
/// same file where what was typed was wrong.
pub(super) fn unlocked(
    path: &Path,
    locked: &LockedIdentity,
    ask: AskPassphrase<'_>,
) -> Result<PrivateIdentity, &'static str> {
    for _ in 0..TRIES {
        match locked.unlock(ask(path).ok_or(LOCKED)?.reveal()) {
            Ok(key) => return Ok(key),
            Err(KeyFileError::WrongPassphrase) => {}
            Err(_) => return Err("cannot be unlocked here"),
        }
    }
    Err("is locked, and no passphrase that was typed opens it")
}
