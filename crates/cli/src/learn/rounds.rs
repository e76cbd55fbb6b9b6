//! Two rounds: first the hosts that this machine connects to itself, then those behind them. Nobody is logged in on
//! before its key is confirmed.

use crate::args::PingArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::exit;
use crate::learn::collect::{Collector, Shown};
use crate::learn::keep::keep;
use crate::learn::known::{Learnt, compare};
use crate::learn::offer::offered;
use crate::output::{print, say};
use crate::prompt::{self, Unasked};
use crate::run::{long_links, ssh_settings};
use mcom_credentials::PublicIdentity;
use mcom_driver::authority::{KnownHost, known_hosts};
use mcom_driver::ssh::SshClient;
use mcom_fleet::hostset::{HostSet, fold};
use mcom_fleet::planner::trees;
use mcom_model::{HostId, Plan};
use mcom_report::sanitise_line;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

/// Candidates for the first parent of a datacenter that are tried.
const CANDIDATES: usize = 3;

/// Collects, shows, asks and keeps. Returns the exit code.
pub fn learn(plan: &Plan, args: &PingArgs, settings: &Settings) -> Result<u8, CliError> {
    let ssh = ssh_settings(&long_links(&args.asked.ssh, settings), &plan.limits)?;
    let refused = |error: &dyn std::error::Error| CliError::new(ErrorKind::File, error.to_string());
    let known = known_hosts(&ssh, plan).map_err(|error| refused(&error))?;
    let client = SshClient::new(&ssh).map_err(|error| refused(&error))?;
    let folder = client.folder().to_path_buf();
    let collector = Collector { folder, connect_timeout: ssh.connect_timeout };
    let mut lesson = Lesson { plan, args, known, learnt: BTreeMap::new(), kept: BTreeSet::new() };
    let behind = lesson.first_round(&collector)?;
    lesson.second_round(&collector, &behind)?;
    client.close();
    print(&lesson.words())?;
    Ok(if lesson.learnt.values().all(is_well) { exit::OK } else { exit::SOME_UNREACHABLE })
}

struct Lesson<'a> {
    plan: &'a Plan,
    args: &'a PingArgs,
    known: Vec<Option<KnownHost>>,
    learnt: BTreeMap<HostId, Learnt>,
    kept: BTreeSet<HostId>,
}

