//! The system's ssh: which one it is, which keys it can log in with, which hosts it knows.

use crate::config::Settings;
use crate::doctor::Finding;
use crate::error::plain;
use crate::run::at_home;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A host that ssh is asked about: one that no configuration has anything special for.
const ANY_HOST: &str = "mcom-doctor.invalid";

/// What ssh makes of its configuration, for any host.
pub(super) struct Client {
    identities: Vec<PathBuf>,
    agent: Option<String>,
    known_hosts: Vec<PathBuf>,
}

pub(super) fn version() -> Finding {
    match Command::new("ssh").arg("-V").output() {
        Ok(said) => Finding::ok("ssh", last_line(&said)),
        Err(error) => Finding::problem(
            "ssh",
            format!("`ssh` cannot be run: {}", plain(&error)),
            "install OpenSSH's client (openssh-client, openssh-clients), or correct PATH",
        ),
    }
}

impl Client {
    /// Asks it; none where it does not say.
    pub(super) fn ask(settings: &Settings) -> Option<Self> {
        let mut ssh = Command::new("ssh");
        ssh.arg("-G");
        if let Some(config) = &settings.ssh.config.value {
            ssh.arg("-F").arg(at_home(config));
        }
        settings.ssh.options.value.iter().for_each(|option| {
            ssh.arg("-o").arg(option);
        });
        let said = ssh.arg(ANY_HOST).output().ok().filter(|said| said.status.success())?;
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let values = |key: &str| -> Vec<String> {
            let lines = said.lines().filter_map(|line| line.split_once(' '));
            lines.filter(|(word, _)| *word == key).map(|(_, value)| value.trim().to_owned()).collect()
        };
        let files = |key: &str| {
            let lists = values(key);
            lists.iter().flat_map(|list| list.split_whitespace()).map(at_home).collect::<Vec<_>>()
        };
        let own = settings.ssh_identity.value.iter().map(PathBuf::from);
        Some(Self {
            identities: own.chain(files("identityfile")).collect(),
            agent: values("identityagent").into_iter().next().filter(|agent| agent != "SSH_AUTH_SOCK"),
            known_hosts: [files("userknownhostsfile"), files("globalknownhostsfile")].concat(),
        })
    }
}

/// The agent, and the key files: one of the two must have a key.
pub(super) fn keys(client: Option<&Client>) -> Vec<Finding> {
    let held = agent_keys(client.and_then(|client| client.agent.as_deref()));
    let identities = client.map_or(&[][..], |client| client.identities.as_slice());
    let mut files: Vec<String> =
        identities.iter().filter(|path| path.is_file()).map(|path| path.display().to_string()).collect();
    files.dedup();
    let agent = match &held {
        Ok(0) => "it holds no key".to_owned(),
        Ok(1) => "1 key".to_owned(),
        Ok(count) => format!("{count} keys"),
        Err(why) => why.clone(),
    };
    if files.is_empty() && !matches!(held, Ok(1..)) {
        let mend = "make a key, and put it on the hosts: ssh-keygen -t ed25519; ssh-copy-id HOST";
        return vec![Finding::problem("agent", agent, mend), Finding::problem("key files", "there is none", mend)];
    }
    let files = if files.is_empty() { "none; the agent has keys".to_owned() } else { files.join(", ") };
    vec![Finding::ok("agent", agent), Finding::ok("key files", files)]
}

/// How many keys the agent holds.
fn agent_keys(socket: Option<&str>) -> Result<usize, String> {
    let mut list = Command::new("ssh-add");
    list.arg("-L");
    match socket {
        Some("none") => return Err("the configuration of ssh wants none".to_owned()),
        Some(socket) => {
            list.env("SSH_AUTH_SOCK", at_home(socket));
        }
        None => {}
    }
    let said = list.output().map_err(|error| format!("`ssh-add` cannot be run: {}", plain(&error)))?;
    match said.status.code() {
        Some(0) => Ok(String::from_utf8_lossy(&said.stdout).lines().count()),
        Some(1) => Ok(0),
        _ => Err("there is none".to_owned()),
    }
}

pub(super) fn known_hosts(client: Option<&Client>) -> Finding {
    let files = client.map_or(&[][..], |client| client.known_hosts.as_slice());
    let mut known = Vec::new();
    for path in files {
        match std::fs::read(path) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')).count();
                known.push(format!("{} ({lines} keys)", path.display()));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                let text = format!("{} cannot be read: {}", path.display(), plain(&error));
                return Finding::problem("known_hosts", text, format!("let you read it: ls -l {}", path.display()));
            }
        }
    }
    if known.is_empty() {
        let mend = "look at the keys of your hosts, and keep them: mcom ping --learn -h PATTERN";
        return Finding::problem("known_hosts", "no host is known, and none that is unknown is connected to", mend);
    }
    Finding::ok("known_hosts", known.join(", "))
}

fn last_line(said: &Output) -> String {
    let text = String::from_utf8_lossy(&said.stderr).into_owned();
    text.lines().last().unwrap_or_default().trim().to_owned()
}
