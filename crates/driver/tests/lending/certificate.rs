//! Certificates: a key that the parent makes, and what somebody else lets it do for minutes.

use crate::bed::{Bed, one, spec};
use crate::lending::stand::{Parent, access, make_key, refused, sign_with, unreachable};
use crate::order::command;
use bytes::Bytes;
use mcom_credentials::{CertificateRequest, PrivateIdentity, PublicIdentity};
use mcom_driver::agent::Line;
use mcom_driver::link::{ChildLink, Connector, FromChild, Granted, Target};
use mcom_driver::ssh::{SshClient, SshSettings};
use mcom_engine::tree::{LinkId, Reach};
use mcom_model::{Access, AskKind, Digest, Epoch, HostId, InnerLinks, ReasonKind, RunSpec};
use mcom_wire::{Assignment, Down};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::sync::mpsc::channel;

/// A host that lets in whom an authority certifies, and nobody else.
struct Certified {
    bed: Bed,
    authority: PrivateIdentity,
    access: Access,
    pinned: Digest,
    _folder: TempDir,
}

impl Certified {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = make_key(folder.path(), "ca");
        let line = format!("TrustedUserCAKeys {}", folder.path().join("ca.pub").display());
        let bed = Bed::new(one().with("a", |host| host.sshd_config(&line).sshd_config("AuthorizedKeysFile none")));
        let access = access(&bed.fleet, "a");
        Self { bed, authority, access, pinned: command("echo certified").0.pinned(), _folder: folder }
    }

    fn certify(&self, key: &Bytes, from: &str) -> Granted {
        let now_s = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let request = CertificateRequest {
            key: &PublicIdentity::from_blob(key.clone(), "").unwrap(),
            user: &self.access.user,
            valid_from_s: now_s - 10,
            valid_to_s: now_s + 60,
            source_addresses: &[from.to_owned()],
            command: &self.bed.nodes.pinned_command(self.pinned).unwrap(),
            serial: 1,
            id: "a test",
            nonce: [7; 32],
        };
        let unsigned = request.unsigned(self.authority.public()).unwrap();
        let signature = self.authority.sign(unsigned.to_sign(), 0).unwrap();
        Ok(unsigned.finish(&signature).unwrap().blob().clone())
    }
}

#[tokio::test]
async fn a_certificate_brings_the_node_there_and_starts_it() {
    let stand = Certified::new();
    let parent = Parent::new(&stand.bed, &[], &[]);
    for _ in 0..2 {
        let answer = |(kind, bind, key): &_| {
            assert_eq!((*kind, bind), (AskKind::Certificate, &Bytes::new()));
            stand.certify(key, "127.0.0.0/8")
        };
        let (reached, asked) = parent.reach("a", AskKind::Certificate, Some(stand.access.clone()), answer).await;
        let (hello, link) = reached.unwrap();
        assert_eq!((hello.node, asked.len()), (stand.bed.nodes.first(), 1));
        link.close().await;
    }
    parent.client.close();
    assert_eq!(parent.left(), [""; 0]);
}

#[tokio::test]
async fn from_elsewhere_or_for_another_key_it_is_good_for_nothing() {
    let stand = Certified::new();
    let parent = Parent::new(&stand.bed, &[], &[]);
    let other = make_key(stand.bed.fleet.dir(), "other");
    let reach = async |answer: &dyn Fn(&Bytes) -> Granted| {
        let answer = |(_, _, key): &(AskKind, Bytes, Bytes)| answer(key);
        parent.reach("a", AskKind::Certificate, Some(stand.access.clone()), answer).await.0
    };
    assert_eq!(unreachable(reach(&|key| stand.certify(key, "192.0.2.0/24")).await).kind, ReasonKind::AuthRefused);
    let others = |_: &Bytes| stand.certify(other.public().blob(), "127.0.0.0/8");
    assert_eq!(refused(reach(&others).await).kind, ReasonKind::CredentialRefused);
    for garbage in [Bytes::from_static(b"garbage"), other.public().blob().clone()] {
        assert_eq!(refused(reach(&|_| Ok(garbage.clone())).await).kind, ReasonKind::CredentialRefused);
    }
    assert_eq!(stand.bed.fleet.logins("a").unwrap(), 0);
}

