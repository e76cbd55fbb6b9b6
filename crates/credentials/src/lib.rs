//! Who may log in where during a run, and what proves it. Pure: bytes in, verdicts out.

pub mod agent;
mod authorise;
mod bind;
mod certificate;
mod fields;
mod identity;
mod issue;
mod key;
mod known_hosts;
mod private;
mod refusal;
mod sign_request;
mod user_auth;
mod verify;

pub use authorise::{Grant, Known, authorise, authorise_certificate, check_host_key};
pub use bind::Bind;
pub use fields::Malformed;
pub use identity::{IdentityError, PublicIdentity, fingerprint};
pub use issue::{CertificateError, CertificateRequest, UnsignedCertificate};
pub use known_hosts::{KnownHosts, Problem};
pub use private::{KeyFile, KeyFileError, LockedIdentity, PrivateIdentity};
pub use refusal::Refusal;
pub use sign_request::SignRequest;
pub use user_auth::UserAuth;
