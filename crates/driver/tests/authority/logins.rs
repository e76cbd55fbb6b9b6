//! Parents that log in with what the operator's authority signs.

use crate::authority::stand::{RealAgent, answer, asked, login, nonsense, prepared, relayed, settings};
use crate::bed::Bed;
use mcom_driver::run::Authority;
use mcom_model::{AskKind, Credentials, ReasonKind, Verdict};
use mcom_testbed::Fleet;

fn three() -> Bed {
    Bed::new(Fleet::builder().host("dc1", "a").host("dc1", "b").host("dc1", "c"))
}

#[tokio::test]
async fn a_key_file_signs_for_a_child_and_nothing_twice() {
    let bed = three();
    let plan = relayed(&["a", "b", "c"]);
    let mut authority = prepared(&settings(&bed, &bed.fleet.ssh_config(), &[]), &plan).unwrap();
    assert_eq!(authority.agent_socket(), None, "a key without a passphrase needs no agent");
    let there = login(&bed, &mut authority, AskKind::Signature, 0, 1, "b").await;
    there.reached.unwrap();
    let [Verdict::Granted { user, key, host_key: Some(host_key) }] = &there.verdicts[..] else {
        panic!("{:?}", there.verdicts)
    };
    assert_eq!(*user, authority.handout().access[1].as_ref().unwrap().user);
    assert!(key.starts_with("SHA256:") && host_key.starts_with("SHA256:"));
    let (_, again) = answer(&mut authority, &asked(900, 0, 1, &there.said[0]));
    let again = again.unwrap_err();
    assert!(again.kind == ReasonKind::CredentialRefused && again.text.contains("signed before"), "{again:?}");
    let (_, elsewhere) = answer(&mut authority, &asked(901, 0, 2, &there.said[0]));
    assert!(elsewhere.unwrap_err().text.contains("not known for this host"), "the session is one of b");
    let (_, nothing) = answer(&mut authority, &asked(902, 0, 1, &nonsense()));
    assert_eq!(nothing.unwrap_err().kind, ReasonKind::CredentialRefused);
}

#[tokio::test]
async fn a_ticket_is_granted_once_and_only_after_it_was_judged() {
    let bed = three();
    let mut authority = prepared(&settings(&bed, &bed.fleet.ssh_config(), &[]), &relayed(&["a", "b", "c"])).unwrap();
    assert!(authority.grant(1).await.is_err());
    let there = login(&bed, &mut authority, AskKind::Signature, 0, 1, "b").await;
    assert!(there.reached.is_ok() && authority.grant(10).await.is_err());
}

#[tokio::test]
async fn what_the_plan_says_otherwise_is_refused() {
    let bed = three();
    let mut plan = relayed(&["a", "b", "c"]);
    plan.hosts[2].credentials = Some(Credentials::Own);
    let mut authority = prepared(&settings(&bed, &bed.fleet.ssh_config(), &[]), &plan).unwrap();
    assert!(authority.handout().access[2].is_none());
    let there = login(&bed, &mut authority, AskKind::Signature, 0, 1, "b").await;
    let mut refused = |child, kind| {
        let asked = asked(1, 0, child, &(kind, there.said[0].1.clone(), there.said[0].2.clone()));
        let Verdict::Refused { reason } = authority.judge(&asked) else { panic!("granted") };
        reason.text
    };
    assert!(refused(2, AskKind::Signature).contains("lets no parent log in"));
    assert!(refused(1, AskKind::Certificate).contains("in another way"));
    assert!(refused(7, AskKind::Signature).contains("lets no parent log in"), "a host that is none of the plan");
}

#[tokio::test]
async fn the_operators_agent_signs() {
    let bed = three();
    let agent = RealAgent::start();
    agent.add(&[bed.fleet.dir().join("client_key").to_str().unwrap()]);
    let options = [&agent.option()[..], "IdentityFile=none"];
    let settings = settings(&bed, &bed.fleet.ssh_config(), &[options[0], "IdentitiesOnly=no"]);
    let mut authority = prepared(&settings, &relayed(&["a", "b", "c"])).unwrap();
    assert!(authority.agent_socket().is_some());
    login(&bed, &mut authority, AskKind::Signature, 0, 2, "c").await.reached.unwrap();
}

#[tokio::test]
async fn an_agent_that_refuses_or_is_gone_is_named() {
    let bed = three();
    let mut agent = RealAgent::start();
    agent.add(&[bed.fleet.dir().join("client_key").to_str().unwrap()]);
    let settings = settings(&bed, &bed.fleet.ssh_config(), &[&agent.option()]);
    let mut authority = prepared(&settings, &relayed(&["a", "b", "c"])).unwrap();
    agent.add(&["-D"]);
    let failed = |login: &crate::authority::stand::Login| match &login.reached {
        Err(mcom_engine::tree::LinkFailure::Refused(reason) | mcom_engine::tree::LinkFailure::Unreachable(reason)) => {
            assert_eq!(reason.kind, ReasonKind::AgentRefused);
            reason.text.clone()
        }
        Ok(_) => panic!("it signed"),
    };
    let refused = login(&bed, &mut authority, AskKind::Signature, 0, 1, "b").await;
    assert!(failed(&refused).contains("refused to sign"), "{}", failed(&refused));
    agent.end();
    let gone = login(&bed, &mut authority, AskKind::Signature, 0, 2, "c").await;
    assert!(failed(&gone).contains("does not answer"), "{}", failed(&gone));
}