impl Line for &Certified {
    async fn ask(&mut self, _kind: AskKind, _bind: Bytes, key: Bytes) -> Granted {
        self.certify(&key, "127.0.0.0/8")
    }
}

#[tokio::test]
async fn a_connection_with_it_does_nothing_else() {
    let stand = Certified::new();
    let parent = Parent::new(&stand.bed, &[], &[]);
    let connection =
        parent.client.connect_asking(&spec("a"), AskKind::Certificate, &stand.access, &mut &stand).await.unwrap();
    for command in ["touch $HOME/done", "mcom-link; touch $HOME/done", ""] {
        let mut remote = connection.command(command).await.unwrap();
        let mut said = String::new();
        remote.stderr().take().unwrap().read_to_string(&mut said).await.unwrap();
        assert!(said.contains("nothing else"), "{said}");
        assert_eq!(remote.wait().await.unwrap().code(), Some(64));
    }
    assert!(!stand.bed.fleet.home("a").unwrap().join("done").exists());
}

#[tokio::test]
async fn nothing_is_taken_but_what_is_pinned() {
    let stand = Certified::new();
    let (certified, _) = command("echo certified");
    let options = vec!["ProxyCommand=touch done".to_owned()];
    let inner = InnerLinks { options, ..certified.inner.clone() };
    // The second one would have the host itself run what it says, to reach a child of its own.
    for spec in [command("echo something else").0, RunSpec { inner, ..certified }] {
        not_taken(&stand, spec).await;
    }
}

async fn not_taken(stand: &Certified, other: RunSpec) {
    let parent = Parent::new(&stand.bed, &[], &[]);
    let (owner, mut said) = channel(8);
    let reach = Reach::Asked { kind: AskKind::Certificate, access: Some(Box::new(stand.access.clone())) };
    let connector = Connector::Ssh { client: Arc::clone(&parent.client), nodes: stand.bed.nodes.clone() };
    let link = ChildLink::open(Arc::new(connector), LinkId(1), Target { host: spec("a"), reach }, owner);
    let mut next = async || said.recv().await.unwrap().1;
    let FromChild::Asked { request, .. } = next().await else { panic!("it asks for a certificate") };
    link.answer(stand.certify(&request, "127.0.0.0/8"));
    let FromChild::Opened { .. } = next().await else { panic!("it is opened") };
    link.writer().send(Down::Assign(Box::new(Assignment {
        spec: other,
        me: HostId(0),
        name: "a".into(),
        dc: "dc1".into(),
        epoch: Epoch(1),
        levels: None,
        window: 1,
        members: 1,
        begun: None,
        deadline_ms: None,
        identities: vec![],
    })));
    let FromChild::Lost(reason) = next().await else { panic!("it is lost") };
    assert!(reason.text.contains("is not what this node may run"), "{reason}");
    assert!(std::fs::read_dir(stand.bed.fleet.spool("a").unwrap().join("runs")).is_err());
}

/// Signs with the key of a certificate what may be signed with it.
struct Signer<'a>(&'a Certified, &'a PrivateIdentity, &'a PublicIdentity);

impl Line for Signer<'_> {
    async fn ask(&mut self, _kind: AskKind, bind: Bytes, request: Bytes) -> Granted {
        let Self(stand, key, certificate) = self;
        sign_with(key, &[(*certificate).clone()], &stand.access, &bind, &request)
    }
}

#[tokio::test]
async fn an_operators_certificate_logs_in_by_relay_as_a_key_does() {
    let stand = Certified::new();
    let key = make_key(stand.bed.fleet.dir(), "operator");
    let blob = stand.certify(key.public().blob(), "127.0.0.0/8").unwrap();
    let certificate = PublicIdentity::from_blob(blob, "certified").unwrap();
    let settings = SshSettings { config: None, options: vec![], connect_timeout: Duration::from_secs(5) };
    for identities in [vec![certificate.to_line()], vec![key.public().to_line(), certificate.to_line()]] {
        let client = SshClient::for_parent(&settings, &identities).unwrap();
        let mut signer = Signer(&stand, &key, &certificate);
        let made = client.connect_asking(&spec("a"), AskKind::Signature, &stand.access, &mut signer).await;
        assert!(made.is_ok(), "{identities:?}: {made:?}");
    }
}
