//! Private keys from OpenSSH key files: what the coordinator signs with where no agent holds the key.

use crate::identity::PublicIdentity;

/// Why a key file cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileError {
    /// It is no private key.
    #[error("this is no private key")]
    NotAKey,
    /// It is in a format that only OpenSSH reads.
    #[error("the key is in an old format")]
    OldFormat,
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
    pub fn mend(&self, file: &str) -> Option<String> {
        let _ = file;
        None
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
}

/// A private key. It is overwritten when it is let go, and never printed.
#[derive(Clone)]
pub struct PrivateIdentity {
    public: PublicIdentity,
}

impl KeyFile {
    /// Reads the text of a key file.
    pub fn parse(text: &[u8]) -> Result<Self, KeyFileError> {
        let _ = text;
        Err(KeyFileError::NotAKey)
    }

    /// The public key, which takes no passphrase.
    pub fn public(&self) -> &PublicIdentity {
        match self {
            Self::Open(key) => key.public(),
            Self::Locked(key) => key.public(),
        }
    }
}

impl LockedIdentity {
    /// The public key.
    pub fn public(&self) -> &PublicIdentity {
        &self.public
    }

    /// The private key, by its passphrase.
    pub fn unlock(&self, passphrase: &[u8]) -> Result<PrivateIdentity, KeyFileError> {
        let _ = passphrase;
        Err(KeyFileError::WrongPassphrase)
    }
}

impl PrivateIdentity {
    /// Reads the text of a key file without a passphrase.
    pub fn public(&self) -> &PublicIdentity {
        &self.public
    }

    /// A signature as SSH has it: its algorithm, and its bytes. The flags are those of a sign request.
    pub fn sign(&self, data: &[u8], flags: u32) -> Result<Vec<u8>, KeyFileError> {
        let _ = (data, flags);
        Err(KeyFileError::CannotSign)
    }
}

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
