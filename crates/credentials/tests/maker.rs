//! Logins made by hand, field by field, so that each can be wrong alone.

use crate::fixture::{Fixture, open_edge};
use mcom_credentials::{Bind, CertificateRequest, KeyFile, PrivateIdentity, PublicIdentity};
use mcom_model::Access;
use std::collections::BTreeSet;

/// The kept private key of this name.
pub fn private(name: &str) -> PrivateIdentity {
    match KeyFile::parse(&file(name)).unwrap() {
        KeyFile::Open(key) => key,
        KeyFile::Locked(_) => panic!("{name} has a passphrase"),
    }
}

pub fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/tests/fixtures/keys/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

pub fn public(name: &str) -> PublicIdentity {
    private(name).public().clone()
}

/// A key as `Access.keys` has it.
pub fn line(name: &str) -> String {
    let key = public(name);
    PublicIdentity::from_blob(key.blob().clone(), "").unwrap().to_line()
}

pub fn string(bytes: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = bytes.as_ref();
    [&u32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat()
}

/// A login to be, of which every part can be changed before it is put together.
pub struct Maker {
    pub host: &'static str,
    /// The bytes of the host key that is shown, where they are not those of `host`.
    pub shown: Option<Vec<u8>>,
    pub host_flags: u32,
    pub session_id: Vec<u8>,
    /// What the host key signs, where it is not the session id.
    pub signed_id: Option<Vec<u8>>,
    pub forwarding: u8,
    pub login_session: Option<Vec<u8>>,
    pub message: u8,
    pub user: Vec<u8>,
    pub service: &'static str,
    pub method: &'static str,
    pub has_signature: u8,
    pub algorithm: String,
    pub key: Vec<u8>,
    pub bound_to: Option<Vec<u8>>,
    pub signer: Option<Vec<u8>>,
    pub flags: u32,
    pub access: Access,
    pub identities: Vec<PublicIdentity>,
    pub now_s: u64,
}

impl Default for Maker {
    fn default() -> Self {
        let access = Access {
            address: "10.1.0.7".into(),
            port: 22,
            user: "ops".into(),
            alias: "mail7".into(),
            keys: vec![line("ecdsa-256"), line("ed25519")],
        };
        Self {
            host: "ed25519",
            shown: None,
            host_flags: 0,
            session_id: vec![7; 32],
            signed_id: None,
            forwarding: 0,
            login_session: None,
            message: 50,
            user: b"ops".to_vec(),
            service: "ssh-connection",
            method: "publickey-hostbound-v00@openssh.com",
            has_signature: 1,
            algorithm: "ssh-ed25519".into(),
            key: public("other").blob().to_vec(),
            bound_to: None,
            signer: None,
            flags: 0,
            access,
            identities: vec![public("ecdsa-384"), public("other")],
            now_s: 1_800_000_000,
        }
    }
}

impl Maker {
    fn shown(&self) -> Vec<u8> {
        self.shown.clone().unwrap_or_else(|| public(self.host).blob().to_vec())
    }

    pub fn bind(&self) -> Vec<u8> {
        let signed = self.signed_id.as_ref().unwrap_or(&self.session_id);
        let signature = private(self.host).sign(signed, self.host_flags).unwrap();
        self.bind_signed_by(&signature)
    }

    pub fn bind_signed_by(&self, signature: &[u8]) -> Vec<u8> {
        let bind = Bind {
            host_key: self.shown().into(),
            session_id: self.session_id.clone().into(),
            signature: signature.to_vec().into(),
            forwarding: false,
        };
        let mut bind = bind.with_forwarding(false);
        *bind.last_mut().unwrap() = self.forwarding;
        bind
    }

    pub fn login(&self) -> Vec<u8> {
        let mut login = string(self.login_session.as_ref().unwrap_or(&self.session_id));
        login.push(self.message);
        login.extend([string(&self.user), string(self.service), string(self.method)].concat());
        login.push(self.has_signature);
        login.extend([string(&self.algorithm), string(&self.key)].concat());
        if self.method.contains("hostbound") {
            login.extend(string(self.bound_to.clone().unwrap_or_else(|| self.shown())));
        }
        login
    }

    pub fn request(&self) -> Vec<u8> {
        self.request_for(&self.login())
    }

    pub fn request_for(&self, data: &[u8]) -> Vec<u8> {
        let signer = self.signer.as_ref().unwrap_or(&self.key);
        [string(signer), string(data), self.flags.to_be_bytes().to_vec()].concat()
    }

    /// Puts it together.
    pub fn fixture(&self) -> Fixture {
        self.fixture_with(self.bind(), self.request())
    }

    pub fn fixture_with(&self, bind: Vec<u8>, request: Vec<u8>) -> Fixture {
        Fixture {
            access: self.access.clone(),
            identities: self.identities.clone(),
            bind,
            request,
            now_s: self.now_s,
            signed: BTreeSet::new(),
            edge: open_edge(),
        }
    }
}

/// A host certificate for `host`, field by field.
pub struct HostCertificate {
    pub key: &'static str,
    pub authority: &'static str,
    pub kind: u32,
    pub names: Vec<&'static str>,
    pub from_s: u64,
    pub to_s: u64,
    pub critical: Vec<u8>,
    pub flags: u32,
    pub after: Vec<u8>,
}

impl Default for HostCertificate {
    fn default() -> Self {
        Self {
            key: "ed25519",
            authority: "authority",
            kind: 2,
            names: vec!["mail6", "mail7"],
            from_s: 1_800_000_000,
            to_s: 1_800_000_001,
            critical: Vec::new(),
            flags: 0,
            after: Vec::new(),
        }
    }
}

impl HostCertificate {
    pub fn unsigned(&self) -> Vec<u8> {
        let key = public(self.key);
        let name = key.algorithm();
        let fields = &key.blob()[4 + name.len()..];
        let names: Vec<u8> = self.names.iter().flat_map(string).collect();
        [
            string(format!("{name}-cert-v01@openssh.com")),
            string([9; 32]),
            fields.to_vec(),
            7_u64.to_be_bytes().to_vec(),
            self.kind.to_be_bytes().to_vec(),
            string("the id"),
            string(names),
            self.from_s.to_be_bytes().to_vec(),
            self.to_s.to_be_bytes().to_vec(),
            string(&self.critical),
            string(""),
            string(""),
            string(public(self.authority).blob()),
        ]
        .concat()
    }

    pub fn blob(&self) -> Vec<u8> {
        let unsigned = self.unsigned();
        let signature = private(self.authority).sign(&unsigned, self.flags).unwrap();
        self.blob_signed_by(&signature)
    }

    pub fn blob_signed_by(&self, signature: &[u8]) -> Vec<u8> {
        [self.unsigned(), string(signature), self.after.clone()].concat()
    }
}

/// A certificate for a user's key, as a run offers it.
pub fn user_certificate(key: &str) -> PublicIdentity {
    let source_addresses = vec!["10.0.0.0/8".to_owned()];
    let request = CertificateRequest {
        key: &public(key),
        user: "ops",
        valid_from_s: 1,
        valid_to_s: 2,
        source_addresses: &source_addresses,
        command: "true",
        serial: 1,
        id: "test",
        nonce: [5; 32],
    };
    let authority = private("authority");
    let unsigned = request.unsigned(authority.public()).unwrap();
    let signature = authority.sign(unsigned.to_sign(), 0).unwrap();
    unsigned.finish(&signature).unwrap()
}
