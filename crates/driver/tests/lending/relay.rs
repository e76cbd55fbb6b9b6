//! Relay: a parent without keys, whose logins somebody else signs.

use crate::bed::{Bed, one};
use crate::lending::stand::{Parent, access, make_key, operators_key, refused, sign, unreachable};
use mcom_model::{Access, AskKind, Reason, ReasonKind};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};

#[tokio::test]
async fn a_login_that_is_signed_above_makes_a_link_and_leaves_nothing() {
    let bed = Bed::new(one());
    let key = operators_key(&bed.fleet);
    let access = access(&bed.fleet, "a");
    let parent = Parent::new(&bed, &[&key], &[]);
    let folder = parent.client.folder().to_owned();
    let mut seen = Vec::new();
    let (reached, asked) = parent
        .reach("a", AskKind::Signature, Some(access.clone()), |(_, bind, request)| {
            // What stands there while ssh waits for its signature; who asks is the only one who may.
            for entry in std::fs::read_dir(folder.join("0.d")).unwrap().map(Result::unwrap) {
                let kind = if entry.file_type().unwrap().is_socket() { "socket" } else { "file" };
                let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
                seen.push(format!("{} {kind} {mode:o}", entry.file_name().display()));
            }
            sign(&key, &access, bind, request)
        })
        .await;
    let (hello, link) = reached.unwrap();
    assert_eq!(hello.node, bed.nodes.first());
    assert_eq!(asked.len(), 1, "one question for each login");
    seen.sort();
    assert_eq!(seen, ["config file 600", "known_hosts file 600"], "the socket is gone as soon as ssh has it");
    link.close().await;
    parent.client.close();
    assert_eq!(parent.left(), [""; 0]);
}

#[tokio::test]
async fn the_keys_of_the_parent_itself_are_never_tried() {
    let bed = Bed::new(one());
    let unknown = make_key(bed.fleet.dir(), "unknown");
    let access = access(&bed.fleet, "a");
    let own = format!("IdentityFile={}", bed.fleet.dir().join("client_key").display());
    let parent = Parent::new(&bed, &[&unknown], &[&own]);
    // They would do.
    drop(parent.client.connect(&crate::bed::spec("a")).await.unwrap());
    let before = bed.fleet.logins("a").unwrap();
    let (reached, asked) = parent.reach("a", AskKind::Signature, Some(access), |_| panic!("nothing to sign")).await;
    assert_eq!(unreachable(reached).kind, ReasonKind::AuthRefused);
    assert_eq!((asked.len(), bed.fleet.logins("a").unwrap()), (0, before));
    assert_eq!(parent.left(), [""; 0]);
}

#[tokio::test]
async fn what_was_refused_above_is_the_reason_and_is_asked_for_once() {
    let bed = Bed::new(one());
    let (key, other) = (operators_key(&bed.fleet), make_key(bed.fleet.dir(), "other"));
    let parent = Parent::new(&bed, &[&other, &key], &[]);
    for (kind, is_final) in
        [(ReasonKind::CredentialRefused, true), (ReasonKind::RelayImpossible, true), (ReasonKind::LinkLost, false)]
    {
        let reason = Reason::new(kind, "the coordinator said so");
        let answer = |_: &_| Err(reason.clone());
        let access = access(&bed.fleet, "a");
        let (reached, asked) = parent.reach("a", AskKind::Signature, Some(access), answer).await;
        assert_eq!(if is_final { refused(reached) } else { unreachable(reached) }, reason);
        assert_eq!(asked.len(), 1, "{kind:?}");
    }
    assert_eq!(bed.fleet.logins("a").unwrap(), 0);
    assert_eq!(parent.left(), [""; 0]);
}

#[tokio::test]
async fn a_signature_by_another_key_lets_nobody_in() {
    let bed = Bed::new(one());
    let (key, other) = (operators_key(&bed.fleet), make_key(bed.fleet.dir(), "other"));
    let parent = Parent::new(&bed, &[&key], &[]);
    let answer = |_: &_| Ok(other.sign(b"something", 0).unwrap().into());
    let (reached, _) = parent.reach("a", AskKind::Signature, Some(access(&bed.fleet, "a")), answer).await;
    assert_eq!(unreachable(reached).kind, ReasonKind::AuthRefused);
}

#[tokio::test]
async fn only_the_host_keys_that_came_down_count() {
    let bed = Bed::new(one().host("dc1", "b"));
    let key = operators_key(&bed.fleet);
    let parent = Parent::new(&bed, &[&key], &["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"]);
    let (right, other) = (access(&bed.fleet, "a"), access(&bed.fleet, "b"));
    let reach = async |keys: Vec<String>| {
        let access = Access { keys, ..right.clone() };
        parent.reach("a", AskKind::Signature, Some(access), |_| panic!("the host is not spoken with")).await.0
    };
    // The parent's own known_hosts has the right one.
    let reason = unreachable(reach(vec![]).await);
    assert_eq!(reason.kind, ReasonKind::HostKeyUnknown);
    assert!(reason.text.contains("a.known in the coordinator's known_hosts"), "{reason}");
    let reason = refused(reach(other.keys).await);
    assert_eq!(reason.kind, ReasonKind::HostKeyChanged);
    assert!(reason.text.ends_with("(looked up as a.known in the coordinator's known_hosts)"), "{reason}");
    assert!(!reason.text.contains("offending"), "the parent's own file of this link: {reason}");
    let revoked = vec![right.keys[0].clone(), format!("@revoked {}", right.keys[0])];
    assert_eq!(refused(reach(revoked).await).kind, ReasonKind::HostKeyChanged);
    assert_eq!(bed.fleet.logins("a").unwrap(), 0);
}

#[tokio::test]
async fn what_cannot_be_done_is_said() {
    let bed = Bed::new(one().host("dc1", "b").with("b", |host| host.down()));
    let parent = Parent::new(&bed, &[], &[]);
    let right = access(&bed.fleet, "a");
    let nothing = |_: &_| panic!("nothing is asked for");
    let (reached, _) = parent.reach("a", AskKind::Signature, None, nothing).await;
    assert!(refused(reached).text.contains("has not said how to log in"));
    let access_a = Access { alias: "*".into(), ..right };
    let (reached, _) = parent.reach("a", AskKind::Signature, Some(access_a), nothing).await;
    assert!(refused(reached).text.contains("\"*\""));
    let (reached, _) = parent.reach("b", AskKind::Signature, Some(access(&bed.fleet, "b")), nothing).await;
    assert_eq!(unreachable(reached).kind, ReasonKind::ConnectionRefused);
    assert_eq!(parent.left(), [""; 0]);
}
