//! Certificates for the keys that parents make: for one user, for minutes, from one place, and for one command.

use crate::identity::PublicIdentity;

/// Why no certificate was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The key is of a type that has no certificates.
    #[error("a key of the type {0} cannot be certified")]
    Key(String),
    /// A certificate without a user is good for every user, one without addresses is good from everywhere.
    #[error("a certificate must name {0}")]
    Missing(&'static str),
    /// What came back is not the signature of the authority.
    #[error("the authority's signature does not fit: {0}")]
    Signature(String),
}

/// What a certificate shall say.
#[derive(Clone, Copy, Debug)]
pub struct CertificateRequest<'a> {
    /// The key that it is for.
    pub key: &'a PublicIdentity,
    /// The only user that it logs in.
    pub user: &'a str,
    /// From when it is valid, in seconds since 1970.
    pub valid_from_s: u64,
    /// From when it is valid no more.
    pub valid_to_s: u64,
    /// Addresses and ranges that it is good from.
    pub source_addresses: &'a [String],
    /// The only command that it runs.
    pub command: &'a str,
    /// Its number.
    pub serial: u64,
    /// What sshd logs of it.
    pub id: &'a str,
    /// Thirty-two random bytes, which keep its bytes from being foreseen.
    pub nonce: [u8; 32],
}

/// A certificate that nobody has signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnsignedCertificate {
    authority: PublicIdentity,
    bytes: Vec<u8>,
}

impl CertificateRequest<'_> {
    /// The certificate, for this authority to sign.
    pub fn unsigned(&self, authority: &PublicIdentity) -> Result<UnsignedCertificate, CertificateError> {
        Ok(UnsignedCertificate { authority: authority.clone(), bytes: Vec::new() })
    }
}

impl UnsignedCertificate {
    /// What the authority signs; an RSA key with [`crate::SignRequest::RSA_SHA2_512`].
    pub fn to_sign(&self) -> &[u8] {
        &self.bytes
    }

    /// The certificate, with the signature of its authority.
    pub fn finish(self, signature: &[u8]) -> Result<PublicIdentity, CertificateError> {
        let _ = signature;
        Err(CertificateError::Key(self.authority.algorithm().to_owned()))
    }
}
