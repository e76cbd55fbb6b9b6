//! Whether the host key that signed a session is that of the child: by a key that is known, or by a certificate of a
//! known authority.

use crate::bind::Bind;
use crate::certificate::Certificate;
use crate::identity::{PublicIdentity, fingerprint};
use crate::refusal::Refusal;
use crate::verify::{Untrusted, verify};
use bytes::Bytes;
use mcom_model::Access;

/// What the lines of a host say.
#[derive(Default)]
struct KnownKeys {
    plain: Vec<Bytes>,
    authorities: Vec<Bytes>,
    revoked: Vec<Bytes>,
}

impl KnownKeys {
    /// A line that cannot be read may be one that revokes: then nothing is known for certain.
    fn of(access: &Access) -> Result<Self, Refusal> {
        let mut known = Self::default();
        for line in &access.keys {
            let (list, key) = match line.split_once(' ') {
                Some(("@cert-authority", key)) => (&mut known.authorities, key),
                Some(("@revoked", key)) => (&mut known.revoked, key),
                _ => (&mut known.plain, line.as_str()),
            };
            let key = PublicIdentity::from_line(key).map_err(|_| Refusal::KnownMalformed)?;
            list.push(key.blob().clone());
        }
        Ok(known)
    }

    /// Refuses what is revoked: the key, its certificate, or its authority.
    fn check_revoked<'a>(&self, keys: impl IntoIterator<Item = &'a Bytes>) -> Result<(), Refusal> {
        match keys.into_iter().find(|key| self.revoked.contains(key)) {
            Some(key) => Err(Refusal::HostKeyRevoked(fingerprint(key))),
            None => Ok(()),
        }
    }
}

/// Checks that the host key of the bind is one of the child, and that it signed the session.
pub fn check_host_key(access: &Access, now_s: u64, bind: &Bind) -> Result<(), Refusal> {
    let known = KnownKeys::of(access)?;
    let certificate = Certificate::parse(&bind.host_key).map_err(Refusal::CertificateMalformed)?;
    let key = certificate.as_ref().map_or(&bind.host_key, |certificate| &certificate.key);
    known.check_revoked([&bind.host_key, key].into_iter().chain(certificate.as_ref().map(|it| &it.authority)))?;
    // ssh shows a certificate even where nobody here knows its authority. The key in it counts then, as ssh has it too.
    if !known.plain.contains(key) {
        match certificate.as_ref().filter(|certificate| known.authorities.contains(&certificate.authority)) {
            Some(certificate) => certificate.vouches(&access.alias, now_s)?,
            None => return Err(Refusal::HostKeyUnknown(fingerprint(key))),
        }
    }
    verify(key, &bind.signature, &bind.session_id).map_err(|untrusted| match untrusted {
        Untrusted::KeyKind(kind) => Refusal::HostKeyKind(kind),
        Untrusted::KeyShort(bits) => Refusal::HostKeyShort(bits),
        Untrusted::SignatureKind(kind) => Refusal::SignatureKind(kind),
        Untrusted::Wrong => Refusal::SignatureWrong,
    })
}
