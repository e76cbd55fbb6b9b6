//! What the tests over sshd share: a fleet, a client for it, and the node for its hosts.

use mcom_driver::bootstrap::{Allowed, NodeStore, open};
use mcom_driver::link::Opened;
use mcom_driver::ssh::{SshClient, SshSettings};
use mcom_engine::tree::LinkFailure;
use mcom_model::{HostSpec, Reason};
use mcom_testbed::{Fleet, FleetBuilder};
use std::sync::Arc;
use std::time::Duration;

/// A fleet, a client for it and the node for its hosts.
pub struct Bed {
    pub fleet: Fleet,
    pub client: Arc<SshClient>,
    pub nodes: NodeStore,
    _program: tempfile::TempDir,
}

impl Bed {
    pub fn new(builder: FleetBuilder) -> Self {
        Self::with_options(builder, &[], Duration::from_secs(10))
    }

    pub fn with_options(builder: FleetBuilder, options: &[&str], connect_timeout: Duration) -> Self {
        let fleet = builder.start().unwrap();
        let program = tempfile::tempdir().unwrap();
        std::fs::copy(env!("CARGO_BIN_EXE_driver-test-node"), program.path().join("mcom-node")).unwrap();
        let nodes = NodeStore::beside(&program.path().join("mcom")).unwrap();
        let options = options.iter().map(|&option| option.to_owned()).collect();
        let settings = SshSettings { config: Some(fleet.ssh_config()), options, connect_timeout };
        let client = SshClient::new(&settings).unwrap();
        Self { fleet, client, nodes, _program: program }
    }

    pub async fn open(&self, host: &str) -> Result<Opened, LinkFailure> {
        open(self.client.connect(&spec(host)).await?, &self.nodes, Allowed::Everything).await
    }

    pub async fn refused(&self, host: &str) -> Reason {
        match self.open(host).await {
            Err(LinkFailure::Refused(reason)) => reason,
            other => panic!("not refused: {other:?}"),
        }
    }

    pub async fn unreachable(&self, host: &str) -> Reason {
        match self.open(host).await {
            Err(LinkFailure::Unreachable(reason)) => reason,
            other => panic!("not unreachable: {other:?}"),
        }
    }
}

pub fn one() -> FleetBuilder {
    Fleet::builder().host("dc1", "a")
}

pub fn spec(host: &str) -> HostSpec {
    HostSpec { name: host.into(), dc: 0, address: None, port: None, user: None, weight: 1, credentials: None }
}

/// Processes of this machine that have `text` in their command line.
pub fn processes_with(text: &str) -> Vec<String> {
    let proc = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("cmdline"));
    let lines = proc.filter_map(|path| std::fs::read(path).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.contains(text)).collect()
}
