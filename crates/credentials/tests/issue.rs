//! Certificates for the keys that parents make, as far as no program is needed to read them.

use crate::maker::{private, public};
use mcom_credentials::{CertificateError, CertificateRequest, PublicIdentity};

fn request<'a>(key: &'a PublicIdentity, addresses: &'a [String]) -> CertificateRequest<'a> {
    CertificateRequest {
        key,
        user: "ops",
        valid_from_s: 1000,
        valid_to_s: 1600,
        source_addresses: addresses,
        command: "true",
        serial: 7,
        id: "mcom",
        nonce: [5; 32],
    }
}

#[test]
fn every_kind_of_authority_signs_it() {
    let key = public("ed25519");
    let addresses = ["10.0.0.1".to_owned()];
    for (name, flags) in [("authority", 0), ("ecdsa-256", 0), ("ecdsa-521", 0), ("rsa-2048", 2), ("rsa-2048", 4)] {
        let authority = private(name);
        let unsigned = request(&key, &addresses).unsigned(authority.public()).unwrap();
        let signature = authority.sign(unsigned.to_sign(), flags).unwrap();
        let certificate = unsigned.finish(&signature).unwrap();
        assert!(certificate.is_certificate() && certificate.same_key(&key), "{name}");
        assert_eq!(certificate.comment(), "for tests only");
    }
}

#[test]
fn a_signature_that_is_not_the_authoritys_is_refused() {
    let key = public("ed25519");
    let addresses = ["10.0.0.1".to_owned()];
    let finish = |by: &str, signature: &[u8]| {
        let unsigned = request(&key, &addresses).unsigned(&public(by)).unwrap();
        unsigned.finish(signature).unwrap_err()
    };
    let signed = |by: &str, flags| {
        let unsigned = request(&key, &addresses).unsigned(&public(by)).unwrap();
        private(by).sign(unsigned.to_sign(), flags).unwrap()
    };
    let why = |text| CertificateError::Signature(text);
    assert_eq!(finish("authority", &signed("other", 0)), why("it is not one over this certificate"));
    assert_eq!(finish("authority", b""), why("it is not one over this certificate"));
    let kind = "it is of a kind that is not trusted of its key";
    assert_eq!(finish("authority", &signed("rsa-2048", 2)), why(kind));
    assert_eq!(finish("rsa-1024", &signed("rsa-1024", 2)), why("its key is too short"));
    let certificate = crate::maker::user_certificate("other");
    let by_certificate = request(&key, &addresses).unsigned(&certificate).unwrap();
    assert_eq!(by_certificate.finish(b"").unwrap_err(), why("its key is of a kind that is not trusted"));
}

#[test]
fn a_certificate_that_would_allow_more_is_not_made() {
    let key = public("ed25519");
    let addresses = ["10.0.0.1".to_owned()];
    let refused = |request: CertificateRequest<'_>| request.unsigned(&public("authority")).unwrap_err();
    let good = request(&key, &addresses);
    assert_eq!(refused(CertificateRequest { user: "", ..good }), CertificateError::Missing("a user"));
    assert_eq!(refused(CertificateRequest { command: "", ..good }), CertificateError::Missing("a command"));
    let nowhere = CertificateError::Missing("the addresses that it is good from");
    assert_eq!(refused(CertificateRequest { source_addresses: &[], ..good }), nowhere);
    for valid_to_s in [999, 1000] {
        assert_eq!(refused(CertificateRequest { valid_to_s, ..good }), CertificateError::Time);
    }
    let certificate = crate::maker::user_certificate("ed25519");
    let again = CertificateRequest { key: &certificate, ..good };
    assert_eq!(refused(again), CertificateError::Key("ssh-ed25519-cert-v01@openssh.com".into()));
}

#[test]
fn addresses_are_as_sshd_reads_them() {
    let key = public("ed25519");
    let made = |address: &str| {
        let addresses = ["10.0.0.1".to_owned(), address.to_owned()];
        request(&key, &addresses).unsigned(&public("authority")).is_ok()
    };
    for good in ["10.1.2.3", "10.1.0.0/16", "10.1.2.3/32", "0.0.0.0/0", "fd00::1", "fd00::/8", "::/0", "fd00::1/128"] {
        assert!(made(good), "{good}");
    }
    let bad = [
        "",
        "mail7",
        "10.1.2.3/16",
        "10.1.0.0/33",
        "10.1.0.0/",
        "10.1.0.0/+8",
        "fd00::1/8",
        "fd00::/129",
        "*",
        "10.0.0.1,*",
    ];
    for bad in bad {
        assert!(!made(bad), "{bad}");
    }
}
