//! The key of the certificate authority: in a file, or in the operator's agent.

use crate::authority::agent::Agent;
use crate::authority::error::AuthorityError;
use crate::authority::gather::unlocked;
use crate::authority::keys::Signer;
use crate::authority::me::Me;
use crate::authority::operator::AskPassphrase;
use crate::authority::settings::CaKey;
use mcom_credentials::{KeyFile, PublicIdentity};
use mcom_wire::Secret;
use std::path::Path;
use std::sync::Arc;

/// Finds the key, and asks for its passphrase where it has one.
pub(super) fn find(
    key: &CaKey,
    me: &Me,
    agent: Option<&Agent>,
    ask: AskPassphrase<'_>,
) -> Result<(PublicIdentity, Signer), AuthorityError> {
    match key {
        CaKey::Agent(fingerprint) => in_agent(fingerprint, agent).map_err(|why| unusable(fingerprint, why)),
        CaKey::File(path) => {
            let path = me.path(&path.to_string_lossy());
            in_file(&path, agent, ask).map_err(|why| unusable(&path.display().to_string(), why))
        }
    }
}

fn unusable(key: &str, why: String) -> AuthorityError {
    AuthorityError::Ca { key: key.to_owned(), why }
}

fn in_agent(fingerprint: &str, agent: Option<&Agent>) -> Result<(PublicIdentity, Signer), String> {
    let agent = agent.ok_or("no agent is set")?;
    let key = agent.identities()?.into_iter().find(|key| key.fingerprint() == fingerprint && !key.is_certificate());
    let key = key.ok_or("the agent does not hold it: look at what ssh-add -l lists")?;
    let signer = Signer::of_agent(agent, &key);
    Ok((key, signer))
}

fn in_file(path: &Path, agent: Option<&Agent>, ask: AskPassphrase<'_>) -> Result<(PublicIdentity, Signer), String> {
    let text = Secret::new(std::fs::read(path).map_err(|error| error.to_string())?);
    let key = KeyFile::parse(text.reveal()).map_err(|error| error.to_string())?;
    let public = key.public().clone();
    let private = match key {
        KeyFile::Open(key) => key,
        KeyFile::Locked(locked) => {
            if let Some(agent) = agent
                && let Some(held) =
                    agent.identities().unwrap_or_default().into_iter().find(|held| held.blob() == public.blob())
            {
                return Ok((public, Signer::of_agent(agent, &held)));
            }
            unlocked(path, &locked, ask).map_err(|why| format!("it {why}: ssh-add {}", path.display()))?
        }
    };
    Ok((public, Signer::File(Arc::new(private))))
}
