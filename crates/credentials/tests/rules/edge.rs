//! Rules one, two and six: the edge, the bind, and that a session is signed once.

use crate::fixture::open_edge;
use crate::maker::{Maker, public, string};
use mcom_credentials::{Malformed, Refusal, authorise_certificate};
use mcom_model::Edge;
use mcom_model::limits::GRANTS_PER_EDGE;

#[test]
fn the_edge_must_be_open_in_time_and_under_its_count() {
    let judge = |edge: Edge| {
        let mut fixture = Maker::default().fixture();
        fixture.edge = edge;
        fixture.judge().map(|_| ())
    };
    assert_eq!(judge(Edge { open: false, ..open_edge() }), Err(Refusal::EdgeClosed));
    assert_eq!(judge(Edge { left_ms: 0, ..open_edge() }), Err(Refusal::Late));
    assert_eq!(judge(Edge { left_ms: 1, ..open_edge() }), Ok(()));
    assert_eq!(judge(Edge { granted: GRANTS_PER_EDGE - 1, ..open_edge() }), Ok(()));
    for granted in [GRANTS_PER_EDGE, GRANTS_PER_EDGE + 1] {
        assert_eq!(judge(Edge { granted, ..open_edge() }), Err(Refusal::TooMany(granted)));
    }
}

#[test]
fn a_session_id_is_a_hash() {
    let judge = |len| Maker { session_id: vec![7; len], ..Maker::default() }.fixture().judge().map(|_| ());
    for len in [20, 64, 128] {
        assert_eq!(judge(len), Ok(()), "{len}");
    }
    for len in [0, 19, 129] {
        assert_eq!(judge(len), Err(Refusal::SessionIdLength(len)));
    }
}

#[test]
fn a_session_that_is_only_forwarded_through_is_not_logged_in_on() {
    let refused = |forwarding| Maker { forwarding, ..Maker::default() }.fixture().judge().unwrap_err();
    assert_eq!(refused(1), Refusal::Forwarded);
    assert_eq!(refused(2), Refusal::BindMalformed(Malformed::Value));
}

#[test]
fn a_bind_is_exact() {
    let fixture = Maker::default().fixture();
    let judge = |bind: &[u8]| fixture.judge_bytes(bind, &fixture.request).map(|_| ());
    assert_eq!(judge(&[&fixture.bind[..], &[0]].concat()), Err(Refusal::BindMalformed(Malformed::Rest)));
    for len in 0..fixture.bind.len() {
        assert_eq!(judge(&fixture.bind[..len]), Err(Refusal::BindMalformed(Malformed::Short)), "{len}");
    }
}

#[test]
fn a_session_is_signed_once() {
    let mut fixture = Maker::default().fixture();
    let grant = fixture.judge().unwrap();
    fixture.signed.insert(vec![8; 32]);
    assert!(fixture.judge().is_ok());
    fixture.signed.insert(grant.session_id);
    assert_eq!(fixture.judge(), Err(Refusal::Replayed));
}

#[test]
fn a_key_to_certify_is_a_plain_one_that_is_strong() {
    let judge = |key: &[u8]| authorise_certificate(&open_edge(), key);
    for name in ["ed25519", "ecdsa-256", "rsa-2048"] {
        assert_eq!(judge(public(name).blob()).unwrap().blob(), public(name).blob(), "{name}");
    }
    assert_eq!(judge(public("rsa-1024").blob()), Err(Refusal::KeyToCertify("ssh-rsa".into())));
    let certificate = crate::maker::user_certificate("ed25519");
    let refused = Err(Refusal::KeyToCertify("ssh-ed25519-cert-v01@openssh.com".into()));
    assert_eq!(judge(certificate.blob()), refused);
    let longer = [public("ed25519").blob(), &[0][..]].concat();
    assert_eq!(judge(&longer), Err(Refusal::KeyToCertify("ssh-ed25519".into())));
    assert!(matches!(judge(&string("")), Err(Refusal::KeyToCertify(_))));
    let closed = Edge { open: false, ..open_edge() };
    assert_eq!(authorise_certificate(&closed, public("ed25519").blob()), Err(Refusal::EdgeClosed));
}
