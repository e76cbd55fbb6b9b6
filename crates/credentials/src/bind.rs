//! What a stock ssh says about the session that it is about to log in on: `session-bind@openssh.com`, in which the host
//! key signs the session's id.

use crate::fields::{Fields, Malformed, put_string};
use bytes::Bytes;

/// A session, bound to the host key that signed its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bind {
    /// The host key, or the host certificate, that the server showed.
    pub host_key: Bytes,
    /// The id of the session: the hash of its first key exchange.
    pub session_id: Bytes,
    /// The server's signature over the id.
    pub signature: Bytes,
    /// The session is not logged in on: an agent is forwarded through it.
    pub forwarding: bool,
}

impl Bind {
    /// Reads the body of the message, which follows the extension's name.
    pub fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut fields = Fields::new(Bytes::copy_from_slice(body));
        let bind = Self {
            host_key: fields.string()?,
            session_id: fields.string()?,
            signature: fields.string()?,
            forwarding: fields.flag()?,
        };
        fields.end()?;
        Ok(bind)
    }

    /// The body of the message, with the flag set as asked: a hop that is passed on the way to a child is replayed to a
    /// destination-constrained key as forwarded through.
    pub fn with_forwarding(&self, forwarding: bool) -> Vec<u8> {
        let mut body = Vec::new();
        for field in [&self.host_key, &self.session_id, &self.signature] {
            put_string(&mut body, field);
        }
        body.push(u8::from(forwarding));
        body
    }
}
