//! Private keys from OpenSSH key files: what the coordinator signs with where no agent holds the key.

use crate::fields::put_string;
use crate::identity::PublicIdentity;
use crate::sign_request::SignRequest;
use base64ct::{Base64, Encoding};
use rsa::pkcs1v15::SigningKey;
use rsa::rand_core::{CryptoRng, RngCore, impls};
use rsa::sha2::{Digest, Sha256, Sha512};
use rsa::signature::{RandomizedSigner, SignatureEncoding, Signer};
use rsa::traits::PrivateKeyParts;
use rsa::{BigUint, RsaPrivateKey};
use ssh_key::private::{KeypairData, RsaKeypair};
use ssh_key::{PrivateKey, Signature};
use zeroize::Zeroizing;

/// Why a key file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// It is no private key.
    #[error("this is no private key")]
    NotAKey,
    /// It is in a format that only OpenSSH reads.
    #[error("the key is in the old format, which only OpenSSH reads")]
    OldFormat,
    /// It is cut off, or a cipher or a type of key is in it that is not known here; or it is an ECDSA key whose secret
    /// number has fewer bytes than its field, which the library for key files does not read.
    #[error("the key file is damaged, or of a kind that only OpenSSH reads")]
    Unreadable,
    /// The passphrase is another.
    #[error("the passphrase is wrong")]
    WrongPassphrase,
    /// The key lives in a hardware token, or is of a type that is not signed with here.
    #[error("a key of this kind only signs in an agent")]
    OnlyInAgent,
    /// The key does not sign in this way.
    #[error("the key does not sign as asked")]
    CannotSign,
}

impl KeyFileError {
    /// What to type about it.
    pub fn mend(self, file: &str) -> Option<String> {
        match self {
            Self::OldFormat => {
                Some(format!("write it anew: ssh-keygen -p -f {file}; or let an agent hold it: ssh-add {file}"))
            }
            Self::Unreadable | Self::OnlyInAgent => Some(format!("let an agent hold it: ssh-add {file}")),
            Self::NotAKey | Self::WrongPassphrase | Self::CannotSign => None,
        }
    }
}

/// A key file, as it was read.
#[derive(Clone, Debug)]
pub enum KeyFile {
    /// It has no passphrase.
    Open(PrivateIdentity),
    /// It has one.
    Locked(LockedIdentity),
}

/// A key that takes a passphrase.
#[derive(Clone)]
pub struct LockedIdentity {
    public: PublicIdentity,
    key: Box<PrivateKey>,
}

/// A private key. It is overwritten when it is let go, and never printed.
#[derive(Clone)]
pub struct PrivateIdentity {
    public: PublicIdentity,
    key: Key,
}

/// What signs. The parts of each overwrite themselves when they are let go.
#[derive(Clone)]
enum Key {
    Rsa(Box<RsaPrivateKey>),
    Other(Box<KeypairData>),
}

impl KeyFile {
    /// Reads the text of a key file.
    pub fn parse(text: &[u8]) -> Result<Self, KeyFileError> {
        let key = PrivateKey::from_bytes(&bytes_of(text)?).map_err(|_| KeyFileError::Unreadable)?;
        if key.is_encrypted() {
            return Ok(Self::Locked(LockedIdentity { public: public_of(&key)?, key: Box::new(key) }));
        }
        Ok(Self::Open(PrivateIdentity::new(&key)?))
    }

    /// The public key, which takes no passphrase.
    pub fn public(&self) -> &PublicIdentity {
        match self {
            Self::Open(key) => key.public(),
            Self::Locked(key) => key.public(),
        }
    }
}

const BEGIN: &[u8] = b"-----BEGIN OPENSSH PRIVATE KEY-----";
const END: &[u8] = b"-----END OPENSSH PRIVATE KEY-----";

/// The bytes between the first and the last line; how long the lines are is up to who wrote them.
fn bytes_of(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let text = text.trim_ascii_start();
    let Some(text) = text.strip_prefix(BEGIN) else { return Err(what_else(text)) };
    let end = text.windows(END.len()).position(|bytes| bytes == END).ok_or(KeyFileError::Unreadable)?;
    let mut base64 = Zeroizing::new(Vec::with_capacity(end));
    base64.extend(text[..end].iter().filter(|byte| !byte.is_ascii_whitespace()));
    // The bytes are fewer than their letters, so that nothing is left behind by a move to more room.
    let mut bytes = Zeroizing::new(vec![0; base64.len()]);
    let len = Base64::decode(base64.as_slice(), &mut bytes).map_err(|_| KeyFileError::Unreadable)?.len();
    bytes.truncate(len);
    Ok(bytes)
}

/// Files in the old formats say in their first line what they are.
fn what_else(text: &[u8]) -> KeyFileError {
    let first = text.split(|byte| *byte == b'\n').next().unwrap_or_default().trim_ascii_end();
    let key = first.starts_with(b"-----BEGIN ") && first.ends_with(b"PRIVATE KEY-----");
    if key { KeyFileError::OldFormat } else { KeyFileError::NotAKey }
}

