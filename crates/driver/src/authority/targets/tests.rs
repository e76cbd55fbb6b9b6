//! Against what real ssh says about each host by itself.

use super::*;
use crate::authority::me::Me;
use mcom_model::{Credentials, DcRule, PlanRequest, PlannedDc, RunLimits, TreeShape};
use std::fmt::Write as _;

fn host(name: &str) -> HostSpec {
    HostSpec { name: name.into(), dc: 0, address: None, port: None, user: None, weight: 1, credentials: None }
}

fn plan(hosts: Vec<HostSpec>) -> Plan {
    let members = (0..u32::try_from(hosts.len()).unwrap()).map(HostId).collect();
    Plan {
        version: Plan::VERSION,
        request: PlanRequest::default(),
        hosts,
        datacenters: vec![PlannedDc { name: "dc1".into(), rule: DcRule::None, members, fanout: None }],
        shape: TreeShape { width: 32, depth: None },
        credentials: Credentials::Auto,
        payload: None,
        limits: RunLimits::default(),
    }
}

/// Host name, port, user and alias.
type Found = Option<(String, u16, String, Option<String>)>;

/// Where real ssh goes for these hosts, and how many questions that took.
fn looked(config: &str, hosts: Vec<HostSpec>) -> (Vec<Found>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    std::fs::write(&file, config).unwrap();
    let scan = Scan::read(config, &Me::read());
    let plan = plan(hosts);
    let wanted: Vec<HostId> = plan.host_ids().collect();
    let prober = Prober { config: file };
    let targets = look(&prober, &scan, &plan, &wanted).unwrap();
    // Each by itself is what ssh would really do.
    let specs: Vec<&HostSpec> = plan.hosts.iter().collect();
    for ((target, answer), spec) in targets.list.iter().zip(prober.ask(&specs).unwrap()).zip(specs) {
        let Ok(answer) = answer else { continue };
        let target = target.as_ref().unwrap();
        let [hostname, port, user, alias] = answer.place;
        assert_eq!(Some(&target.hostname), hostname.as_ref(), "{spec:?}");
        assert_eq!(Some(target.port.to_string()), port, "{spec:?}");
        assert_eq!((Some(&target.user), &target.alias), (user.as_ref(), &alias), "{spec:?}");
        assert_eq!(*target.setup, answer.setup, "{spec:?}");
    }
    let (groups, alone) = groups(&scan, &plan, &wanted);
    let asked = groups.iter().map(|group| probes(group).len()).sum::<usize>() + alone.len();
    let list = targets.list.into_iter();
    let list = list.map(|target| target.map(|it| (it.hostname, it.port, it.user, it.alias)));
    (list.collect(), asked)
}

fn named(prefix: &str, count: usize) -> Vec<HostSpec> {
    (1..=count).map(|number| host(&format!("{prefix}{number}"))).collect()
}

#[test]
fn hosts_that_nothing_is_said_about_take_two_questions() {
    let (found, asked) = looked("User ops\n", named("web", 40));
    assert_eq!(asked, 2);
    assert_eq!(found[6], Some(("web7".into(), 22, "ops".into(), None)));
}

#[test]
fn a_name_within_a_text_is_found_for_all() {
    let config = "Host web*\n HostName %h.example.net\n Port 2222\nHost *\n User ops\n";
    let (found, asked) = looked(config, named("web", 40));
    assert_eq!(asked, 2);
    assert_eq!(found[39], Some(("web40.example.net".into(), 2222, "ops".into(), None)));
}

#[test]
fn blocks_of_single_hosts_take_as_many_questions_as_they_have_forms() {
    let mut config = "Host web9\n  ProxyJump bastion\nMatch originalhost web1*\n  User first\n".to_owned();
    for number in 1..=40 {
        let user = if number % 2 == 0 { "  User even\n" } else { "" };
        let _ = write!(config, "Host web{number}\n  HostName 192.0.2.{number}\n  Port {}\n{user}", 2200 + number % 7);
    }
    config.push_str("Host *\n  User ops\n");
    let (found, asked) = looked(&config, named("web", 40));
    assert!(asked <= 14, "{asked}");
    assert_eq!(found[20], Some(("192.0.2.21".into(), 2200, "ops".into(), None)));
    assert_eq!(found[21], Some(("192.0.2.22".into(), 2201, "even".into(), None)));
    assert_eq!(found[11].as_ref().unwrap().2, "first", "what stands before the host's own block wins");
}

#[test]
fn the_inventory_stands_before_the_configuration() {
    let mut hosts = named("web", 9);
    for (number, host) in (1..).zip(&mut hosts) {
        host.address = Some(format!("192.0.2.{number}"));
        host.port = Some(2200 + number);
        host.user = Some(if number == 3 { "three".into() } else { "ops".into() });
    }
    let (found, asked) = looked("Port 7\nUser nobody\nHost *\n HostKeyAlias x\n HostName y\n", hosts);
    assert!(asked <= 3, "{asked}");
    assert_eq!(found[2], Some(("192.0.2.3".into(), 2203, "three".into(), Some("web3".into()))));
}

#[test]
fn where_no_rule_shows_each_host_is_asked_about() {
    // The name decides behind the configuration's back.
    let config = "Match exec \"case %n in web3) exit 0;; esac; exit 1\"\n  Port 33\nHost *\n  User ops\n";
    let (found, asked) = looked(config, named("web", 4));
    assert_eq!(asked, 4);
    assert_eq!(found[2].as_ref().unwrap().1, 33);
}

#[test]
fn a_host_that_ssh_does_not_take_is_left_out_alone() {
    let mut hosts = named("web", 3);
    hosts.insert(0, host("we;b"));
    let (found, _) = looked("User ops\n", hosts);
    assert!(found[0].is_none() && found[1..].iter().all(Option::is_some));
}

#[test]
fn names_in_capitals_are_what_ssh_makes_of_them() {
    looked("Host web*\n Port 1\nHost WEB*\n Port 2\n", vec![host("WEB1"), host("web1"), host("Web1")]);
}
