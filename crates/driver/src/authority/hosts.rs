//! How parents reach each host, and by which keys it is known: from where ssh goes, and the files of known hosts.

use crate::authority::me::Me;
use crate::authority::targets::Target;
use crate::authority::tokens::{self, Tokens};
use mcom_credentials::KnownHosts;
use mcom_model::{Access, Plan};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What parents are told of each host, by its id.
pub(super) fn access(me: &Me, plan: &Plan, targets: &[Option<Target>]) -> Vec<Option<Box<Access>>> {
    let mut files = Files::default();
    let hosts = plan.hosts.iter().zip(targets);
    hosts
        .map(|(spec, target)| {
            let target = target.as_ref()?;
            let known = files.of(&Tokens { me, name: &spec.name, target });
            Some(Box::new(Access {
                keys: match &target.alias {
                    Some(alias) => known.keys_of_alias(alias),
                    None => known.keys_of(&target.hostname, target.port),
                },
                address: target.hostname.clone(),
                port: target.port,
                user: target.user.clone(),
                alias: target.alias.clone().unwrap_or_else(|| target.hostname.clone()),
            }))
        })
        .collect()
}

/// The files of known hosts, read once for all hosts that have the same.
#[derive(Default)]
struct Files {
    read: BTreeMap<Vec<PathBuf>, KnownHosts>,
    /// The lists without a token that differs between hosts.
    fixed: BTreeMap<Vec<String>, Vec<PathBuf>>,
}

impl Files {
    fn of(&mut self, tokens: &Tokens<'_>) -> &KnownHosts {
        let lists = &tokens.target.setup.known_hosts;
        let paths = match self.fixed.get(lists) {
            Some(paths) => paths.clone(),
            None => {
                let paths = paths(lists, tokens);
                if !lists.iter().any(|list| list.contains('%')) {
                    self.fixed.insert(lists.clone(), paths.clone());
                }
                paths
            }
        };
        self.read.entry(paths).or_insert_with_key(|paths| {
            let mut known = KnownHosts::default();
            for text in paths.iter().filter_map(|path| std::fs::read(path).ok()) {
                // Lines that cannot be read are passed over, as ssh does.
                let _ = known.read(&String::from_utf8_lossy(&text));
            }
            known
        })
    }
}

fn paths(lists: &[String], tokens: &Tokens<'_>) -> Vec<PathBuf> {
    let exists = |text: &str| tokens.path(text).is_some_and(|path| path.exists());
    let texts = lists.iter().flat_map(|list| tokens::paths(list, exists));
    texts.filter(|text| text != "none").filter_map(|text| tokens.path(&text)).collect()
}
