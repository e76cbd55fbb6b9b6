//! By which keys hosts are known, as the real ssh's files and configuration say.

use crate::authority::stand::{keygen, prepared, relayed, run, settings};
use crate::bed::{Bed, one};
use mcom_driver::run::Authority;
use mcom_model::Access;
use std::path::Path;

/// A public key as a line of known_hosts has it.
fn key(folder: &Path, name: &str) -> String {
    let line = keygen(&folder.join(name), "").to_line();
    line.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

struct Stand {
    bed: Bed,
    folder: tempfile::TempDir,
}

impl Stand {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        keygen(&folder.path().join("client"), "");
        Self { bed: Bed::new(one()), folder }
    }

    /// What parents are told of hosts, by a configuration and a file of known hosts.
    fn access(&self, config: &str, known: &str, hosts: &[&str]) -> (Vec<Access>, Vec<String>) {
        let at = |name: &str| self.folder.path().join(name);
        std::fs::write(at("known"), known).unwrap();
        let (client, file) = (at("client"), at("known"));
        let common = format!(
            "Host *\n  IdentityAgent none\n  IdentityFile {}\n  UserKnownHostsFile {}\n  GlobalKnownHostsFile none\n",
            client.display(),
            file.display()
        );
        std::fs::write(at("config"), format!("{config}{common}")).unwrap();
        let authority = prepared(&settings(&self.bed, &at("config"), &[]), &relayed(hosts)).unwrap();
        let access = authority.handout().access.into_iter().map(|access| *access.unwrap()).collect();
        (access, authority.notices().to_vec())
    }
}

#[test]
fn keys_are_found_by_name_port_and_alias() {
    let stand = Stand::new();
    let keys = ["1", "2", "3", "4"].map(|name| key(stand.folder.path(), name));
    let known = format!(
        "web1,192.0.2.1 {}\n[web2]:2222 {}\nweb3 {}\n@revoked the-alias {}\n",
        keys[0], keys[1], keys[2], keys[3]
    );
    let config = "Host web2\n Port 2222\nHost web3\n Port 2223\nHost web4\n HostName 192.0.2.9\n HostKeyAlias the-alias\n\
                  Host web5\n HostName 192.0.2.1\n User five\n";
    let (access, _) = stand.access(config, &known, &["web1", "web2", "web3", "web4", "web5", "web6"]);
    let found: Vec<(&str, u16, Vec<&str>)> = access
        .iter()
        .map(|access| (access.address.as_str(), access.port, access.keys.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(found[0], ("web1", 22, vec![keys[0].as_str()]));
    assert_eq!(found[1], ("web2", 2222, vec![keys[1].as_str()]));
    assert_eq!(
        found[2],
        ("web3", 2223, vec![keys[2].as_str()]),
        "the key without a port counts where there is no other"
    );
    assert_eq!(found[3], ("192.0.2.9", 22, vec![format!("@revoked {}", keys[3]).as_str()]));
    assert_eq!(found[4], ("192.0.2.1", 22, vec![keys[0].as_str()]));
    assert_eq!(found[5].2, Vec::<&str>::new(), "nobody knows it");
    assert_eq!((access[3].alias.as_str(), access[4].alias.as_str()), ("the-alias", "192.0.2.1"));
    assert_eq!((access[4].user.as_str(), access[0].user.as_str()), ("five", run("id", &["-un"]).trim()));
}

#[test]
fn hashed_names_and_authorities_are_known() {
    let stand = Stand::new();
    let [plain, ca] = ["plain", "ca"].map(|name| key(stand.folder.path(), name));
    let file = stand.folder.path().join("hashed");
    std::fs::write(&file, format!("web1 {plain}\n")).unwrap();
    run("ssh-keygen", &["-q", "-H", "-f", file.to_str().unwrap()]);
    let hashed = std::fs::read_to_string(&file).unwrap();
    assert!(hashed.starts_with("|1|"), "{hashed}");
    let known = format!("{hashed}this line says nothing\n@cert-authority web*,!web9 {ca}\n");
    let (access, _) = stand.access("", &known, &["web1", "web2", "web9"]);
    let authority = format!("@cert-authority {ca}");
    assert_eq!(access[0].keys, [plain, authority.clone()]);
    assert_eq!(access[1].keys, [authority]);
    assert_eq!(access[2].keys, Vec::<String>::new());
}

#[test]
fn files_may_be_named_by_host() {
    let stand = Stand::new();
    let [a, b] = ["a", "b"].map(|name| key(stand.folder.path(), name));
    for (name, key) in [("web1", &a), ("web2", &b)] {
        std::fs::write(stand.folder.path().join(format!("known_{name}")), format!("{name} {key}\n")).unwrap();
    }
    let config = format!("UserKnownHostsFile {}/known_%n\n", stand.folder.path().display());
    let (access, _) = stand.access(&config, "", &["web1", "web2"]);
    assert_eq!((&access[0].keys[..], &access[1].keys[..]), (&[a][..], &[b][..]));
}

#[test]
fn what_else_ssh_may_look_at_for_host_keys_is_not_and_that_is_said() {
    let stand = Stand::new();
    for option in ["KnownHostsCommand", "RevokedHostKeys"] {
        let (_, notices) = stand.access(&format!("{option} /bin/false\n"), "", &["web1", "web2"]);
        assert!(notices.iter().any(|notice| notice.contains(option)), "{notices:?}");
    }
}

#[test]
fn an_inventory_address_is_known_by_the_hosts_name() {
    let stand = Stand::new();
    let one = key(stand.folder.path(), "one");
    let known = stand.folder.path().join("known");
    std::fs::write(&known, format!("web1 {one}\n")).unwrap();
    let config = stand.folder.path().join("config");
    let client = stand.folder.path().join("client");
    let text = format!(
        "Port 7\nIdentityAgent none\nIdentityFile {}\nUserKnownHostsFile {}\n",
        client.display(),
        known.display()
    );
    std::fs::write(&config, text).unwrap();
    let mut plan = relayed(&["web1", "web2"]);
    plan.hosts[0].address = Some("192.0.2.1".into());
    plan.hosts[0].port = Some(2222);
    plan.hosts[0].user = Some("ops".into());
    let authority = prepared(&settings(&stand.bed, &config, &[]), &plan).unwrap();
    let access = authority.handout().access[0].clone().unwrap();
    let expected =
        Access { address: "192.0.2.1".into(), port: 2222, user: "ops".into(), alias: "web1".into(), keys: vec![one] };
    assert_eq!(*access, expected);
}
