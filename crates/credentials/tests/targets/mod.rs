//! What must hold for any bytes: the bodies of the fuzz targets, which the tests run over the kept corpus too.

use bytes::{Bytes, BytesMut};
use mcom_credentials::agent::{self, AgentAnswer, Request};
use mcom_credentials::{
    Bind, KeyFile, Known, KnownHosts, PublicIdentity, SignRequest, UserAuth, authorise, authorise_certificate,
    fingerprint,
};
use mcom_model::{Access, Edge};
use std::collections::BTreeSet;

/// The body of one target.
pub type Target = fn(&[u8]);

/// The targets by name.
pub const ALL: [(&str, Target); 7] = [
    ("agent", agent_messages),
    ("bind", bind),
    ("login", login),
    ("judge", judge),
    ("public_key", public_key),
    ("known_hosts", known_hosts),
    ("private_key", private_key),
];

/// Both directions of the agent protocol: what was read is written as it came.
pub fn agent_messages(bytes: &[u8]) {
    let mut buffer = BytesMut::from(bytes);
    while let Ok(Some(request)) = agent::next_request(&mut buffer) {
        match request {
            Request::SessionBind(body) => drop(Bind::parse(&body)),
            Request::Sign(body) => drop(SignRequest::parse(&body)),
            Request::Identities | Request::Other(_) => {}
        }
    }
    let mut buffer = BytesMut::from(bytes);
    while let Ok(Some(answer)) = agent::next_answer(&mut buffer) {
        if let AgentAnswer::Identities(keys) = answer {
            let again = agent::next_answer(&mut BytesMut::from(&agent::identities_answer(&keys)[..]));
            assert_eq!(again, Ok(Some(AgentAnswer::Identities(keys))));
        }
    }
}

/// A bind is its bytes and no others.
pub fn bind(bytes: &[u8]) {
    if let Ok(bind) = Bind::parse(bytes) {
        assert_eq!(bind.with_forwarding(bind.forwarding), bytes);
    }
}

/// A sign request, and the login in it or by itself.
pub fn login(bytes: &[u8]) {
    if let Ok(request) = SignRequest::parse(bytes) {
        drop(UserAuth::parse(&request.data));
    }
    if let Ok(login) = UserAuth::parse(bytes) {
        assert_eq!(login.host_key.is_some(), login.method == UserAuth::HOSTBOUND);
    }
}

/// The host and the key of the recorded login that the corpus of `judge` begins with.
const KNOWN: &str = include_str!("../fixtures/ed25519.txt");

/// A bind and a request, each with its length before it: only the recorded ones are granted.
pub fn judge(bytes: &[u8]) {
    let value = |name: &str| KNOWN.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default();
    let Some((len, rest)) = bytes.split_first_chunk::<2>() else { return };
    let Some((bind, request)) = rest.split_at_checked(usize::from(u16::from_be_bytes(*len))) else { return };
    let access = Access {
        address: "127.0.0.1".into(),
        port: 22,
        user: value("user: ").into(),
        alias: value("alias: ").into(),
        keys: vec![value("known: ").into()],
    };
    let identities = [PublicIdentity::from_line(value("identity: ")).expect("the recorded key")];
    let signed = BTreeSet::new();
    let known = Known { access: &access, identities: &identities, signed: &signed, now_s: 0 };
    let edge = Edge { open: true, left_ms: 1, granted: 0 };
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let right = hex(bind) == value("bind: ") && hex(request) == value("request: ");
    assert_eq!(authorise(&edge, &known, bind, request).is_ok(), right);
    drop(authorise_certificate(&edge, request));
}

/// The bytes of a key, and a line with one.
pub fn public_key(bytes: &[u8]) {
    let blob = Bytes::copy_from_slice(bytes);
    drop(fingerprint(&blob));
    let line = std::str::from_utf8(bytes).ok().and_then(|line| PublicIdentity::from_line(line).ok());
    for key in PublicIdentity::from_blob(blob, "comment").ok().into_iter().chain(line) {
        let again = PublicIdentity::from_line(&key.to_line()).expect("a line that was written is read");
        assert_eq!((again.blob(), again.fingerprint()), (key.blob(), key.fingerprint()));
        assert_eq!(key.is_certificate(), again.is_certificate());
        let _ = key.same_key(&again);
    }
}

/// What is known of a host can be handed out and read again.
pub fn known_hosts(bytes: &[u8]) {
    let mut book = KnownHosts::default();
    drop(book.read(&String::from_utf8_lossy(bytes)));
    for key in [book.keys_of("mail7", 22), book.keys_of("mail7", 2222), book.keys_of_alias("mail7")].concat() {
        let key = key.strip_prefix("@revoked ").or_else(|| key.strip_prefix("@cert-authority ")).unwrap_or(&key);
        PublicIdentity::from_line(key).expect("a known key is read again");
    }
}

/// A key file without a passphrase signs, or says why not. To try a passphrase takes longer than a target should.
pub fn private_key(bytes: &[u8]) {
    if let Ok(KeyFile::Open(key)) = KeyFile::parse(bytes) {
        for flags in [0, SignRequest::RSA_SHA2_256] {
            drop(key.sign(b"data", flags));
        }
    }
}
