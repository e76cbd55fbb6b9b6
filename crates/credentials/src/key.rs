//! The bytes of a public key or a certificate, taken apart far enough to see which key it is. No cryptography.

use crate::fields::{Fields, Malformed, put_string};
use bytes::Bytes;

/// What follows the name in the type of a certificate.
const CERTIFICATE: &str = "-cert-v01@openssh.com";
/// What follows the name in the type of a key that lives in a hardware token.
const TOKEN: &str = "@openssh.com";

/// The type of the key that a certificate of this type is for.
pub(crate) fn plain_type(name: &str) -> Option<String> {
    let plain = name.strip_suffix(CERTIFICATE)?;
    // A token's type has the suffix of its own, which a certificate's type does not say twice.
    Some(if plain.starts_with("sk-") { format!("{plain}{TOKEN}") } else { plain.to_owned() })
}

/// Strings of which the key itself is made, after its type.
fn strings_of(plain: &str) -> Option<usize> {
    Some(match plain {
        "ssh-ed25519" => 1,
        "ssh-rsa" | "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521" => 2,
        "sk-ssh-ed25519@openssh.com" => 2,
        "sk-ecdsa-sha2-nistp256@openssh.com" => 3,
        _ => return None,
    })
}

/// A certificate, as far as the key that it is for.
pub(crate) struct Certified {
    /// The bytes of the key that it is for.
    pub(crate) key: Bytes,
    /// What follows the key.
    pub(crate) rest: Fields,
}

/// Takes the key out of a certificate; none for what is not one.
pub(crate) fn certified_key(blob: &Bytes) -> Result<Option<Certified>, Malformed> {
    let mut fields = Fields::new(blob.clone());
    let name = fields.text()?;
    let Some(plain) = plain_type(&name) else { return Ok(None) };
    let strings = strings_of(&plain).ok_or(Malformed::Value)?;
    fields.string()?; // The nonce.
    let mut key = Vec::new();
    put_string(&mut key, plain.as_bytes());
    for _ in 0..strings {
        put_string(&mut key, &fields.string()?);
    }
    Ok(Some(Certified { key: key.into(), rest: fields }))
}

/// The fields of a plain key after its type, which a certificate repeats.
pub(crate) fn fields_of_key(blob: &Bytes) -> Result<Bytes, Malformed> {
    let mut fields = Fields::new(blob.clone());
    let strings = strings_of(&fields.text()?).ok_or(Malformed::Value)?;
    let key = blob.slice(blob.len() - fields.len()..);
    for _ in 0..strings {
        fields.string()?;
    }
    fields.end()?;
    Ok(key)
}

/// The key itself: that of a certificate is the key that it is for.
pub(crate) fn plain_key(blob: &Bytes) -> Result<Bytes, Malformed> {
    Ok(certified_key(blob)?.map_or_else(|| blob.clone(), |certified| certified.key))
}
