//! Certificates of hosts: whether one vouches for a host at a time, if its authority is trusted.

use crate::fields::{Fields, Malformed};
use crate::key::certified_key;
use crate::refusal::Refusal;
use crate::verify::verify;
use bytes::Bytes;

/// The kind of a certificate that is for a host.
const FOR_A_HOST: u32 = 2;

/// A certificate, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Certificate {
    /// The bytes of the key that it is for.
    pub(crate) key: Bytes,
    kind: u32,
    names: Vec<String>,
    valid_from_s: u64,
    valid_to_s: u64,
    critical: Bytes,
    /// The bytes of the key of its authority.
    pub(crate) authority: Bytes,
    signed: Bytes,
    signature: Bytes,
}

impl Certificate {
    /// Reads a certificate; none for a key that is not certified.
    pub(crate) fn parse(blob: &Bytes) -> Result<Option<Self>, Malformed> {
        let Some(certified) = certified_key(blob)? else { return Ok(None) };
        let mut fields = certified.rest;
        fields.long()?; // The serial number.
        let kind = fields.number()?;
        fields.string()?; // The id, for logs.
        let names = names(fields.string()?)?;
        let (valid_from_s, valid_to_s) = (fields.long()?, fields.long()?);
        let critical = fields.string()?;
        fields.string()?; // Extensions: nobody is bound to them.
        fields.string()?; // Reserved.
        let authority = fields.string()?;
        let signed = blob.slice(..blob.len() - fields.len());
        let signature = fields.string()?;
        fields.end()?;
        let key = certified.key;
        Ok(Some(Self { key, kind, names, valid_from_s, valid_to_s, critical, authority, signed, signature }))
    }

    /// Whether its authority says that its key is that of the host of this name now. That the authority is one for this
    /// host is asked elsewhere.
    pub(crate) fn vouches(&self, name: &str, now_s: u64) -> Result<(), Refusal> {
        if self.kind != FOR_A_HOST {
            return Err(Refusal::CertificateKind);
        }
        // One without names would be good for every host.
        if !self.names.iter().any(|known| known == name) {
            return Err(Refusal::CertificatePrincipal(name.to_owned()));
        }
        if !(self.valid_from_s..self.valid_to_s).contains(&now_s) {
            return Err(Refusal::CertificateTime);
        }
        if !self.critical.is_empty() {
            return Err(Refusal::CertificateOptions);
        }
        verify(&self.authority, &self.signature, &self.signed).map_err(|_| Refusal::CertificateSignature)
    }
}

fn names(list: Bytes) -> Result<Vec<String>, Malformed> {
    let mut fields = Fields::new(list);
    let mut names = Vec::new();
    while !fields.is_empty() {
        names.push(fields.text()?);
    }
    Ok(names)
}
