//! What these tests share: keys, an agent, settings, and a parent whose questions an authority answers.

use crate::bed::Bed;
use crate::lending::stand::{Asked as Said, reach_with};
use crate::order::plan;
use bytes::Bytes;
use mcom_credentials::PublicIdentity;
use mcom_driver::authority::{AuthorityError, AuthoritySettings, OperatorAuthority};
use mcom_driver::link::{ChildLink, Connector, Granted, Target};
use mcom_driver::run::Authority;
use mcom_driver::ssh::{SshClient, SshSettings};
use mcom_engine::tree::{Asked, LinkFailure, Reach};
use mcom_model::{AskKind, Credentials, Digest, Edge, HostId, Plan, RunId, Verdict};
use mcom_wire::{HelloUp, Secret};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Runs a program to its end, which must be a good one.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{program} {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Makes a key pair.
pub fn keygen(file: &Path, passphrase: &str) -> PublicIdentity {
    run("ssh-keygen", &["-q", "-t", "ed25519", "-N", passphrase, "-C", "a test's", "-f", file.to_str().unwrap()]);
    public(file)
}

/// The public key beside a private one.
pub fn public(file: &Path) -> PublicIdentity {
    PublicIdentity::from_line(&std::fs::read_to_string(file.with_extension("pub")).unwrap()).unwrap()
}

/// A real ssh-agent. It ends with this.
pub struct RealAgent {
    process: Child,
    folder: tempfile::TempDir,
}

impl RealAgent {
    pub fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("s");
        let mut agent = Command::new("ssh-agent");
        agent.arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).stderr(Stdio::null());
        let process = agent.spawn().unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        while std::os::unix::net::UnixStream::connect(&socket).is_err() {
            assert!(Instant::now() < until, "the agent listens");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { process, folder }
    }

    pub fn socket(&self) -> PathBuf {
        self.folder.path().join("s")
    }

    /// The option of ssh that names it.
    pub fn option(&self) -> String {
        format!("IdentityAgent={}", self.socket().display())
    }

    pub fn add(&self, arguments: &[&str]) {
        let mut add = Command::new("ssh-add");
        let output = add.arg("-q").args(arguments).env("SSH_AUTH_SOCK", self.socket()).stdin(Stdio::null());
        let output = output.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    pub fn end(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for RealAgent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A plan of one datacenter whose parents log in by relay.
pub fn relayed(names: &[&str]) -> Plan {
    Plan { credentials: Credentials::Relay, ..plan(&[("dc1", names)], 32) }
}

/// The settings for a configuration of ssh.
pub fn settings(bed: &Bed, config: &Path, options: &[&str]) -> AuthoritySettings {
    AuthoritySettings {
        long: SshSettings {
            config: Some(config.to_owned()),
            options: options.iter().map(|&option| option.to_owned()).collect(),
            connect_timeout: Duration::from_secs(5),
        },
        identity_files: vec![],
        ca: None,
        run: RunId::from_seed(7),
        pinned: Digest::of(b"pinned"),
        nodes: bed.nodes.clone(),
    }
}

/// Prepares an authority for which nobody can be asked.
pub fn prepared(settings: &AuthoritySettings, plan: &Plan) -> Result<OperatorAuthority, AuthorityError> {
    OperatorAuthority::prepare(settings, plan, &mut |_| None)
}

/// Prepares an authority whose operator types this.
pub fn typed(settings: &AuthoritySettings, plan: &Plan, words: &[&str]) -> (OperatorAuthority, usize) {
    let mut asked = 0;
    let mut ask = |_: &Path| {
        asked += 1;
        words.get(asked - 1).map(|word| Secret::new(word.as_bytes().to_vec()))
    };
    let authority = OperatorAuthority::prepare(settings, plan, &mut ask).unwrap();
    (authority, asked)
}

/// What a parent asks an authority for on an open edge.
pub fn asked(ticket: u32, by: u32, child: u32, (kind, bind, request): &Said) -> Asked {
    Asked {
        ticket,
        parent: HostId(by),
        child: HostId(child),
        kind: *kind,
        edge: Edge { open: true, left_ms: 1000, granted: 0 },
        bind: bind.clone(),
        request: request.clone(),
    }
}

/// Judges and grants, as a run does.
pub fn answer(authority: &mut OperatorAuthority, asked: &Asked) -> (Verdict, Granted) {
    let verdict = authority.judge(asked);
    if let Verdict::Refused { reason } = &verdict {
        return (verdict.clone(), Err(reason.clone()));
    }
    let granting = authority.grant(asked.ticket);
    // The stand's parent waits for its answer in the middle of its own runtime.
    let granted = std::thread::scope(|scope| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        scope.spawn(move || runtime.block_on(granting)).join().unwrap()
    });
    (verdict, granted)
}

/// One login of a parent on a child, with what the authority grants.
pub struct Login {
    pub reached: Result<(HelloUp, ChildLink), LinkFailure>,
    pub said: Vec<Said>,
    pub verdicts: Vec<Verdict>,
}

pub async fn login(
    bed: &Bed,
    authority: &mut OperatorAuthority,
    kind: AskKind,
    by: u32,
    child: u32,
    name: &str,
) -> Login {
    let handout = authority.handout();
    let config = Some(bed.fleet.ssh_config());
    let links = SshSettings { config, options: vec![], connect_timeout: Duration::from_secs(5) };
    let client = SshClient::for_parent(&links, &handout.identities).unwrap();
    let access = handout.access[child as usize].clone();
    let connector = Connector::Ssh { client, nodes: bed.nodes.clone() };
    let target = Target { host: crate::bed::spec(name), reach: Reach::Asked { kind, access } };
    let mut verdicts = Vec::new();
    let (reached, said) = reach_with(connector, target, |said| {
        let ticket = by * 1000 + child * 10 + u32::try_from(verdicts.len()).unwrap();
        let (verdict, granted) = answer(authority, &asked(ticket, by, child, said));
        verdicts.push(verdict);
        granted
    })
    .await;
    Login { reached, said, verdicts }
}

/// A sign request that is for nobody.
pub fn nonsense() -> Said {
    (AskKind::Signature, Bytes::from_static(b"no bind"), Bytes::from_static(b"no request"))
}
