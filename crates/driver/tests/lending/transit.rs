//! Transit: hosts that are logged in on through another one.

use crate::bed::{Bed, one, spec};
use crate::lending::stand::{reach_with, refused, unreachable};
use mcom_driver::link::{ChildLink, Connector, Target};
use mcom_driver::ssh::{SshClient, SshSettings};
use mcom_engine::tree::{LinkFailure, Reach};
use mcom_model::ReasonKind;
use mcom_testbed::{Fleet, FleetBuilder};
use std::sync::Arc;
use std::time::Duration;

fn gateway_and_two() -> FleetBuilder {
    Fleet::builder().host("dc1", "gw").host("dc1", "a").host("dc1", "b")
}

async fn link(bed: &Bed, host: &str, reach: Reach) -> Result<ChildLink, LinkFailure> {
    let connector = Connector::Ssh { client: Arc::clone(&bed.client), nodes: bed.nodes.clone() };
    let target = Target { host: spec(host), reach };
    reach_with(connector, target, |_| panic!("nobody is asked")).await.0.map(|(_, link)| link)
}

fn through_gw() -> Reach {
    Reach::Through(Box::new(spec("gw")))
}

#[tokio::test]
async fn one_connection_to_the_gateway_serves_all_that_go_through_it() {
    let bed = Bed::new(gateway_and_two());
    let (a, b) = tokio::join!(link(&bed, "a", through_gw()), link(&bed, "b", through_gw()));
    let (a, b) = (a.unwrap(), b.unwrap());
    let logins = |host| bed.fleet.logins(host).unwrap();
    assert_eq!((logins("gw"), logins("a"), logins("b")), (1, 1, 1));
    tokio::join!(a.close(), b.close());
    // Nobody goes through it any more: it was closed, and the next one begins anew.
    link(&bed, "a", through_gw()).await.unwrap().close().await;
    assert_eq!(logins("gw"), 2);
}

#[tokio::test]
async fn the_gateways_own_link_is_shared_and_may_end_first() {
    let bed = Bed::new(gateway_and_two());
    let own = link(&bed, "gw", Reach::Own).await.unwrap();
    let a = link(&bed, "a", through_gw()).await.unwrap();
    own.close().await;
    let b = link(&bed, "b", through_gw()).await.unwrap();
    assert_eq!(bed.fleet.logins("gw").unwrap(), 1);
    tokio::join!(a.close(), b.close());
}

#[tokio::test]
async fn a_connection_to_the_gateway_that_broke_is_made_again() {
    let bed = Bed::new(gateway_and_two());
    let own = bed.client.connect(&spec("gw")).await.unwrap();
    bed.fleet.cut_links("gw").unwrap();
    while own.command("true").await.is_ok() {}
    let a = link(&bed, "a", through_gw()).await.unwrap();
    assert_eq!(bed.fleet.logins("gw").unwrap(), 2);
    a.close().await;
}

#[tokio::test]
async fn a_gateway_that_forwards_nothing_is_named() {
    for line in ["AllowTcpForwarding no", "DisableForwarding yes", "PermitOpen none"] {
        let bed = Bed::new(gateway_and_two().with("gw", |host| host.sshd_config(line)));
        let reason = refused(link(&bed, "a", through_gw()).await);
        assert_eq!(reason.kind, ReasonKind::ForwardingRefused, "{line}: {reason}");
        assert!(reason.text.contains("sshd of gw"), "{reason}");
        assert_eq!(bed.fleet.connections("a").unwrap(), 0);
    }
}

#[tokio::test]
async fn a_gateway_that_cannot_be_reached_is_a_lost_parent_for_all_that_wait_for_it() {
    let bed = Bed::new(gateway_and_two().with("gw", |host| host.down()));
    let (a, b) = tokio::join!(link(&bed, "a", through_gw()), link(&bed, "b", through_gw()));
    for reached in [a, b] {
        let reason = unreachable(reached);
        assert_eq!(reason.kind, ReasonKind::ParentLost);
        assert!(reason.text.starts_with("the parent gw: ") && reason.text.contains("refused"), "{reason}");
    }
}

#[tokio::test]
async fn a_host_behind_the_gateway_fails_for_its_own_reasons() {
    let builder = gateway_and_two().with("a", |host| host.down()).with("b", |host| host.hanging());
    let bed = Bed::with_options(builder, &[], Duration::from_secs(2));
    let (a, b) = tokio::join!(link(&bed, "a", through_gw()), link(&bed, "b", through_gw()));
    let reason = unreachable(a);
    assert_eq!(reason.kind, ReasonKind::ConnectionRefused, "{reason}");
    assert!(reason.text.starts_with("from gw: connect failed"), "{reason}");
    let reason = unreachable(b);
    assert_eq!(reason.kind, ReasonKind::ConnectTimeout, "{reason}");
    assert!(!reason.text.contains("UNKNOWN"), "{reason}");
}

#[tokio::test]
async fn host_keys_are_looked_up_as_without_a_gateway() {
    let bed = Bed::new(gateway_and_two());
    let known = bed.fleet.dir().join("known_hosts");
    let lines = std::fs::read_to_string(&known).unwrap();
    let key = |host: &str| lines.lines().find(|line| line.starts_with(host)).unwrap().split_once(' ').unwrap().1;
    let (unknown, changed) = (lines.replace("a,[", "other,["), lines.replace(key("a,["), key("gw,[")));
    std::fs::write(&known, unknown).unwrap();
    assert_eq!(unreachable(link(&bed, "a", through_gw()).await).kind, ReasonKind::HostKeyUnknown);
    std::fs::write(&known, changed).unwrap();
    assert_eq!(refused(link(&bed, "a", through_gw()).await).kind, ReasonKind::HostKeyChanged);
}

#[tokio::test]
async fn the_way_to_the_gateway_is_the_operators_and_the_way_on_is_not() {
    let bed = Bed::new(one().host("dc1", "gw").host("dc1", "jump"));
    let config = bed.fleet.dir().join("operators");
    let theirs = bed.fleet.ssh_config();
    let jumps = "Host gw\n  ProxyJump jump\nHost a\n  ProxyJump nobody.invalid\nHost *\n";
    std::fs::write(&config, format!("{jumps}Include {}\n", theirs.display())).unwrap();
    let connect_timeout = Duration::from_secs(10);
    let client = SshClient::new(&SshSettings { config: Some(config), options: vec![], connect_timeout }).unwrap();
    client.connect_through(&spec("gw"), &spec("a")).await.unwrap();
    let logins = |host| bed.fleet.logins(host).unwrap();
    assert_eq!((logins("jump"), logins("gw"), logins("a")), (1, 1, 1));
}
