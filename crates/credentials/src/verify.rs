//! Whether a key made a signature, by the kinds of keys and signatures that hosts and authorities are trusted with.

use crate::fields::{Fields, Malformed};
use bytes::Bytes;
use rsa::pkcs1v15::{Signature as RsaSignature, VerifyingKey};
use rsa::sha2::{Sha256, Sha512};
use rsa::signature::Verifier;
use rsa::{BigUint, RsaPublicKey};
use ssh_key::public::{KeyData, RsaPublicKey as RsaFields};
use ssh_key::{Algorithm, PublicKey, Signature};

/// The shortest RSA key that is trusted.
const RSA_SHORTEST: usize = 2048;
/// The longest RSA key that ssh takes.
const RSA_LONGEST: usize = 16_384;

/// Why a signature is not trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Untrusted {
    /// The key is of a kind that is not trusted, or cannot be read.
    KeyKind(String),
    /// The RSA key has so few bits.
    KeyShort(usize),
    /// The signature is of a kind that is not trusted, or not one of this key.
    SignatureKind(String),
    /// The key did not make it.
    Wrong,
}

/// A signature as it stands in messages and certificates: its algorithm, and its bytes.
struct Signed {
    algorithm: String,
    bytes: Bytes,
}

impl Signed {
    fn parse(signature: &Bytes) -> Result<Self, Malformed> {
        let mut fields = Fields::new(signature.clone());
        let signed = Self { algorithm: fields.text()?, bytes: fields.string()? };
        fields.end()?;
        Ok(signed)
    }
}

/// The key in these bytes, which is a plain one of a kind that is trusted.
fn trusted_key(blob: &Bytes) -> Result<KeyData, Untrusted> {
    let kind = || Untrusted::KeyKind(Fields::new(blob.clone()).text().unwrap_or_else(|_| "unreadable".to_owned()));
    let key = PublicKey::from_bytes(blob).map_err(|_| kind())?.key_data().clone();
    match key.algorithm() {
        Algorithm::Ed25519 | Algorithm::Ecdsa { .. } => Ok(key),
        Algorithm::Rsa { .. } => match rsa_key(&key).map(|key| rsa::traits::PublicKeyParts::n(&key).bits()) {
            Some(bits) if bits < RSA_SHORTEST => Err(Untrusted::KeyShort(bits)),
            Some(_) => Ok(key),
            None => Err(kind()),
        },
        _ => Err(kind()),
    }
}

/// Whether a key is of a kind and a size that is trusted.
pub(crate) fn check_key(blob: &Bytes) -> Result<(), Untrusted> {
    trusted_key(blob).map(|_| ())
}

/// Checks that the key of these bytes made this signature over `data`.
pub(crate) fn verify(key: &Bytes, signature: &Bytes, data: &[u8]) -> Result<(), Untrusted> {
    let key = trusted_key(key)?;
    let signed = Signed::parse(signature).map_err(|_| Untrusted::Wrong)?;
    let kind = key.algorithm();
    let good = match (signed.algorithm.as_str(), &kind) {
        ("rsa-sha2-256" | "rsa-sha2-512", Algorithm::Rsa { .. }) => rsa_signed(&key, &signed, data),
        (said, Algorithm::Ed25519 | Algorithm::Ecdsa { .. }) if said == kind.as_str() => {
            let signature = Signature::new(kind, signed.bytes.as_ref()).ok();
            signature.is_some_and(|signature| Verifier::verify(&key, data, &signature).is_ok())
        }
        _ => return Err(Untrusted::SignatureKind(signed.algorithm)),
    };
    if good { Ok(()) } else { Err(Untrusted::Wrong) }
}

fn rsa_key(key: &KeyData) -> Option<RsaPublicKey> {
    let RsaFields { e, n } = key.rsa()?;
    let number = |bytes: Option<&[u8]>| bytes.map(BigUint::from_bytes_be);
    let (n, e) = (number(n.as_positive_bytes())?, number(e.as_positive_bytes())?);
    RsaPublicKey::new_with_max_size(n, e, RSA_LONGEST).ok()
}

fn rsa_signed(key: &KeyData, signed: &Signed, data: &[u8]) -> bool {
    let Some(key) = rsa_key(key) else { return false };
    let Ok(signature) = RsaSignature::try_from(signed.bytes.as_ref()) else { return false };
    match signed.algorithm.as_str() {
        "rsa-sha2-256" => VerifyingKey::<Sha256>::new(key).verify(data, &signature).is_ok(),
        _ => VerifyingKey::<Sha512>::new(key).verify(data, &signature).is_ok(),
    }
}
