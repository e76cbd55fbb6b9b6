//! Why a parent does not get what it asks for: one sentence each, for the log.

use crate::fields::Malformed;
use crate::user_auth::UserAuth;
use mcom_model::{Reason, ReasonKind};

/// Why the coordinator does not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Rule 1: nobody makes this link now.
    #[error("the parent has no link to this host to make now")]
    EdgeClosed,
    /// Rule 1: the time for the link is over.
    #[error("the time to make this link is over")]
    Late,
    /// Rule 1: it had all that it may have.
    #[error("{0} logins were signed for this link, and more are not")]
    TooMany(u32),
    /// Rule 2: what binds the session cannot be read.
    #[error("what binds the session to its host key cannot be read: {0}")]
    BindMalformed(Malformed),
    /// Rule 2: no hash has this length.
    #[error("a session id of {0} bytes is none")]
    SessionIdLength(usize),
    /// Rule 2: the session would only be passed through.
    #[error("the session is for forwarding an agent, which no run does")]
    Forwarded,
    /// Rule 3: the host key cannot be read, or is of a type that is not trusted.
    #[error("a host key of this kind is not trusted: {0}")]
    HostKeyKind(String),
    /// Rule 3: the host key is too short.
    #[error("an RSA key of {0} bits is too short to trust: it takes 2048")]
    HostKeyShort(usize),
    /// Rule 3: the signature is by an algorithm that is not trusted, or not by one of this key.
    #[error("a signature of this kind is not trusted of this host key: {0}")]
    SignatureKind(String),
    /// Rule 3: the signature is not that of the host key.
    #[error("the host key did not sign this session")]
    SignatureWrong,
    /// Rule 4: what the coordinator knows of the host cannot be read.
    #[error("a known key of the host cannot be read")]
    KnownMalformed,
    /// Rule 4: nobody knows the key.
    #[error("the host key {0} is not known for this host")]
    HostKeyUnknown(String),
    /// Rule 4: the key was revoked.
    #[error("the host key {0} is revoked")]
    HostKeyRevoked(String),
    /// Rule 4: the certificate cannot be read.
    #[error("the host certificate cannot be read: {0}")]
    CertificateMalformed(Malformed),
    /// Rule 4: no certificate of a host.
    #[error("the certificate that the host shows is not one of a host")]
    CertificateKind,
    /// Rule 4: it names other hosts.
    #[error("the host certificate is not for {0}")]
    CertificatePrincipal(String),
    /// Rule 4: it is not valid yet, or not any more.
    #[error("the host certificate is not valid at this time")]
    CertificateTime,
    /// Rule 4: it demands what nobody understands.
    #[error("the host certificate has critical options, which no host certificate has")]
    CertificateOptions,
    /// Rule 4: its signature is not that of the authority that it names.
    #[error("the authority did not sign the host certificate")]
    CertificateSignature,
    /// Rule 5: what shall be signed cannot be read.
    #[error("what shall be signed cannot be read: {0}")]
    RequestMalformed(Malformed),
    /// Rule 5: it is no login.
    #[error("what shall be signed is not a login by public key: {0}")]
    NotALogin(Malformed),
    /// Rule 5: it is for another session than the one that was bound.
    #[error("the login is for another session than the one that the host key signed")]
    OtherSession,
    /// Rule 5: it is for another user.
    #[error("the login is for the user {0}, which is not planned")]
    OtherUser(String),
    /// Rule 5: it is for another service.
    #[error("the login is for the service {0}, which is not {service}", service = UserAuth::SERVICE)]
    OtherService(String),
    /// Rule 5: it is bound to another host key.
    #[error("the login is bound to another host key than the session")]
    OtherHostKey,
    /// Rule 5: the run does not offer this key.
    #[error("the key {0} is none of this run")]
    UnknownKey(String),
    /// Rule 5: the key that signs is not the key that is offered.
    #[error("the key that shall sign is not the key that the login offers")]
    OtherKey,
    /// Rule 5: the key does not sign by this algorithm.
    #[error("the key does not sign by {0} as asked")]
    Algorithm(String),
    /// Rule 6: it was signed before.
    #[error("this session was signed before")]
    Replayed,
    /// All is right but that the login names no host key: the child's sshd is older than 8.9.
    #[error("the host's sshd does not bind logins to its host key: it is older than OpenSSH 8.9")]
    NotHostbound,
    /// A certificate was asked for something that is no key that a node makes.
    #[error("this is no key to certify: {0}")]
    KeyToCertify(String),
}

impl Refusal {
    /// The reason for the host's outcome: what the host lacks is one thing, what a parent should not ask is another.
    pub fn reason(&self) -> Reason {
        let kind = match self {
            Self::NotHostbound => ReasonKind::RelayImpossible,
            _ => ReasonKind::CredentialRefused,
        };
        Reason::new(kind, self.to_string())
    }
}
