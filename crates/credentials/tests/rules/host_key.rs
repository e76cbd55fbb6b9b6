//! Rules three and four: the host key signed the session, and is known for the child.

use crate::maker::{Maker, line, private, public, string};
use mcom_credentials::Refusal;

fn judge(change: impl FnOnce(&mut Maker)) -> Result<(), Refusal> {
    let mut maker = Maker::default();
    change(&mut maker);
    maker.fixture().judge().map(|_| ())
}

/// Judges a bind whose signature is made by hand.
fn judge_signed(host: &'static str, signature: &[u8]) -> Result<(), Refusal> {
    let mut maker = Maker { host, ..Maker::default() };
    maker.access.keys = vec![line(host)];
    maker.fixture_with(maker.bind_signed_by(signature), maker.request()).judge().map(|_| ())
}

#[test]
fn hosts_are_trusted_by_every_modern_kind_of_key() {
    let kinds =
        [("ed25519", 0), ("ecdsa-256", 0), ("ecdsa-384", 0), ("ecdsa-521", 0), ("rsa-2048", 2), ("rsa-2048", 4)];
    for (host, host_flags) in kinds {
        let known = vec![line(host)];
        let verdict = judge(|maker| {
            (maker.host, maker.host_flags) = (host, host_flags);
            maker.access.keys = known;
        });
        assert_eq!(verdict, Ok(()), "{host}");
    }
}

#[test]
fn the_host_key_must_have_signed_this_session() {
    assert_eq!(judge(|maker| maker.signed_id = Some(vec![8; 32])), Err(Refusal::SignatureWrong));
    let stolen = public("ed25519").blob().to_vec();
    let by_another = judge(|maker| (maker.host, maker.shown) = ("other", Some(stolen)));
    assert_eq!(by_another, Err(Refusal::SignatureWrong));
    for (host, flags) in [("ecdsa-256", 0), ("rsa-2048", 2), ("rsa-2048", 4)] {
        let signature = private(host).sign(&[8; 32], flags).unwrap();
        assert_eq!(judge_signed(host, &signature), Err(Refusal::SignatureWrong), "{host}");
    }
}

#[test]
fn a_signature_is_of_the_kind_of_its_key_and_never_by_sha_1() {
    let renamed = |host: &str, flags, name: &str| {
        let signature = private(host).sign(&[7; 32], flags).unwrap();
        let known = u32::from_be_bytes(signature[..4].try_into().unwrap());
        [&string(name)[..], &signature[4 + usize::try_from(known).unwrap()..]].concat()
    };
    let refused = |name: &str| Err(Refusal::SignatureKind(name.into()));
    assert_eq!(judge_signed("rsa-2048", &renamed("rsa-2048", 2, "rsa-sha2-256")), Ok(()));
    assert_eq!(judge_signed("rsa-2048", &renamed("rsa-2048", 2, "ssh-rsa")), refused("ssh-rsa"));
    assert_eq!(judge_signed("rsa-2048", &renamed("rsa-2048", 2, "rsa-sha2-512")), Err(Refusal::SignatureWrong));
    assert_eq!(judge_signed("rsa-2048", &renamed("rsa-2048", 4, "rsa-sha2-256")), Err(Refusal::SignatureWrong));
    assert_eq!(judge_signed("ed25519", &renamed("ed25519", 0, "rsa-sha2-256")), refused("rsa-sha2-256"));
    assert_eq!(judge_signed("rsa-2048", &renamed("rsa-2048", 2, "ssh-ed25519")), refused("ssh-ed25519"));
    let curve = "ecdsa-sha2-nistp384";
    assert_eq!(judge_signed("ecdsa-256", &renamed("ecdsa-256", 0, curve)), refused(curve));
}

