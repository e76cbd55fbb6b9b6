//! Nodes that are processes of this machine, without ssh: the engine and the protocol on real processes.

use crate::link::hello::{Opened, read_hello};
use crate::link::last_words::LastWords;
use crate::link::pipes::{Hold, Pipes};
use mcom_engine::tree::LinkFailure;
use mcom_model::{HostSpec, Reason, ReasonKind};
use mcom_wire::Decoder;
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::Command;

/// Starts a node for each host, each with a spool of its own.
#[derive(Clone, Debug)]
pub struct LocalNodes {
    /// The node's program.
    pub program: PathBuf,
    /// Holds the spools, each named by its host.
    pub spools: PathBuf,
    /// What else is set in a node's environment.
    pub env: Vec<(String, String)>,
}

impl LocalNodes {
    pub(super) async fn open(&self, host: &HostSpec) -> Result<Opened, LinkFailure> {
        let failed = |text: String| LinkFailure::Unreachable(Reason::new(ReasonKind::LinkLost, text));
        let mut node = Command::new(&self.program)
            .arg("link")
            .env("MCOM_SPOOL", self.spools.join(&host.name))
            .envs(self.env.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| failed(format!("{}: {error}", self.program.display())))?;
        let (Some(to), Some(mut from), Some(errors)) = (node.stdin.take(), node.stdout.take(), node.stderr.take())
        else {
            return Err(failed("the node has no streams".to_owned()));
        };
        let last_words = LastWords::of(errors);
        let mut decoder = Decoder::default();
        let hello = read_hello(&mut from, &mut decoder).await?;
        let pipes = Pipes { to: Box::new(to), from: Box::new(from), decoder, last_words, hold: Hold::Process(node) };
        Ok(Opened { hello, node_shipped: false, pipes })
    }
}
