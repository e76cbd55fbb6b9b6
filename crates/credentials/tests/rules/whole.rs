//! Logins that are right in every point, those that a real ssh made among them.

use crate::fixture::Fixture;
use crate::maker::{Maker, public};
use mcom_credentials::{Refusal, SignRequest, UserAuth, fingerprint};
use mcom_model::{ReasonKind, Verdict};

/// What a stock ssh asked for on a stock sshd, by kinds of host keys and of users' keys.
pub const RECORDED: [&str; 11] = [
    "ed25519",
    "host-ecdsa-256",
    "host-ecdsa-384",
    "host-ecdsa-521",
    "host-rsa",
    "user-rsa",
    "user-ecdsa",
    "host-certificate",
    "host-certificate-known-by-key",
    "user-certificate",
    "user-certificate-rsa",
];

#[test]
fn what_a_stock_ssh_asks_for_is_granted() {
    for name in RECORDED {
        let grant = Fixture::read(name).judge();
        assert!(grant.is_ok(), "{name}: {grant:?}");
    }
}

#[test]
fn a_login_on_an_old_sshd_is_impossible_by_relay_and_not_the_parents_fault() {
    let refusal = Fixture::read("old-sshd").judge().unwrap_err();
    assert_eq!(refusal, Refusal::NotHostbound);
    assert_eq!(refusal.reason().kind, ReasonKind::RelayImpossible);
    assert_eq!(Refusal::Replayed.reason().kind, ReasonKind::CredentialRefused);
    assert_eq!(Refusal::Replayed.reason().text, "this session was signed before");
}

#[test]
fn a_grant_says_what_is_signed_and_for_whom() {
    let fixture = Maker::default().fixture();
    let grant = fixture.judge().unwrap();
    assert_eq!(grant.user, "ops");
    assert_eq!(grant.key, public("other"));
    assert_eq!(grant.host_key, public("ed25519").blob());
    assert_eq!(grant.session_id, [7; 32]);
    assert_eq!(grant.request, fixture.request);
    assert_eq!(grant.bind.with_forwarding(false), fixture.bind);
    assert_eq!(grant.bind.with_forwarding(true)[..fixture.bind.len() - 1], fixture.bind[..fixture.bind.len() - 1]);
    assert_eq!(grant.bind.with_forwarding(true).last(), Some(&1));
    assert_eq!(grant.sign, SignRequest::parse(&fixture.request).unwrap());
    let login = UserAuth::parse(&grant.sign.data).unwrap();
    assert_eq!(login.host_key.as_ref(), Some(&grant.host_key));
    let verdict = Verdict::Granted {
        user: "ops".into(),
        key: public("other").fingerprint(),
        host_key: Some(fingerprint(public("ed25519").blob())),
    };
    assert_eq!(grant.verdict(), verdict);
}
