//! What `ssh -G` says about hosts: a process for each, a few at once.

use crate::authority::error::AuthorityError;
use crate::ssh::host_arguments;
use mcom_model::HostSpec;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Processes at once: one for each processor, within reason.
const AT_ONCE: usize = 4;

/// What ssh makes of its configuration for one host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    /// Where it goes, in the order of [`OWN`](super::scan::OWN): host name, port, user, and the alias where it has one.
    pub place: [Option<String>; 4],
    /// Everything else that matters here.
    pub setup: Setup,
}

/// What ssh knows and offers, which hosts mostly have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Setup {
    /// Files with known hosts: lists of paths between spaces, the user's first.
    pub known_hosts: Vec<String>,
    /// Key files, in order.
    pub identity_files: Vec<String>,
    /// Certificates, in order.
    pub certificate_files: Vec<String>,
    /// The agent, where it is set.
    pub agent: Option<String>,
    /// Whether only keys are offered that have a file.
    pub identities_only: bool,
    /// Whether the names of new known hosts are hashed.
    pub hashes_names: bool,
    /// Whether keys are asked of a command, too.
    pub known_hosts_command: bool,
    /// Whether a file of its own says which keys are revoked.
    pub revoked_host_keys: bool,
    /// Whether names are looked up before anything else is decided.
    pub canonical: bool,
}

impl Answer {
    pub(super) fn parse(text: &str) -> Self {
        let (mut place, mut setup) = ([None, None, None, None], Setup::default());
        for (keyword, value) in text.lines().filter_map(|line| line.split_once(' ')) {
            let value = value.trim().to_owned();
            match keyword {
                "hostname" => place[0] = Some(value),
                "port" => place[1] = Some(value),
                "user" => place[2] = Some(value),
                "hostkeyalias" => place[3] = Some(value),
                "userknownhostsfile" => setup.known_hosts.insert(0, value),
                "globalknownhostsfile" => setup.known_hosts.push(value),
                "identityfile" => setup.identity_files.push(value),
                "certificatefile" => setup.certificate_files.push(value),
                "identityagent" => setup.agent = Some(value),
                "hashknownhosts" => setup.hashes_names = is_yes(&value),
                "identitiesonly" => setup.identities_only = is_yes(&value),
                "canonicalizehostname" => setup.canonical = !matches!(value.as_str(), "false" | "no"),
                "revokedhostkeys" => setup.revoked_host_keys = value != "none",
                "knownhostscommand" => setup.known_hosts_command = value != "none",
                _ => {}
            }
        }
        Self { place, setup }
    }
}

fn is_yes(value: &str) -> bool {
    matches!(value, "yes" | "true")
}

/// Asks ssh, as it would be called to connect.
#[derive(Debug)]
pub(super) struct Prober {
    /// Its configuration.
    pub config: PathBuf,
}

impl Prober {
    /// The answers for these hosts, in their order; or what ssh said instead.
    pub(super) fn ask(&self, hosts: &[&HostSpec]) -> Result<Vec<Result<Answer, String>>, AuthorityError> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut answers = Vec::new();
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(host) = hosts.get(at) else { return answers };
                answers.push((at, self.ask_one(host)));
            }
        };
        let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(1, AT_ONCE).min(hosts.len());
        let mut answers: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("asking does not panic")).collect()
        });
        answers.sort_by_key(|(at, _)| *at);
        answers.into_iter().map(|(_, answer)| answer.map_err(AuthorityError::NoSsh)).collect()
    }

    fn ask_one(&self, host: &HostSpec) -> std::io::Result<Result<Answer, String>> {
        let mut ssh = Command::new("ssh");
        ssh.arg("-G").arg("-F").arg(&self.config).args(host_arguments(host)).stdin(Stdio::null());
        let output = ssh.output()?;
        if output.status.success() {
            return Ok(Ok(Answer::parse(&String::from_utf8_lossy(&output.stdout))));
        }
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("nothing").to_owned();
        Ok(Err(said))
    }
}
