//! The keys that this machine can log in with: those of the agent, and those of key files.

use crate::doctor::Finding;
use crate::doctor::ssh::Client;
use crate::error::plain;
use crate::run::at_home;
use mcom_credentials::{KeyFile, PublicIdentity};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use zeroize::Zeroizing;

/// How to come by a key.
const MAKE: &str = "make a key, and put it on the hosts: ssh-keygen -t ed25519; ssh-copy-id HOST";

/// What the agent is.
enum Agent {
    /// It lists these lines.
    Holds(Vec<String>),
    /// There is none, for this reason.
    None(String),
    /// It is set, and does not answer.
    Dead(String),
}

/// The agent, and the key files: one of the two must have a key.
pub(super) fn keys(client: &Client) -> Vec<Finding> {
    let agent = agent(client.agent.as_deref());
    let held = if let Agent::Holds(lines) = &agent { lines.as_slice() } else { &[] };
    let mut files: Vec<&Path> =
        client.identities.iter().map(|path| path.as_path()).filter(|path| path.is_file()).collect();
    files.dedup();
    if let Some(open) = files.iter().find_map(|path| too_open(path)) {
        return vec![agent_finding(&agent, true), open];
    }
    if files.is_empty() && held.is_empty() {
        return vec![agent_finding(&agent, false), Finding::problem("key files", "there is none", MAKE)];
    }
    let texts: Vec<String> = files.iter().map(|path| file_text(path, held)).collect();
    let text = if files.is_empty() { "none; the agent has keys".to_owned() } else { texts.join(", ") };
    vec![agent_finding(&agent, true), Finding::ok("key files", text)]
}

/// The agent, where there are keys without it or not.
fn agent_finding(agent: &Agent, others: bool) -> Finding {
    let (text, mend) = match agent {
        Agent::Holds(lines) if lines.len() == 1 => return Finding::ok("agent", "1 key"),
        Agent::Holds(lines) if !lines.is_empty() => return Finding::ok("agent", format!("{} keys", lines.len())),
        Agent::Holds(_) if others => ("it holds no key; to load one: ssh-add".to_owned(), ""),
        Agent::Holds(_) => {
            ("it holds no key".to_owned(), "load one: ssh-add FILE; where you have none: ssh-keygen -t ed25519")
        }
        Agent::None(why) => (why.clone(), MAKE),
        Agent::Dead(socket) => {
            (format!("it does not answer at {socket}"), "start another: eval \"$(ssh-agent)\"; ssh-add FILE")
        }
    };
    if others { Finding::ok("agent", text) } else { Finding::problem("agent", text, mend) }
}

/// What is in the agent.
fn agent(setting: Option<&str>) -> Agent {
    let mut list = Command::new("ssh-add");
    list.arg("-L");
    let socket = match setting {
        Some("none") => return Agent::None("the configuration of ssh wants none".to_owned()),
        Some(socket) => {
            list.env("SSH_AUTH_SOCK", at_home(socket));
            Some(socket.to_owned())
        }
        None => std::env::var("SSH_AUTH_SOCK").ok().filter(|socket| !socket.is_empty()),
    };
    let said = match list.output() {
        Ok(said) => said,
        Err(error) => return Agent::None(format!("`ssh-add` cannot be run: {}", plain(&error))),
    };
    match (said.status.code(), socket) {
        (Some(0), _) => Agent::Holds(String::from_utf8_lossy(&said.stdout).lines().map(str::to_owned).collect()),
        (Some(1), _) => Agent::Holds(Vec::new()),
        (_, Some(socket)) => Agent::Dead(socket),
        (_, None) => Agent::None("there is none".to_owned()),
    }
}

/// A private key that ssh does not use, because others may get at it.
fn too_open(path: &Path) -> Option<Finding> {
    let data = std::fs::metadata(path).ok()?;
    let open = data.uid() == rustix::process::getuid().as_raw() && data.mode() & 0o077 != 0;
    let private =
        || key(path).is_some() || read(path).is_some_and(|text| String::from_utf8_lossy(&text).contains("PRIVATE KEY"));
    let file = path.display();
    (open && private()).then(|| {
        let text = format!("{file} is open to others (mode {:04o}), and ssh does not use it", data.mode() & 0o7777);
        Finding::problem("key files", text, format!("chmod 600 {file}"))
    })
}

/// The file, and what its key takes.
fn file_text(path: &Path, held: &[String]) -> String {
    let file = path.display();
    let is_held = |key: &PublicIdentity| {
        held.iter().filter_map(|line| PublicIdentity::from_line(line).ok()).any(|held| held.blob() == key.blob())
    };
    match key(path) {
        Some(KeyFile::Locked(key)) if !is_held(key.public()) => {
            format!("{file} (has a passphrase: asked for on a terminal; elsewhere ssh-add {file})")
        }
        _ => file.to_string(),
    }
}

fn read(path: &Path) -> Option<Zeroizing<Vec<u8>>> {
    std::fs::read(path).ok().map(Zeroizing::new)
}

fn key(path: &Path) -> Option<KeyFile> {
    KeyFile::parse(&read(path)?).ok()
}
