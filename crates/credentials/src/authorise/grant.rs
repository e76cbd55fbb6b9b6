//! What a login is judged by, and what is signed when all is right.

use crate::bind::Bind;
use crate::identity::{PublicIdentity, fingerprint};
use crate::sign_request::SignRequest;
use bytes::Bytes;
use mcom_model::{Access, Verdict};
use std::collections::BTreeSet;

/// What the coordinator knows when it judges.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// How the child is reached, and the host keys it is known by.
    pub access: &'a Access,
    /// The keys that this run offers.
    pub identities: &'a [PublicIdentity],
    /// The ids of the sessions that were signed in this run.
    pub signed: &'a BTreeSet<Vec<u8>>,
    /// Now, in seconds since 1970: host certificates have a time.
    pub now_s: u64,
}

/// A login that may be signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The user that logs in.
    pub user: String,
    /// The key that the login offers; what signs is this key, or the key that this certificate is for.
    pub key: PublicIdentity,
    /// The host key, or host certificate, that the login is bound to.
    pub host_key: Bytes,
    /// The session: it is not signed for again.
    pub session_id: Vec<u8>,
    /// What binds the session, to be replayed to an agent whose keys are constrained.
    pub bind: Bind,
    /// What shall be signed.
    pub sign: SignRequest,
    /// The same as the body of a sign request, for an agent.
    pub request: Bytes,
}

impl Grant {
    /// The grant as it is recorded.
    pub fn verdict(&self) -> Verdict {
        Verdict::Granted {
            user: self.user.clone(),
            key: self.key.fingerprint(),
            host_key: Some(fingerprint(&self.host_key)),
        }
    }
}
