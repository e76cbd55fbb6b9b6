//! Public keys that log in: as lines of a `.pub` file, as bytes, and by fingerprint. Certificates count as keys.

use crate::fields::{Fields, Malformed};
use crate::key::plain_key;
use base64ct::{Base64, Base64Unpadded, Encoding};
use bytes::Bytes;
use sha2::{Digest, Sha256};

/// Why something is no public key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The line has no key in it.
    #[error("this is no public key: a line of a .pub file is a type, a key in base64 and a comment")]
    NotAKey,
    /// The type before the key is not the type in it.
    #[error("the key is of another type than the line says")]
    OtherType,
    /// The bytes of the key are not those of a key.
    #[error("the key cannot be read: {0}")]
    Malformed(#[from] Malformed),
}

/// A public key, or a certificate, that a login may be made with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicIdentity {
    algorithm: String,
    blob: Bytes,
    comment: String,
}

impl PublicIdentity {
    /// From the bytes of the key.
    pub fn from_blob(blob: Bytes, comment: impl Into<String>) -> Result<Self, IdentityError> {
        let algorithm = Fields::new(blob.clone()).text()?;
        if algorithm.is_empty() || !algorithm.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Malformed::Value.into());
        }
        Ok(Self { algorithm, blob, comment: one_line(&comment.into()) })
    }

    /// From a line of a `.pub` file.
    pub fn from_line(line: &str) -> Result<Self, IdentityError> {
        let (algorithm, rest) = line.trim().split_once([' ', '\t']).ok_or(IdentityError::NotAKey)?;
        let rest = rest.trim_start();
        let (key, comment) = rest.split_once([' ', '\t']).unwrap_or((rest, ""));
        let blob = Base64::decode_vec(key).map_err(|_| IdentityError::NotAKey)?;
        let identity = Self::from_blob(blob.into(), comment.trim())?;
        if identity.algorithm == algorithm { Ok(identity) } else { Err(IdentityError::OtherType) }
    }

    /// As a line of a `.pub` file, without an end of line.
    pub fn to_line(&self) -> String {
        let key = Base64::encode_string(&self.blob);
        let line = format!("{} {key} {}", self.algorithm, self.comment);
        line.trim_end().to_owned()
    }

    /// The bytes of the key.
    pub fn blob(&self) -> &Bytes {
        &self.blob
    }

    /// What its owner calls it.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    /// Its type, as SSH names it.
    pub fn algorithm(&self) -> &str {
        &self.algorithm
    }

    /// Its fingerprint; that of a certificate is the fingerprint of its key, as ssh shows it.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.blob)
    }

    /// Whether the same private key signs for both: a key, and a certificate for it.
    pub fn same_key(&self, other: &Self) -> bool {
        plain_key(&self.blob).is_ok_and(|plain| plain_key(&other.blob) == Ok(plain))
    }

    /// Whether it is a certificate.
    pub fn is_certificate(&self) -> bool {
        plain_key(&self.blob).is_ok_and(|plain| plain != self.blob)
    }
}

/// The fingerprint of a key by its bytes: that of a certificate is the fingerprint of its key.
pub fn fingerprint(blob: &Bytes) -> String {
    let plain = plain_key(blob).unwrap_or_else(|_| blob.clone());
    format!("SHA256:{}", Base64Unpadded::encode_string(&Sha256::digest(&plain)))
}

/// A comment goes into files line by line: it must not begin another.
fn one_line(comment: &str) -> String {
    comment.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}
