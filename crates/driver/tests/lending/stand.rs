//! A parent that holds nothing, and somebody who grants.

use crate::bed::{Bed, spec};
use bytes::Bytes;
use mcom_credentials::{KeyFile, Known, PrivateIdentity, PublicIdentity, SignRequest, authorise};
use mcom_driver::link::{ChildLink, Connector, FromChild, Granted, Target};
use mcom_driver::ssh::{SshClient, SshSettings};
use mcom_engine::tree::{LinkFailure, LinkId, Reach};
use mcom_model::{Access, AskKind, Edge, Reason};
use mcom_testbed::Fleet;
use mcom_wire::HelloUp;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::channel;

/// What a parent asked for.
pub type Asked = (AskKind, Bytes, Bytes);

/// Reads a private key.
pub fn key_file(path: &Path) -> PrivateIdentity {
    let KeyFile::Open(key) = KeyFile::parse(&std::fs::read(path).unwrap()).unwrap() else { panic!("it is locked") };
    key
}

/// The key that the hosts of a fleet let in.
pub fn operators_key(fleet: &Fleet) -> PrivateIdentity {
    key_file(&fleet.dir().join("client_key"))
}

/// A new key pair that nobody knows.
pub fn make_key(folder: &Path, name: &str) -> PrivateIdentity {
    let file = folder.join(name);
    let mut keygen = std::process::Command::new("ssh-keygen");
    assert!(keygen.args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&file).status().unwrap().success());
    key_file(&file)
}

/// How a host of a fleet is reached, as its operator knows it.
pub fn access(fleet: &Fleet, host: &str) -> Access {
    let address = fleet.address(host).unwrap();
    let key = std::fs::read_to_string(fleet.dir().join("h").join(host).join("host_key.pub")).unwrap();
    let key = key.split_whitespace().take(2).collect::<Vec<_>>().join(" ");
    let user = std::process::Command::new("id").arg("-un").output().unwrap().stdout;
    Access {
        address: address.ip().to_string(),
        port: address.port(),
        user: String::from_utf8(user).unwrap().trim().to_owned(),
        alias: format!("{host}.known"),
        keys: vec![key],
    }
}

/// Signs what the coordinator would.
pub fn sign(key: &PrivateIdentity, access: &Access, bind: &[u8], request: &[u8]) -> Granted {
    sign_with(key, &[key.public().clone()], access, bind, request)
}

/// Signs what the coordinator would with these public keys, all of which are of one private key.
pub fn sign_with(
    key: &PrivateIdentity,
    identities: &[PublicIdentity],
    access: &Access,
    bind: &[u8],
    request: &[u8],
) -> Granted {
    let edge = Edge { open: true, left_ms: 1000, granted: 0 };
    let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let known = Known { access, identities, signed: &BTreeSet::new(), now_s };
    let grant = authorise(&edge, &known, bind, request).map_err(|refusal| refusal.reason())?;
    let request = SignRequest::parse(&grant.request).unwrap();
    Ok(key.sign(&request.data, request.flags).unwrap().into())
}

/// A parent: an `ssh_config` of its own, options for its links, and the public keys that were handed out.
pub struct Parent<'a> {
    pub bed: &'a Bed,
    pub client: Arc<SshClient>,
}

impl<'a> Parent<'a> {
    pub fn new(bed: &'a Bed, identities: &[&PrivateIdentity], options: &[&str]) -> Self {
        let options = options.iter().map(|&option| option.to_owned()).collect();
        // The keys that stand there are let in by every host.
        let config = Some(bed.fleet.ssh_config());
        let settings = SshSettings { config, options, connect_timeout: Duration::from_secs(5) };
        let identities: Vec<_> = identities.iter().map(|key| key.public().to_line()).collect();
        Self { bed, client: SshClient::for_parent(&settings, &identities).unwrap() }
    }

    /// Reaches a host with what `answer` grants; returns what was asked for, too.
    pub async fn reach(
        &self,
        host: &str,
        kind: AskKind,
        access: Option<Access>,
        answer: impl FnMut(&Asked) -> Granted,
    ) -> (Result<(HelloUp, ChildLink), LinkFailure>, Vec<Asked>) {
        let reach = Reach::Asked { kind, access: access.map(Box::new) };
        let connector = Connector::Ssh { client: Arc::clone(&self.client), nodes: self.bed.nodes.clone() };
        reach_with(connector, Target { host: spec(host), reach }, answer).await
    }

    /// What stands in its private folder besides what is there from the start.
    pub fn left(&self) -> Vec<String> {
        let names = std::fs::read_dir(self.client.folder()).unwrap().map(|entry| entry.unwrap().file_name());
        let names = names.map(|name| name.into_string().unwrap());
        names.filter(|name| name.parse::<u32>().is_ok() || name.ends_with(".d")).collect()
    }
}

/// Makes a link, and answers what is asked for on the way.
pub async fn reach_with(
    connector: Connector,
    target: Target,
    mut answer: impl FnMut(&Asked) -> Granted,
) -> (Result<(HelloUp, ChildLink), LinkFailure>, Vec<Asked>) {
    let (owner, mut said) = channel(8);
    let link = ChildLink::open(Arc::new(connector), LinkId(1), target, owner);
    let mut asked = Vec::new();
    let reached = loop {
        let next = tokio::time::timeout(Duration::from_secs(60), said.recv()).await.expect("the link says something");
        match next.expect("the link says how it went").1 {
            FromChild::Asked { kind, bind, request } => {
                let what = (kind, bind, request);
                link.answer(answer(&what));
                asked.push(what);
            }
            FromChild::Opened { hello, .. } => break Ok((hello, link)),
            FromChild::Failed(failure) => break Err(failure),
            other => panic!("{other:?}"),
        }
    };
    (reached, asked)
}

pub fn refused<T: std::fmt::Debug>(reached: Result<T, LinkFailure>) -> Reason {
    match reached {
        Err(LinkFailure::Refused(reason)) => reason,
        other => panic!("not refused: {other:?}"),
    }
}

pub fn unreachable<T: std::fmt::Debug>(reached: Result<T, LinkFailure>) -> Reason {
    match reached {
        Err(LinkFailure::Unreachable(reason)) => reason,
        other => panic!("not unreachable: {other:?}"),
    }
}
