//! The system's ssh: which one it is, what it makes of its configuration, which hosts it knows.

use crate::config::Settings;
use crate::doctor::Finding;
use crate::doctor::examine::unusable;
use crate::error::plain;
use crate::run::at_home;
use crate::trust::trusted;
use std::path::PathBuf;
use std::process::{Command, Output};

/// A host that ssh is asked about: one that no configuration has anything special for.
const ANY_HOST: &str = "mcom-doctor.invalid";

/// What ssh makes of its configuration, for any host.
pub(super) struct Client {
    pub(super) identities: Vec<PathBuf>,
    pub(super) agent: Option<String>,
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
    /// Asks it, or finds why it does not say.
    pub(super) fn ask(settings: &Settings) -> Result<Self, Finding> {
        if let Some(config) = settings.ssh.config.value.as_deref().filter(|config| *config != "none") {
            // A run refuses it, too.
            trusted("the ssh configuration", &at_home(config)).map_err(|error| unusable("ssh_config", &error))?;
        }
        let mut ssh = Command::new("ssh");
        ssh.arg("-G");
        if let Some(config) = &settings.ssh.config.value {
            ssh.arg("-F").arg(at_home(config));
        }
        settings.ssh.options.value.iter().for_each(|option| {
            ssh.arg("-o").arg(option);
        });
        let mend = "correct what it names: ssh -G HOST";
        let said = ssh.arg(ANY_HOST).output();
        let said = said.map_err(|error| Finding::problem("ssh_config", format!("ssh -G: {}", plain(&error)), mend))?;
        if !said.status.success() {
            return Err(Finding::problem("ssh_config", format!("ssh -G says: {}", last_line(&said)), mend));
        }
        let said = String::from_utf8_lossy(&said.stdout).into_owned();
        let values = |key: &str| -> Vec<String> {
            let lines = said.lines().filter_map(|line| line.split_once(' '));
            lines.filter(|(word, _)| *word == key).map(|(_, value)| value.trim().to_owned()).collect()
        };
        let files = |key: &str| {
            let lists = values(key);
            lists.iter().flat_map(|list| list.split_whitespace()).map(at_home).collect::<Vec<_>>()
        };
        let own = settings.ssh_identity.value.iter().map(|path| at_home(path));
        Ok(Self {
            identities: own.chain(files("identityfile")).collect(),
            agent: values("identityagent").into_iter().next().filter(|agent| agent != "SSH_AUTH_SOCK"),
            known_hosts: [files("userknownhostsfile"), files("globalknownhostsfile")].concat(),
        })
    }
}

pub(super) fn known_hosts(client: &Client) -> Finding {
    let mut known = Vec::new();
    for path in &client.known_hosts {
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
