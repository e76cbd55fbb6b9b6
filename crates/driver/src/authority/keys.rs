//! The keys that a run logs in with: which are offered, and what signs with each. Those of the operator's agent, and
//! key files.

use crate::authority::agent::Agent;
use bytes::Bytes;
use mcom_credentials::{KeyFileError, PrivateIdentity, PublicIdentity, SignRequest};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// What signs for a key.
#[derive(Clone, Debug)]
pub(super) enum Signer {
    /// The operator's agent, by a key of it.
    Agent(AgentKey),
    /// A key that was read from a file.
    File(Arc<PrivateIdentity>),
}

/// A key of the operator's agent.
#[derive(Clone, Debug)]
pub(super) struct AgentKey {
    agent: Agent,
    key: PublicIdentity,
    /// It was seen to be constrained to destinations.
    constrained: Arc<AtomicBool>,
}

impl AgentKey {
    /// Agents do not say which keys are constrained. To check the sessions of the way costs an agent more than to sign,
    /// so it is spared that until it refuses without them.
    async fn sign(&self, request: &SignRequest, way: &[Vec<u8>]) -> Result<Bytes, String> {
        let body = body(&self.key, request);
        if (way.is_empty() || !self.constrained.load(Ordering::Relaxed))
            && let Some(signature) = self.agent.sign(&[], &body).await?
        {
            return Ok(signature);
        }
        if !way.is_empty()
            && let Some(signature) = self.agent.sign(way, &body).await?
        {
            self.constrained.store(true, Ordering::Relaxed);
            return Ok(signature);
        }
        Err("the operator's agent refused to sign: its key may be constrained to destinations (ssh-add -h \
             'PARENT>HOST'), want a confirmation (ssh-add -c), or the agent be locked"
            .into())
    }
}

impl Signer {
    pub(super) fn of_agent(agent: &Agent, key: &PublicIdentity) -> Self {
        Self::Agent(AgentKey { agent: agent.clone(), key: key.clone(), constrained: Arc::default() })
    }

    /// Signs what was judged. `way` are the sessions on the way there.
    pub(super) async fn sign(&self, request: &SignRequest, way: &[Vec<u8>]) -> Result<Bytes, String> {
        match self {
            Self::Agent(key) => key.sign(request, way).await,
            Self::File(key) => key.sign(&request.data, request.flags).map(Bytes::from).map_err(cannot),
        }
    }
}

fn cannot(error: KeyFileError) -> String {
    format!("the key file cannot sign: {error}")
}

/// The request as the agent must see it: it may hold the key that a certificate is for, and not the certificate.
fn body(key: &PublicIdentity, request: &SignRequest) -> Vec<u8> {
    let mut body = Vec::new();
    for field in [key.blob(), &request.data] {
        body.extend(u32::try_from(field.len()).unwrap_or(u32::MAX).to_be_bytes());
        body.extend_from_slice(field);
    }
    body.extend(request.flags.to_be_bytes());
    body
}

/// The keys of a run, in the order in which they are offered.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    pub offered: Vec<PublicIdentity>,
    /// One for each key that is offered.
    pub signers: Vec<Signer>,
    /// Keys whose passphrase was asked for: nobody but this process can sign with them.
    pub unlocked: Vec<Arc<PrivateIdentity>>,
    /// What the operator should know.
    pub notices: Vec<String>,
}

impl Keys {
    /// What signs for a key that is offered.
    pub(super) fn signer(&self, blob: &Bytes) -> Option<&Signer> {
        let at = self.offered.iter().position(|key| key.blob() == blob)?;
        self.signers.get(at)
    }

    pub(super) fn add(&mut self, key: PublicIdentity, signer: Signer) {
        if !self.offered.iter().any(|offered| offered.blob() == key.blob()) {
            self.offered.push(key);
            self.signers.push(signer);
        }
    }
}
