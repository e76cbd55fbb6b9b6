//! Certificates for the keys that parents make: for one user, for minutes, from one place, and for one command.

use crate::fields::put_string;
use crate::identity::PublicIdentity;
use crate::key::fields_of_key;
use crate::verify::{Untrusted, verify};
use bytes::Bytes;
use std::net::IpAddr;

/// The kind of a certificate that is for a user.
const FOR_A_USER: u32 = 1;
/// What follows the name of a key's type in the type of its certificate.
const CERTIFICATE: &str = "-cert-v01@openssh.com";

/// Why no certificate was made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// The key is of a type that has no certificates.
    #[error("a key of the type {0} cannot be certified")]
    Key(String),
    /// A certificate without a user is good for every user, one without addresses is good from everywhere.
    #[error("a certificate must name {0}")]
    Missing(&'static str),
    /// sshd would take the certificate for broken.
    #[error("{0:?} is no address and no range of addresses")]
    Address(String),
    /// It would never be valid.
    #[error("a certificate must end after it begins")]
    Time,
    /// What came back is not the signature of the authority.
    #[error("the authority's signature does not fit: {0}")]
    Signature(&'static str),
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
    comment: String,
    bytes: Vec<u8>,
}

impl CertificateRequest<'_> {
    /// The certificate, for this authority to sign. It has no extensions: no terminal, no forwarding, no start-up files.
    pub fn unsigned(&self, authority: &PublicIdentity) -> Result<UnsignedCertificate, CertificateError> {
        self.check()?;
        let name = self.key.algorithm();
        let key = fields_of_key(self.key.blob()).map_err(|_| CertificateError::Key(name.to_owned()))?;
        let kind = format!("{}{CERTIFICATE}", name.strip_suffix("@openssh.com").unwrap_or(name));
        let mut bytes = Vec::new();
        put_string(&mut bytes, kind.as_bytes());
        put_string(&mut bytes, &self.nonce);
        bytes.extend_from_slice(&key);
        bytes.extend_from_slice(&self.serial.to_be_bytes());
        bytes.extend_from_slice(&FOR_A_USER.to_be_bytes());
        put_string(&mut bytes, self.id.as_bytes());
        put_string(&mut bytes, &string(self.user.as_bytes()));
        bytes.extend_from_slice(&self.valid_from_s.to_be_bytes());
        bytes.extend_from_slice(&self.valid_to_s.to_be_bytes());
        put_string(&mut bytes, &self.critical());
        put_string(&mut bytes, b""); // Extensions.
        put_string(&mut bytes, b""); // Reserved.
        put_string(&mut bytes, authority.blob());
        Ok(UnsignedCertificate { authority: authority.clone(), comment: self.key.comment().to_owned(), bytes })
    }

    fn check(&self) -> Result<(), CertificateError> {
        let must = [(self.user.is_empty(), "a user"), (self.command.is_empty(), "a command")];
        let must = must.into_iter().chain([(self.source_addresses.is_empty(), "the addresses that it is good from")]);
        if let Some((_, what)) = must.into_iter().find(|(missing, _)| *missing) {
            return Err(CertificateError::Missing(what));
        }
        if let Some(address) = self.source_addresses.iter().find(|address| !is_range(address)) {
            return Err(CertificateError::Address(address.clone()));
        }
        if self.valid_to_s <= self.valid_from_s { Err(CertificateError::Time) } else { Ok(()) }
    }

    /// What sshd must keep to; sorted by name, as the format demands.
    fn critical(&self) -> Vec<u8> {
        let mut critical = Vec::new();
        let addresses = self.source_addresses.join(",");
        for (name, value) in [("force-command", self.command), ("source-address", &addresses)] {
            put_string(&mut critical, name.as_bytes());
            put_string(&mut critical, &string(value.as_bytes()));
        }
        critical
    }
}

impl UnsignedCertificate {
    /// What the authority signs; an RSA key with [`crate::SignRequest::RSA_SHA2_512`].
    pub fn to_sign(&self) -> &[u8] {
        &self.bytes
    }

    /// The certificate, with the signature of its authority.
    pub fn finish(self, signature: &[u8]) -> Result<PublicIdentity, CertificateError> {
        verify(self.authority.blob(), &Bytes::copy_from_slice(signature), &self.bytes).map_err(|untrusted| {
            CertificateError::Signature(match untrusted {
                Untrusted::KeyKind(_) => "its key is of a kind that is not trusted",
                Untrusted::KeyShort(_) => "its key is too short",
                Untrusted::SignatureKind(_) => "it is of a kind that is not trusted of its key",
                Untrusted::Wrong => "it is not one over this certificate",
            })
        })?;
        let mut bytes = self.bytes;
        put_string(&mut bytes, signature);
        PublicIdentity::from_blob(bytes.into(), self.comment)
            .map_err(|_| CertificateError::Key(self.authority.algorithm().to_owned()))
    }
}

fn string(bytes: &[u8]) -> Vec<u8> {
    let mut string = Vec::new();
    put_string(&mut string, bytes);
    string
}

/// An address, or an address with the length of a prefix, of which the rest is zero: sshd refuses any other.
fn is_range(text: &str) -> bool {
    let (address, prefix) = text.split_once('/').map_or((text, None), |(address, prefix)| (address, Some(prefix)));
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let (bits, width) = match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 32),
        IpAddr::V6(address) => (address.to_bits(), 128),
    };
    let Some(prefix) = prefix else { return true };
    let digits = prefix.bytes().all(|byte| byte.is_ascii_digit());
    let prefix = prefix.parse::<u32>().ok().filter(|prefix| digits && *prefix <= width);
    prefix.is_some_and(|prefix| bits.checked_shl(prefix).unwrap_or_default() == 0)
}
