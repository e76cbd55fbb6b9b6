//! The bytes that prove a login (RFC 4252 and OpenSSH's hostbound method): the only thing that a parent gets signed.

use crate::fields::{Fields, Malformed};
use bytes::Bytes;

/// A login by a public key, as it is signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserAuth {
    /// The session that is logged in on.
    pub session_id: Bytes,
    /// The user that logs in.
    pub user: String,
    /// The service that is asked for.
    pub service: String,
    /// How the user logs in.
    pub method: String,
    /// The algorithm of the signature.
    pub algorithm: String,
    /// The key that is offered: a public key, or a certificate for it.
    pub key: Bytes,
    /// The host key that the login is bound to; only the hostbound method has one.
    pub host_key: Option<Bytes>,
}

/// `SSH_MSG_USERAUTH_REQUEST`.
const USERAUTH_REQUEST: u8 = 50;

impl UserAuth {
    /// The service that a run needs.
    pub const SERVICE: &'static str = "ssh-connection";
    /// The method that names the host key, so that the signature is good for no other host.
    pub const HOSTBOUND: &'static str = "publickey-hostbound-v00@openssh.com";
    /// The older method, which names no host.
    pub const PLAIN: &'static str = "publickey";

    /// Reads what shall be signed. A method that is not by public key has other fields, and is refused by its value.
    pub fn parse(data: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::new(Bytes::copy_from_slice(data));
        let session_id = fields.string()?;
        if fields.byte()? != USERAUTH_REQUEST {
            return Err(Malformed::Value);
        }
        let user = fields.text()?;
        let service = fields.text()?;
        let method = fields.text()?;
        let hostbound = match method.as_str() {
            Self::HOSTBOUND => true,
            Self::PLAIN => false,
            _ => return Err(Malformed::Value),
        };
        // The one byte that says that a signature follows.
        if !fields.flag()? {
            return Err(Malformed::Value);
        }
        let algorithm = fields.text()?;
        let key = fields.string()?;
        let host_key = if hostbound { Some(fields.string()?) } else { None };
        fields.end()?;
        Ok(Self { session_id, user, service, method, algorithm, key, host_key })
    }
}
