//! Whole runs whose parents hold no key: the questions go up the tree, and somebody at its top signs.

use crate::bed::Bed;
use crate::lending::stand::{access, operators_key, sign};
use crate::order::{Kept, command, plan, start};
use bytes::Bytes;
use mcom_credentials::PrivateIdentity;
use mcom_driver::link::{Connector, Granted};
use mcom_driver::run::{Authority, Granting, Order, Start, coordinate};
use mcom_engine::tree::{Asked, Handout};
use mcom_model::{Access, Credentials, HostEvent, Outcome, ReasonKind, Verdict};
use mcom_testbed::{Fleet, FleetBuilder};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::channel;

/// Signs with the operator's key what the rules allow.
struct Signer {
    key: PrivateIdentity,
    access: Vec<Access>,
    granted: BTreeMap<u32, Granted>,
}

impl Authority for Signer {
    fn handout(&self) -> Handout {
        let access = self.access.iter().map(|access| Some(Box::new(access.clone()))).collect();
        Handout { identities: vec![self.key.public().to_line()], access }
    }

    fn judge(&mut self, asked: &Asked) -> Verdict {
        match sign(&self.key, &self.access[asked.child.0 as usize], &asked.bind, &asked.request) {
            Ok(signature) => {
                self.granted.insert(asked.ticket, Ok(signature));
                Verdict::Granted { user: String::new(), key: String::new(), host_key: None }
            }
            Err(reason) => Verdict::Refused { reason },
        }
    }

    fn grant(&mut self, ticket: u32) -> Granting {
        let granted: Granted = self.granted.remove(&ticket).unwrap_or(Ok(Bytes::new()));
        Box::pin(async { granted })
    }
}

/// Nothing that parents use but for where their children are, which it does not say.
const OF_NO_USE: &str =
    "Host *\n  User nobody\n  IdentityFile none\n  UserKnownHostsFile /dev/null\n  ProxyCommand false\n";

/// Runs a command on hosts of one datacenter. Parents get an `ssh_config` that is of no use.
async fn run(builder: FleetBuilder, hosts: &[&str], width: u32, credentials: Credentials) -> (Bed, Kept) {
    let bed = Bed::new(builder);
    let mut plan = plan(&[("dc1", hosts)], width);
    plan.credentials = credentials;
    let (mut spec, blobs) = command("echo hello from $MCOM_HOST");
    (spec.shape, spec.credentials) = (plan.shape, credentials);
    let config = bed.fleet.dir().join("of_no_use");
    std::fs::write(&config, OF_NO_USE).unwrap();
    spec.inner.config = Some(config.display().to_string());
    spec.limits.connect_timeout_ms = 10_000;
    let order = Order { plan: &plan, start: Start::New(start(&plan, &spec)), spec, blobs, password: None };
    let access = hosts.iter().map(|host| access(&bed.fleet, host)).collect();
    let mut signer = Signer { key: operators_key(&bed.fleet), access, granted: BTreeMap::new() };
    let connector = Arc::new(Connector::Ssh { client: Arc::clone(&bed.client), nodes: bed.nodes.clone() });
    let (_operator, mut control) = channel(1);
    let mut kept = Kept::default();
    let run = coordinate(connector, order, Some(&mut signer), &mut kept, &mut control);
    tokio::time::timeout(Duration::from_secs(120), run).await.expect("the run ends");
    (bed, kept)
}

fn three() -> FleetBuilder {
    ["a1", "a2", "a3"].into_iter().fold(Fleet::builder(), |builder, name| builder.host("dc1", name))
}

fn by_transit(kept: &Kept) -> Vec<(u32, ReasonKind)> {
    let transits = kept.said().filter_map(|(id, said)| match said {
        HostEvent::Transit { reason } => Some((id, reason.kind)),
        _ => None,
    });
    transits.collect()
}

#[tokio::test]
async fn parents_without_keys_reach_their_children_at_every_level() {
    let (bed, kept) = run(three(), &["a1", "a2", "a3"], 1, Credentials::Relay).await;
    for (id, name) in [(0, "a1"), (1, "a2"), (2, "a3")] {
        assert_eq!(kept.printed(id), format!("hello from {name}\n").as_bytes());
        assert_eq!(bed.fleet.logins(name).unwrap(), 1, "{name}");
    }
    assert_eq!(by_transit(&kept), []);
    let by = |host| {
        kept.said().find_map(|(id, said)| match said {
            HostEvent::Linked { by, .. } if id == host => by.map(|by| by.0),
            _ => None,
        })
    };
    assert_eq!([by(1), by(2)], [Some(0), Some(1)]);
}

#[tokio::test]
async fn an_old_sshd_is_reached_by_transit_where_that_may_be() {
    let old = || three().with("a3", |host| host.old_sshd());
    let (_bed, kept) = run(old(), &["a1", "a2", "a3"], 32, Credentials::Auto).await;
    for (id, name) in [(0, "a1"), (1, "a2"), (2, "a3")] {
        assert_eq!(kept.printed(id), format!("hello from {name}\n").as_bytes());
    }
    assert_eq!(by_transit(&kept), [(2, ReasonKind::RelayImpossible)]);
    let (bed, kept) = run(old(), &["a1", "a2", "a3"], 32, Credentials::Relay).await;
    let Outcome::Refused { reason } = kept.ended(2).0 else { panic!("{:?}", kept.ended(2)) };
    assert_eq!(reason.kind, ReasonKind::RelayImpossible);
    assert_eq!((by_transit(&kept), bed.fleet.logins("a3").unwrap()), (vec![], 0));
}

#[tokio::test]
async fn a_parent_with_an_old_ssh_lets_all_its_children_go_by_transit() {
    let says_so = "case $1 in -V) echo OpenSSH_8.4p1, OpenSSL 1.1.1k >&2;; *) exit 255;; esac";
    let silent = three().with("a1", |host| host.old_ssh());
    let honest = three().with("a1", |host| host.command("ssh", says_so));
    for builder in [silent, honest] {
        let (_bed, kept) = run(builder, &["a1", "a2", "a3"], 32, Credentials::Auto).await;
        for (id, name) in [(0, "a1"), (1, "a2"), (2, "a3")] {
            assert_eq!(kept.printed(id), format!("hello from {name}\n").as_bytes());
        }
        let mut transits = by_transit(&kept);
        transits.sort_by_key(|(id, _)| *id);
        assert_eq!(transits, [(1, ReasonKind::RelayImpossible), (2, ReasonKind::RelayImpossible)]);
    }
}
