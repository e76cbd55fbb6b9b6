//! Rule five: what is signed is the planned login, in the bound session, by a key of the run.

use crate::maker::{Maker, public, string, user_certificate};
use mcom_credentials::{Malformed, PublicIdentity, Refusal};

fn judge(change: impl FnOnce(&mut Maker)) -> Result<(), Refusal> {
    let mut maker = Maker::default();
    change(&mut maker);
    maker.fixture().judge().map(|_| ())
}

#[test]
fn the_login_is_for_the_bound_session_and_the_planned_user_and_service() {
    assert_eq!(judge(|maker| maker.login_session = Some(vec![8; 32])), Err(Refusal::OtherSession));
    assert_eq!(judge(|maker| maker.user = b"root".to_vec()), Err(Refusal::OtherUser("root".into())));
    assert_eq!(judge(|maker| maker.user = b"ops ".to_vec()), Err(Refusal::OtherUser("ops ".into())));
    assert_eq!(judge(|maker| maker.service = "ssh-userauth"), Err(Refusal::OtherService("ssh-userauth".into())));
}

#[test]
fn only_a_login_by_public_key_is_one() {
    let not = |problem| Err(Refusal::NotALogin(problem));
    assert_eq!(judge(|maker| maker.user = vec![0xff]), not(Malformed::NotText));
    assert_eq!(judge(|maker| maker.message = 51), not(Malformed::Value));
    assert_eq!(judge(|maker| maker.has_signature = 0), not(Malformed::Value));
    assert_eq!(judge(|maker| maker.has_signature = 2), not(Malformed::Value));
    assert_eq!(judge(|maker| maker.method = "hostbased"), not(Malformed::Value));
    assert_eq!(judge(|maker| maker.method = "publickey-hostbound-v01@openssh.com"), not(Malformed::Value));
}

#[test]
fn a_login_without_a_host_is_impossible_once_all_else_is_right() {
    assert_eq!(judge(|maker| maker.method = "publickey"), Err(Refusal::NotHostbound));
    let wrong = judge(|maker| (maker.method, maker.user) = ("publickey", b"root".to_vec()));
    assert_eq!(wrong, Err(Refusal::OtherUser("root".into())));
    let mut again = Maker { method: "publickey", ..Maker::default() }.fixture();
    again.signed.insert(vec![7; 32]);
    assert_eq!(again.judge(), Err(Refusal::Replayed));
}

#[test]
fn the_login_is_bound_to_the_host_key_of_the_session() {
    let other = public("other").blob().to_vec();
    assert_eq!(judge(|maker| maker.bound_to = Some(other)), Err(Refusal::OtherHostKey));
    assert_eq!(judge(|maker| maker.bound_to = Some(Vec::new())), Err(Refusal::OtherHostKey));
}

#[test]
fn the_key_is_one_of_the_run() {
    let other = public("ecdsa-256");
    let verdict = judge(|maker| {
        maker.key = other.blob().to_vec();
        maker.algorithm = other.algorithm().to_owned();
    });
    assert_eq!(verdict, Err(Refusal::UnknownKey(other.fingerprint())));
    assert!(matches!(judge(|maker| maker.identities.clear()), Err(Refusal::UnknownKey(_))));
}

#[test]
fn the_key_that_signs_is_the_key_that_is_offered() {
    let other = public("ecdsa-384").blob().to_vec();
    assert_eq!(judge(|maker| maker.signer = Some(other)), Err(Refusal::OtherKey));
    assert_eq!(judge(|maker| maker.signer = Some(Vec::new())), Err(Refusal::OtherKey));
}

#[test]
fn a_certificate_is_signed_for_by_itself_or_by_its_key() {
    let certificate = user_certificate("other");
    let with = |signer: Vec<u8>, identities: Vec<PublicIdentity>| {
        judge(|maker| {
            maker.key = certificate.blob().to_vec();
            maker.algorithm = certificate.algorithm().to_owned();
            maker.signer = Some(signer);
            maker.identities = identities;
        })
    };
    let known = vec![certificate.clone()];
    assert_eq!(with(certificate.blob().to_vec(), known.clone()), Ok(()));
    assert_eq!(with(public("other").blob().to_vec(), known.clone()), Ok(()));
    assert_eq!(with(public("ed25519").blob().to_vec(), known), Err(Refusal::OtherKey));
    let refused = Err(Refusal::UnknownKey(certificate.fingerprint()));
    assert_eq!(with(certificate.blob().to_vec(), vec![public("other")]), refused);
}

#[test]
fn a_key_signs_by_its_own_algorithm_and_never_by_sha_1() {
    let rsa = (public("rsa-2048"), "rsa-sha2-256", "rsa-sha2-512");
    let certified = user_certificate("rsa-2048");
    let certified = (certified, "rsa-sha2-256-cert-v01@openssh.com", "rsa-sha2-512-cert-v01@openssh.com");
    for (key, with_256, with_512) in [rsa, certified] {
        let with = |algorithm: &str, flags| {
            judge(|maker| {
                maker.identities = vec![key.clone()];
                maker.key = key.blob().to_vec();
                (maker.algorithm, maker.flags) = (algorithm.to_owned(), flags);
            })
        };
        assert_eq!(with(with_256, 2), Ok(()));
        assert_eq!(with(with_512, 4), Ok(()));
        for (algorithm, flags) in [(with_256, 4), (with_512, 2), (with_512, 0), (with_512, 6), (key.algorithm(), 0)] {
            assert_eq!(with(algorithm, flags), Err(Refusal::Algorithm(algorithm.into())), "{algorithm} {flags}");
        }
    }
    assert_eq!(judge(|maker| maker.flags = 2), Err(Refusal::Algorithm("ssh-ed25519".into())));
    let other = judge(|maker| maker.algorithm = "rsa-sha2-256".into());
    assert_eq!(other, Err(Refusal::Algorithm("rsa-sha2-256".into())));
}

#[test]
fn a_request_and_a_login_are_exact() {
    let maker = Maker::default();
    let fixture = maker.fixture();
    let judge = |request: &[u8]| fixture.judge_bytes(&fixture.bind, request).map(|_| ());
    let longer = [&fixture.request[..], &[0]].concat();
    assert_eq!(judge(&longer), Err(Refusal::RequestMalformed(Malformed::Rest)));
    for len in 0..fixture.request.len() {
        assert_eq!(judge(&fixture.request[..len]), Err(Refusal::RequestMalformed(Malformed::Short)), "{len}");
    }
    let login = maker.login();
    let longer = maker.request_for(&[&login[..], &[0]].concat());
    assert_eq!(judge(&longer), Err(Refusal::NotALogin(Malformed::Rest)));
    for len in 0..login.len() {
        assert_eq!(judge(&maker.request_for(&login[..len])), Err(Refusal::NotALogin(Malformed::Short)), "{len}");
    }
    // The fields of a bound login under the method that has no host.
    let plain = Maker { method: "publickey", ..Maker::default() };
    let mixed = plain.request_for(&[plain.login(), string(public("ed25519").blob())].concat());
    assert_eq!(judge(&mixed), Err(Refusal::NotALogin(Malformed::Rest)));
}