impl Lesson<'_> {
    /// Those that are connected to from here. Returns the others, with the host that they are behind.
    fn first_round(&mut self, collector: &Collector) -> Result<Vec<(HostId, Vec<HostId>)>, CliError> {
        let mut behind = Vec::new();
        let mut from_here = Vec::new();
        for tree in trees(self.plan, &HostSet::default()) {
            match tree.parent {
                None => from_here.extend(tree.dc.members.iter().copied()),
                Some((first, _)) => behind.push((first, tree)),
            }
        }
        self.look(collector, &from_here);
        let mut heads = Vec::new();
        for (first, tree) in behind {
            let candidates = std::iter::once(first).chain(tree.next.iter().copied()).take(CANDIDATES);
            let head = candidates.into_iter().find(|&candidate| {
                self.look(collector, &[candidate]);
                self.learnt.get(&candidate).is_some_and(is_well)
            });
            let head = head.unwrap_or(first);
            let others = tree.dc.members.iter().copied().filter(|id| !self.learnt.contains_key(id)).collect();
            heads.push((head, others));
        }
        self.confirm()?;
        Ok(heads)
    }

    /// Those behind a parent, through it.
    fn second_round(&mut self, collector: &Collector, behind: &[(HostId, Vec<HostId>)]) -> Result<(), CliError> {
        for (head, others) in behind.iter().filter(|(_, others)| !others.is_empty()) {
            let host = self.plan.host(*head);
            let hosts: Vec<_> = others.iter().map(|&id| self.plan.host(id)).collect();
            let keys = match collector.gateway(host) {
                Ok(gateway) => collector.keys(&hosts, Some(&gateway)),
                Err(why) => vec![Err(format!("no connection through {}: {why}", host.name)); hosts.len()],
            };
            self.note(others, keys);
        }
        self.confirm()
    }

    fn look(&mut self, collector: &Collector, ids: &[HostId]) {
        let hosts: Vec<_> = ids.iter().map(|&id| self.plan.host(id)).collect();
        self.note(ids, collector.keys(&hosts, None));
    }

    fn note(&mut self, ids: &[HostId], keys: Vec<Shown>) {
        for (&id, key) in ids.iter().zip(keys) {
            let known = self.known[id.0 as usize].as_ref().map_or(&[][..], |known| known.keys.as_slice());
            self.learnt.insert(id, compare(known, key));
        }
    }

    /// Shows what is new, asks, and keeps it.
    fn confirm(&mut self) -> Result<(), CliError> {
        let new = self.unkept();
        if new.is_empty() {
            return Ok(());
        }
        let shown: Vec<(HostId, &PublicIdentity)> = new.iter().map(|(id, key)| (*id, key)).collect();
        say(&offered(self.plan, &shown));
        ask(self.args)?;
        let mut files: BTreeMap<(PathBuf, bool), Vec<String>> = BTreeMap::new();
        for (id, key) in &new {
            let known = self.known[id.0 as usize].as_ref();
            let Some((known, file)) = known.and_then(|known| known.file.clone().map(|file| (known, file))) else {
                let host = &self.plan.host(*id).name;
                return Err(CliError::new(ErrorKind::File, format!("ssh names no known_hosts file for {host}"))
                    .hint("see what it makes of its configuration: ssh -G HOST"));
            };
            let line = format!("{} {}", key.algorithm(), key.to_line().split(' ').nth(1).unwrap_or_default());
            files.entry((file, known.hashed)).or_default().push(format!("{} {line}", known.name));
            self.kept.insert(*id);
        }
        for ((file, hashed), lines) in files {
            keep(&file, &lines, hashed)?;
            let plural = if lines.len() == 1 { "" } else { "s" };
            say(&format!("kept {} key{plural} in {}\n", lines.len(), file.display()));
        }
        Ok(())
    }

    /// Hosts whose key is to be confirmed.
    fn unkept(&self) -> Vec<(HostId, PublicIdentity)> {
        let new = self.learnt.iter().filter_map(|(&id, learnt)| match learnt {
            Learnt::New(key) if !self.kept.contains(&id) => Some((id, key.clone())),
            _ => None,
        });
        new.collect()
    }

    /// What became of all hosts.
    fn words(&self) -> String {
        let mut text = String::new();
        for (word, is) in [("known", is_known as fn(&Learnt) -> bool), ("learnt", is_new)] {
            let hosts: Vec<&str> = self.names(is);
            if !hosts.is_empty() {
                let _ = writeln!(text, "{word} {}  {}", hosts.len(), fold(hosts.iter().copied()));
            }
        }
        for (&id, learnt) in &self.learnt {
            let host = &self.plan.host(id).name;
            match learnt {
                Learnt::Changed(key) => {
                    let known = self.known[id.0 as usize].as_ref();
                    let name = known.map_or(host, |known| &known.name);
                    let file = known.and_then(|known| known.file.as_ref());
                    let file = file.map_or_else(String::new, |file| format!(" -f '{}'", file.display()));
                    let shows = format!("{} {}", sanitise_line(key.algorithm().as_bytes()), key.fingerprint());
                    let _ = writeln!(text, "CHANGED  {host}  it shows {shows}, and is known by another key");
                    let again = format!("ssh-keygen -R '{name}'{file}; mcom ping --learn -h '{host}'");
                    let _ = writeln!(text, "    → find out why; where that is right: {again}");
                }
                Learnt::Silent(why) => {
                    let _ = writeln!(text, "UNREACHABLE  {host}  {}", sanitise_line(why.as_bytes()));
                }
                Learnt::Known | Learnt::New(_) => {}
            }
        }
        text
    }

    fn names(&self, is: fn(&Learnt) -> bool) -> Vec<&str> {
        let those = self.learnt.iter().filter(|(_, learnt)| is(learnt));
        those.map(|(&id, _)| self.plan.host(id).name.as_str()).collect()
    }
}

const fn is_known(learnt: &Learnt) -> bool {
    matches!(learnt, Learnt::Known)
}

const fn is_new(learnt: &Learnt) -> bool {
    matches!(learnt, Learnt::New(_))
}

const fn is_well(learnt: &Learnt) -> bool {
    is_known(learnt) || is_new(learnt)
}

/// Whether the keys are to be kept.
fn ask(args: &PingArgs) -> Result<(), CliError> {
    if args.yes {
        return Ok(());
    }
    let typed = prompt::line("keep them? (y/n) ").map_err(unasked)?;
    let error = match typed.to_ascii_lowercase().as_str() {
        "y" | "yes" => return Ok(()),
        "n" | "no" => "none of these was kept".to_owned(),
        _ => format!("`{}` is neither y nor n: none of these was kept", sanitise_line(typed.as_bytes())),
    };
    Err(CliError::new(ErrorKind::Refused, error))
}

fn unasked(why: Unasked) -> CliError {
    match why {
        Unasked::NoTerminal => CliError::new(ErrorKind::Refused, "nobody can be asked here: none of these was kept")
            .hint("run it at a terminal, or say that they are right: --yes"),
        Unasked::Interrupted => CliError::interrupted(),
        Unasked::Declined => CliError::new(ErrorKind::Refused, "nothing was typed: none of these was kept"),
    }
}
