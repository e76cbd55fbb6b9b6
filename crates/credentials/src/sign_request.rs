//! What a stock ssh asks its agent to sign.

use crate::fields::{Fields, Malformed};
use bytes::Bytes;

/// The body of a sign request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignRequest {
    /// The key that shall sign: a public key, or a certificate for it.
    pub key: Bytes,
    /// What shall be signed.
    pub data: Bytes,
    /// Which hash an RSA key signs with.
    pub flags: u32,
}

impl SignRequest {
    /// An RSA key signs with SHA-256.
    pub const RSA_SHA2_256: u32 = 2;
    /// An RSA key signs with SHA-512.
    pub const RSA_SHA2_512: u32 = 4;

    /// Reads the body of the request, which follows its type byte.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::new(Bytes::copy_from_slice(body));
        let request = Self { key: fields.string()?, data: fields.string()?, flags: fields.number()? };
        fields.end()?;
        Ok(request)
    }
}