fn public_of(key: &PrivateKey) -> Result<PublicIdentity, KeyFileError> {
    let blob = key.public_key().to_bytes().map_err(|_| KeyFileError::Unreadable)?;
    PublicIdentity::from_blob(blob.into(), key.comment()).map_err(|_| KeyFileError::Unreadable)
}

impl LockedIdentity {
    /// The public key.
    pub fn public(&self) -> &PublicIdentity {
        &self.public
    }

    /// The private key, by its passphrase.
    pub fn unlock(&self, passphrase: &[u8]) -> Result<PrivateIdentity, KeyFileError> {
        let key = self.key.decrypt(passphrase).map_err(|error| match error {
            ssh_key::Error::AlgorithmUnknown | ssh_key::Error::AlgorithmUnsupported { .. } => KeyFileError::OnlyInAgent,
            _ => KeyFileError::WrongPassphrase,
        })?;
        PrivateIdentity::new(&key)
    }
}

impl PrivateIdentity {
    fn new(key: &PrivateKey) -> Result<Self, KeyFileError> {
        let public = public_of(key)?;
        let key = match key.key_data() {
            KeypairData::Rsa(pair) => Key::Rsa(Box::new(rsa_key(pair).ok_or(KeyFileError::OnlyInAgent)?)),
            data @ (KeypairData::Ed25519(_) | KeypairData::Ecdsa(_)) => Key::Other(Box::new(data.clone())),
            _ => return Err(KeyFileError::OnlyInAgent),
        };
        Ok(Self { public, key })
    }

    /// The public key.
    pub fn public(&self) -> &PublicIdentity {
        &self.public
    }

    /// A signature as SSH has it: its algorithm, and its bytes. The flags are those of a sign request.
    pub fn sign(&self, data: &[u8], flags: u32) -> Result<Vec<u8>, KeyFileError> {
        let cannot = |_| KeyFileError::CannotSign;
        let (algorithm, bytes) = match (&self.key, flags) {
            (Key::Rsa(key), SignRequest::RSA_SHA2_256) => {
                let signature = SigningKey::<Sha256>::new((**key).clone());
                let signature = signature.try_sign_with_rng(&mut Blinding::new(key, data), data).map_err(cannot)?;
                ("rsa-sha2-256", signature.to_vec())
            }
            (Key::Rsa(key), SignRequest::RSA_SHA2_512) => {
                let signature = SigningKey::<Sha512>::new((**key).clone());
                let signature = signature.try_sign_with_rng(&mut Blinding::new(key, data), data).map_err(cannot)?;
                ("rsa-sha2-512", signature.to_vec())
            }
            (Key::Other(key), 0) => {
                let signature: Signature = key.try_sign(data).map_err(cannot)?;
                (self.public.algorithm(), signature.as_bytes().to_vec())
            }
            _ => return Err(KeyFileError::CannotSign),
        };
        let mut signature = Vec::new();
        put_string(&mut signature, algorithm.as_bytes());
        put_string(&mut signature, &bytes);
        Ok(signature)
    }
}

fn rsa_key(pair: &RsaKeypair) -> Option<RsaPrivateKey> {
    let number = |number: &ssh_key::Mpint| number.as_positive_bytes().map(BigUint::from_bytes_be);
    let primes = vec![number(&pair.private.p)?, number(&pair.private.q)?];
    RsaPrivateKey::from_components(number(&pair.public.n)?, number(&pair.public.e)?, number(&pair.private.d)?, primes)
        .ok()
}

/// Blinds an RSA signature, so that its time tells nothing of the key. What blinds must be unknown to others and not
/// fit two signatures: it is made of the private key and of what is signed, so that no randomness is needed here.
struct Blinding {
    seed: Zeroizing<[u8; 64]>,
    blocks: u64,
    rest: Zeroizing<Vec<u8>>,
}

impl Blinding {
    fn new(key: &RsaPrivateKey, data: &[u8]) -> Self {
        let secret = Zeroizing::new(key.d().to_bytes_be());
        let seed = Sha512::new().chain_update(b"mcom rsa blinding").chain_update(&secret).chain_update(data).finalize();
        Self { seed: Zeroizing::new(seed.into()), blocks: 0, rest: Zeroizing::new(Vec::new()) }
    }
}

impl RngCore for Blinding {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, dest: &mut [u8]) {
        for byte in dest {
            if self.rest.is_empty() {
                let block = Sha512::new().chain_update(*self.seed).chain_update(self.blocks.to_be_bytes()).finalize();
                self.rest.extend_from_slice(&block);
                self.blocks += 1;
            }
            *byte = self.rest.pop().unwrap_or_default();
        }
    }

    fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rsa::rand_core::Error> {
        self.fill_bytes(dest);
        Ok(())
    }
}

impl CryptoRng for Blinding {}

impl std::fmt::Debug for PrivateIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PrivateIdentity({})", self.public.fingerprint())
    }
}

impl std::fmt::Debug for LockedIdentity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LockedIdentity({})", self.public.fingerprint())
    }
}
