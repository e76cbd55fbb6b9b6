//! Keys that ssh-agent lets out to named destinations only, each hop of the way shown to it.

use crate::authority::stand::{RealAgent, login, prepared, relayed, settings};
use crate::bed::{Bed, spec};
use mcom_driver::ssh::SshClient;
use mcom_model::AskKind;
use mcom_testbed::Fleet;

/// An agent whose only key goes the ways that are named.
fn constrained(bed: &Bed, ways: &[&str]) -> RealAgent {
    let agent = RealAgent::start();
    let known = bed.fleet.dir().join("known_hosts");
    let key = bed.fleet.dir().join("client_key");
    let mut arguments = vec!["-H", known.to_str().unwrap()];
    arguments.extend(ways.iter().flat_map(|way| ["-h", way]));
    arguments.push(key.to_str().unwrap());
    agent.add(&arguments);
    agent
}

#[tokio::test]
async fn a_key_goes_every_planned_hop_and_no_other() {
    let bed = Bed::new(Fleet::builder().host("dc1", "a").host("dc1", "b").host("dc1", "c"));
    // The file would sign for whatever the agent does not.
    let key = bed.fleet.dir().join("client_key");
    let agent = constrained(&bed, &["a", "a>b", "b>c"]);
    std::fs::rename(&key, bed.fleet.dir().join("elsewhere")).unwrap();
    let settings = settings(&bed, &bed.fleet.ssh_config(), &[&agent.option()]);
    let mut authority = prepared(&settings, &relayed(&["a", "b", "c"])).unwrap();
    // The coordinator's own link to a, over its own agent: the first hop.
    let client = SshClient::with_agent(&settings.long, authority.agent_socket()).unwrap();
    let _a = client.connect(&spec("a")).await.unwrap();
    login(&bed, &mut authority, AskKind::Signature, 0, 1, "b").await.reached.unwrap();
    login(&bed, &mut authority, AskKind::Signature, 1, 2, "c").await.reached.unwrap();
    // Not from a: the plan says nothing against it, but the key does.
    let refused = login(&bed, &mut authority, AskKind::Signature, 0, 2, "c").await.reached.unwrap_err();
    assert!(format!("{refused:?}").contains("refused to sign"), "{refused:?}");
}
