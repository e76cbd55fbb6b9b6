//! The rules in their order: the edge, the bind, the host key and its signature, the login, and that it is the first.

use crate::authorise::grant::{Grant, Known};
use crate::authorise::host_key::check_host_key;
use crate::authorise::login::check_login;
use crate::bind::Bind;
use crate::identity::PublicIdentity;
use crate::refusal::Refusal;
use crate::user_auth::UserAuth;
use crate::verify::check_key;
use bytes::Bytes;
use mcom_model::Edge;
use mcom_model::limits::GRANTS_PER_EDGE;
use std::ops::RangeInclusive;

/// Lengths of a session's id: SHA-1, which nobody uses any more, to twice SHA-512.
const SESSION_ID: RangeInclusive<usize> = 20..=128;

/// Judges a login: `bind` is the body of the session-bind message, `request` that of the sign request.
pub fn authorise(edge: &Edge, known: &Known<'_>, bind: &[u8], request: &[u8]) -> Result<Grant, Refusal> {
    check_edge(edge)?;
    let bind = check_bind(bind)?;
    check_host_key(known.access, known.now_s, &bind)?;
    let login = check_login(known, &bind, request)?;
    if known.signed.contains(bind.session_id.as_ref()) {
        return Err(Refusal::Replayed);
    }
    // Last, because it says that the host is to blame and not the parent: all else is right.
    if login.method != UserAuth::HOSTBOUND {
        return Err(Refusal::NotHostbound);
    }
    Ok(Grant {
        user: known.access.user.clone(),
        key: login.key,
        host_key: bind.host_key.clone(),
        session_id: bind.session_id.to_vec(),
        bind,
        sign: login.sign,
        request: Bytes::copy_from_slice(request),
    })
}

/// Judges a key that a parent's node has made and wants certified: the bytes of the public key.
pub fn authorise_certificate(edge: &Edge, key: &[u8]) -> Result<PublicIdentity, Refusal> {
    check_edge(edge)?;
    let blob = Bytes::copy_from_slice(key);
    let identity =
        PublicIdentity::from_blob(blob.clone(), "").map_err(|error| Refusal::KeyToCertify(error.to_string()))?;
    check_key(&blob).map_err(|_| Refusal::KeyToCertify(identity.algorithm().to_owned()))?;
    Ok(identity)
}

/// The parent makes this link now, in its time, and has not had its logins.
fn check_edge(edge: &Edge) -> Result<(), Refusal> {
    if !edge.open {
        return Err(Refusal::EdgeClosed);
    }
    if edge.left_ms == 0 {
        return Err(Refusal::Late);
    }
    if edge.granted >= GRANTS_PER_EDGE {
        return Err(Refusal::TooMany(edge.granted));
    }
    Ok(())
}

/// The session is bound, and to be logged in on.
fn check_bind(bind: &[u8]) -> Result<Bind, Refusal> {
    let bind = Bind::parse(bind).map_err(Refusal::BindMalformed)?;
    let len = bind.session_id.len();
    if !SESSION_ID.contains(&len) {
        return Err(Refusal::SessionIdLength(len));
    }
    if bind.forwarding {
        return Err(Refusal::Forwarded);
    }
    Ok(bind)
}
