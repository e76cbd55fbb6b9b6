//! Public keys as lines, as bytes and by fingerprint.

use crate::maker::{public, string, user_certificate};
use mcom_credentials::{IdentityError, Malformed, PublicIdentity};

#[test]
fn a_line_is_read_and_written() {
    let key = public("ed25519");
    let line = key.to_line();
    assert!(line.starts_with("ssh-ed25519 AAAA") && line.ends_with(" for tests only"), "{line}");
    assert_eq!(PublicIdentity::from_line(&line).unwrap(), key);
    assert_eq!(PublicIdentity::from_line(&format!("\t{}  \r\n", line.replace(' ', "\t"))).unwrap().blob(), key.blob());
    let bare = line.strip_suffix(" for tests only").unwrap();
    assert_eq!(PublicIdentity::from_line(bare).unwrap().to_line(), bare);
    assert_eq!((key.algorithm(), key.comment()), ("ssh-ed25519", "for tests only"));
}

#[test]
fn what_is_no_key_says_so() {
    let key = public("ed25519").to_line();
    assert_eq!(PublicIdentity::from_line(""), Err(IdentityError::NotAKey));
    assert_eq!(PublicIdentity::from_line("ssh-ed25519"), Err(IdentityError::NotAKey));
    assert_eq!(PublicIdentity::from_line("ssh-ed25519 not/base64?"), Err(IdentityError::NotAKey));
    assert_eq!(PublicIdentity::from_line(&key.replace("ssh-ed25519 ", "ssh-rsa ")), Err(IdentityError::OtherType));
    assert_eq!(PublicIdentity::from_line("x AAAA"), Err(IdentityError::Malformed(Malformed::Short)));
    let named = |name: &str| PublicIdentity::from_blob(crate::maker::string(name).into(), "");
    for name in ["", "two words", "a\nb", "\u{e9}"] {
        assert_eq!(named(name), Err(IdentityError::Malformed(Malformed::Value)), "{name:?}");
    }
}

#[test]
fn a_certificate_is_the_same_key_and_has_its_fingerprint() {
    for name in ["ed25519", "ecdsa-256", "rsa-2048"] {
        let key = public(name);
        let certificate = user_certificate(name);
        assert!(certificate.is_certificate() && !key.is_certificate());
        assert!(certificate.same_key(&key) && key.same_key(&certificate) && key.same_key(&key));
        assert!(!certificate.same_key(&public("other")));
        assert_eq!(certificate.fingerprint(), key.fingerprint());
    }
}

#[test]
fn keys_in_tokens_have_certificates_too() {
    let blob = |name: &str, fields: &[&[u8]]| -> PublicIdentity {
        let fields: Vec<u8> = fields.iter().flat_map(string).collect();
        PublicIdentity::from_blob([string(name.as_bytes()), fields].concat().into(), "").unwrap()
    };
    let key = blob("sk-ssh-ed25519@openssh.com", &[&[1; 32], b"ssh:"]);
    let certificate = blob("sk-ssh-ed25519-cert-v01@openssh.com", &[b"nonce", &[1; 32], b"ssh:", b"the rest"]);
    assert!(certificate.same_key(&key));
    let key = blob("sk-ecdsa-sha2-nistp256@openssh.com", &[b"nistp256", &[1; 65], b"ssh:"]);
    let certificate = blob("sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", &[b"n", b"nistp256", &[1; 65], b"ssh:"]);
    assert!(certificate.same_key(&key));
}
