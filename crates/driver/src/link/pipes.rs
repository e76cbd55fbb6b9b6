//! What carries a link: two byte streams, and what keeps them open.

use crate::link::last_words::LastWords;
use crate::ssh::{Connection, RemoteCommand};
use mcom_wire::{Decoder, Up};
use std::fmt;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};

/// The two directions of a link, after the hello.
pub struct Pipes {
    /// Down.
    pub to: Box<dyn AsyncWrite + Send + Unpin>,
    /// Up.
    pub from: Box<dyn AsyncRead + Send + Unpin>,
    /// What came up with the hello and is not read yet.
    pub decoder: Decoder<Up>,
    /// What the node prints apart from the link.
    pub last_words: LastWords,
    /// What keeps the streams open.
    pub hold: Hold,
}

/// What ends with a link.
#[derive(Debug)]
pub enum Hold {
    /// A session and the connection that it runs on.
    Ssh {
        /// Its end closes the session.
        remote: RemoteCommand,
        /// Its end closes the connection.
        connection: Arc<Connection>,
    },
    /// A process on this machine, which is killed when it is dropped.
    Process(tokio::process::Child),
}

impl Hold {
    /// What `ssh` has printed about the connection.
    pub fn printed(&self) -> String {
        match self {
            Self::Ssh { connection, .. } => connection.printed(),
            Self::Process(_) => String::new(),
        }
    }
}

impl fmt::Debug for Pipes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pipes").field("hold", &self.hold).finish_non_exhaustive()
    }
}