#[test]
fn a_signature_is_exact() {
    let signature = private("ed25519").sign(&[7; 32], 0).unwrap();
    assert_eq!(judge_signed("ed25519", &signature), Ok(()));
    assert_eq!(judge_signed("ed25519", &[&signature[..], &[0]].concat()), Err(Refusal::SignatureWrong));
    assert_eq!(judge_signed("ed25519", &signature[..signature.len() - 1]), Err(Refusal::SignatureWrong));
    let longer = [string("ssh-ed25519"), string([0; 65])].concat();
    assert_eq!(judge_signed("ed25519", &longer), Err(Refusal::SignatureWrong));
    assert_eq!(judge_signed("rsa-2048", &[string("rsa-sha2-256"), string("")].concat()), Err(Refusal::SignatureWrong));
    assert_eq!(judge_signed("ed25519", b""), Err(Refusal::SignatureWrong));
}

#[test]
fn a_short_rsa_key_is_not_trusted() {
    let known = vec![line("rsa-1024")];
    let verdict = judge(|maker| {
        (maker.host, maker.host_flags) = ("rsa-1024", 2);
        maker.access.keys = known;
    });
    assert_eq!(verdict, Err(Refusal::HostKeyShort(1024)));
}

#[test]
fn a_key_of_another_kind_is_not_trusted() {
    let rsa = |e: &[u8], n: &[u8]| [string("ssh-rsa"), string(e), string(n)].concat();
    let zeroes = [&[1][..], &[0; 255], &[1]].concat();
    let kinds: [(Vec<u8>, &str); 5] = [
        ([string("ssh-dss"), string("x")].concat(), "ssh-dss"),
        (
            [string("sk-ssh-ed25519@openssh.com"), string([1; 32]), string("ssh:")].concat(),
            "sk-ssh-ed25519@openssh.com",
        ),
        ([string("ssh-ed25519"), string([1; 31])].concat(), "ssh-ed25519"),
        // An exponent of one verifies anything; a modulus beyond ssh's longest takes for ever.
        (rsa(&[1], &zeroes), "ssh-rsa"),
        (rsa(&[1, 0, 1], &[&[1][..], &[0; 2048], &[1]].concat()), "ssh-rsa"),
    ];
    for (blob, kind) in kinds {
        let known = mcom_credentials::PublicIdentity::from_blob(blob.clone().into(), "").unwrap().to_line();
        let verdict = judge(|maker| {
            maker.shown = Some(blob);
            maker.access.keys = vec![known];
        });
        assert_eq!(verdict, Err(Refusal::HostKeyKind(kind.into())));
    }
}

#[test]
fn the_host_key_must_be_known_for_the_child() {
    let unknown = |name: &str| Err(Refusal::HostKeyUnknown(public(name).fingerprint()));
    assert_eq!(judge(|maker| maker.host = "other"), unknown("other"));
    assert_eq!(judge(|maker| maker.access.keys.clear()), unknown("ed25519"));
    // A key that certifies hosts is not itself the key of one.
    let authority = format!("@cert-authority {}", line("ed25519"));
    assert_eq!(judge(|maker| maker.access.keys = vec![authority]), unknown("ed25519"));
    let longer = [public("ed25519").blob(), &[0][..]].concat();
    assert!(matches!(judge(|maker| maker.shown = Some(longer)), Err(Refusal::HostKeyUnknown(_))));
}

#[test]
fn a_revoked_key_is_refused_though_it_is_known() {
    let revoked = format!("@revoked {}", line("ed25519"));
    let verdict = judge(|maker| maker.access.keys.push(revoked));
    assert_eq!(verdict, Err(Refusal::HostKeyRevoked(public("ed25519").fingerprint())));
    let another = format!("@revoked {}", line("other"));
    assert_eq!(judge(|maker| maker.access.keys.push(another)), Ok(()));
}

#[test]
fn where_a_known_key_cannot_be_read_nothing_is_known() {
    for broken in ["@revoked ssh-ed25519 AAAA", "@perhaps ssh-ed25519", "", "ssh-ed25519"] {
        assert_eq!(judge(|maker| maker.access.keys.push(broken.into())), Err(Refusal::KnownMalformed), "{broken}");
    }
}
