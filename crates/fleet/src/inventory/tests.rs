//! Inventories as files would have them.

use super::*;
use crate::dc::DcRules;
use crate::pattern::SourceError;

fn inventories(text: &str) -> Inventories {
    Inventories::new(vec![parse("fleet", "fleet.toml", text).unwrap()])
}

fn refused(text: &str) -> String {
    parse("fleet", "fleet.toml", text).unwrap_err().to_string()
}

const FLEET: &str = r#"
[[hosts]]
pattern = "*"
user = "ops"
[[hosts]]
pattern = "mail[1-100]-(dc1|dc2)"
groups = ["mail"]
address = "%h.example.net"
[[hosts]]
pattern = "mail1-dc1"
user = "root"
weight = 5
groups = ["first"]
[groups]
pair = ["mail1-dc1", "db1.dc3.example.net"]
ones = "mail1-*"
"#;

#[test]
fn later_entries_win_attribute_by_attribute() {
    let fleet = inventories(FLEET);
    let first = fleet.attributes("mail1-dc1");
    assert_eq!((first.user.as_deref(), first.weight), (Some("root"), Some(5)));
    assert_eq!(first.address.as_deref(), Some("mail1-dc1.example.net"));
    assert_eq!(fleet.attributes("mail2-dc1").user.as_deref(), Some("ops"));
    assert_eq!(fleet.attributes("mail101-dc1").address, None);
}

#[test]
fn groups_of_entries_and_named_groups() {
    let fleet = inventories(FLEET);
    let group = |source, name| fleet.group(source, name, &DcRules::default());
    assert_eq!(group(None, "mail").unwrap().len(), 200);
    assert_eq!(group(Some("fleet"), "first").unwrap(), ["mail1-dc1"]);
    assert_eq!(group(None, "pair").unwrap(), ["mail1-dc1", "db1.dc3.example.net"]);
    assert_eq!(group(None, "ones").unwrap(), ["mail1-dc1", "mail1-dc2"]);
    assert_eq!(fleet.names().unwrap().len(), 201);
}

#[test]
fn a_datacenter_is_a_group_by_whatever_rule_found_it() {
    let fleet = inventories(FLEET);
    let dc = |name| fleet.group(None, name, &DcRules::default());
    assert_eq!(dc("dc=dc2").unwrap().len(), 100);
    assert_eq!(dc("dc=dc3").unwrap(), ["db1.dc3.example.net"]);
    let known = ["dc=dc1", "dc=dc2", "dc=dc3"].map(str::to_owned).to_vec();
    assert_eq!(dc("dc=dc9"), Err(SourceError::Unknown { known }));
}

#[test]
fn unknown_groups_name_those_that_there_are() {
    let fleet = inventories(FLEET);
    let known = ["first", "mail", "ones", "pair"].map(str::to_owned).to_vec();
    assert_eq!(fleet.group(None, "mial", &DcRules::default()), Err(SourceError::Unknown { known }));
    let known = ["fleet:first", "fleet:mail", "fleet:ones", "fleet:pair"].map(str::to_owned).to_vec();
    assert_eq!(fleet.group(Some("other"), "mail", &DcRules::default()), Err(SourceError::Unknown { known }));
    assert_eq!(Inventories::default().group(None, "mail", &DcRules::default()), Err(SourceError::NoInventory));
}

#[test]
fn of_two_files_the_later_wins_and_both_have_groups() {
    let a = parse("a", "a.toml", "[[hosts]]\npattern='web1'\ngroups=['web']\nport=1\nuser='x'\n").unwrap();
    let b = parse("b", "b.toml", "[[hosts]]\npattern='web[1-2]'\ngroups=['web']\nport=2\n").unwrap();
    let both = Inventories::new(vec![a, b]);
    assert_eq!((both.attributes("web1").port, both.attributes("web1").user.as_deref()), (Some(2), Some("x")));
    let rules = DcRules::default();
    assert_eq!(both.group(Some("a"), "web", &rules).unwrap(), ["web1"]);
    assert_eq!(both.group(None, "web", &rules).unwrap(), ["web1", "web1", "web2"]);
}

#[test]
fn a_million_hosts_are_not_expanded_to_know_one() {
    let fleet = inventories("[[hosts]]\npattern='node[1-1000000]'\nport=2200\n");
    assert_eq!(fleet.attributes("node999999").port, Some(2200));
    assert!(fleet.names.get().is_none(), "nobody asked for the names");
}

#[test]
fn errors_point_at_their_place() {
    let unknown = refused("[[hosts]]\npattern = 'a'\ngroup = ['x']\n");
    assert_eq!(unknown, "fleet.toml:3:1: unknown key `group` in [[hosts]]: did you mean `groups`?");
    let missing = refused("\n[[hosts]]\ndc = 'a'\n");
    assert_eq!(missing, "fleet.toml:2:1: an entry of [[hosts]] needs a pattern: pattern = \"mail[1-10]-dc1\"");
    let user = refused("[[hosts]]\npattern = 'root@a'\n");
    assert_eq!(
        user,
        "fleet.toml:2:11: `root@a` names a user or a port: write user = \"...\" and port = ... in the entry"
    );
    let reference = refused("[[hosts]]\npattern = '@mail'\n");
    assert!(reference.starts_with("fleet.toml:2:11: `@mail` refers to something else"), "{reference}");
    let option = refused("[[hosts]]\npattern = 'a'\naddress = '-oProxyCommand=x'\n");
    assert_eq!(option, "fleet.toml:3:11: `-oProxyCommand=x` cannot be the `address` of a host");
    let pattern = refused("[[hosts]]\npattern = 'mail[10-1]'\n");
    assert!(pattern.starts_with("fleet.toml:2:11: "), "{pattern}");
    let group = refused("[groups]\n'a:b' = 'web1'\n");
    assert!(group.starts_with("fleet.toml:2:1: `a:b` cannot be the name of a group"), "{group}");
}

#[test]
fn credentials_are_one_of_the_ways() {
    let fleet = inventories("[[hosts]]\npattern = 'a'\ncredentials = 'transit'\n");
    assert_eq!(fleet.attributes("a").credentials, Some(mcom_model::Credentials::Transit));
    assert_eq!(
        refused("[[hosts]]\npattern = 'a'\ncredentials = 'agent'\n"),
        "fleet.toml:3:15: `credentials` is 'agent', and must be one of auto, relay, transit, certificate, own"
    );
}
