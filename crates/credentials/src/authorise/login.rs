//! Whether what shall be signed is the planned login, in the session that the host key signed, by a key of the run.

use crate::authorise::grant::Known;
use crate::bind::Bind;
use crate::identity::PublicIdentity;
use crate::key::plain_key;
use crate::refusal::Refusal;
use crate::sign_request::SignRequest;
use crate::user_auth::UserAuth;

/// A login that is the planned one.
pub(super) struct Login {
    pub(super) sign: SignRequest,
    pub(super) method: String,
    pub(super) key: PublicIdentity,
}

/// Checks the login; by which method it is made is left to the caller.
pub(super) fn check_login(known: &Known<'_>, bind: &Bind, request: &[u8]) -> Result<Login, Refusal> {
    let sign = SignRequest::parse(request).map_err(Refusal::RequestMalformed)?;
    let login = UserAuth::parse(&sign.data).map_err(Refusal::NotALogin)?;
    if login.session_id != bind.session_id {
        return Err(Refusal::OtherSession);
    }
    if login.user != known.access.user {
        return Err(Refusal::OtherUser(login.user));
    }
    if login.service != UserAuth::SERVICE {
        return Err(Refusal::OtherService(login.service));
    }
    if login.host_key.as_ref().is_some_and(|key| *key != bind.host_key) {
        return Err(Refusal::OtherHostKey);
    }
    let key = known.identities.iter().find(|identity| *identity.blob() == login.key);
    let key = key.ok_or_else(|| Refusal::UnknownKey(crate::identity::fingerprint(&login.key)))?;
    // For a certificate, ssh asks the key that it is for, where the agent has that too.
    if sign.key != login.key && plain_key(&login.key) != Ok(sign.key.clone()) {
        return Err(Refusal::OtherKey);
    }
    if !signs_by(key.algorithm(), &login.algorithm, sign.flags) {
        return Err(Refusal::Algorithm(login.algorithm));
    }
    Ok(Login { sign, method: login.method, key: key.clone() })
}

/// Whether a key of this type signs by this algorithm with these flags: an RSA key only with SHA-2.
fn signs_by(key: &str, algorithm: &str, flags: u32) -> bool {
    let by = |with_256: &str, with_512: &str| match flags {
        SignRequest::RSA_SHA2_256 => algorithm == with_256,
        SignRequest::RSA_SHA2_512 => algorithm == with_512,
        _ => false,
    };
    match key {
        "ssh-rsa" => by("rsa-sha2-256", "rsa-sha2-512"),
        "ssh-rsa-cert-v01@openssh.com" => by("rsa-sha2-256-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com"),
        _ => algorithm == key && flags == 0,
    }
}
