//! Logins as a real ssh asked to have them signed, kept as files: `NAME: VALUE` lines, bytes in hexadecimal.
//! `cargo test -p mcom-credentials --test credentials -- --ignored record` writes them anew.

use mcom_credentials::{Grant, Known, PublicIdentity, Refusal, authorise};
use mcom_model::{Access, Edge};
use std::collections::BTreeSet;
use std::fs::{read_to_string, write};
use std::path::PathBuf;

/// One login, and what the coordinator knew of the host.
#[derive(Clone, Debug)]
pub struct Fixture {
    pub access: Access,
    pub identities: Vec<PublicIdentity>,
    pub bind: Vec<u8>,
    pub request: Vec<u8>,
    pub now_s: u64,
    pub signed: BTreeSet<Vec<u8>>,
    pub edge: Edge,
}

fn path(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures")).join(format!("{name}.txt"))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    text.as_bytes().chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}

/// An edge that is open, with time, and nothing granted on it.
pub fn open_edge() -> Edge {
    Edge { open: true, left_ms: 1000, granted: 0 }
}

impl Fixture {
    pub fn read(name: &str) -> Self {
        let text = read_to_string(path(name)).unwrap();
        let all = |name: &str| -> Vec<String> {
            let prefix = format!("{name}: ");
            text.lines().filter_map(|line| line.strip_prefix(&prefix)).map(str::to_owned).collect()
        };
        let one = |name: &str| all(name).pop().unwrap();
        let access = Access {
            address: "127.0.0.1".into(),
            port: 22,
            user: one("user"),
            alias: one("alias"),
            keys: all("known"),
        };
        Self {
            access,
            identities: all("identity").iter().map(|line| PublicIdentity::from_line(line).unwrap()).collect(),
            bind: unhex(&one("bind")),
            request: unhex(&one("request")),
            now_s: one("now").parse().unwrap(),
            signed: BTreeSet::new(),
            edge: open_edge(),
        }
    }

    pub fn write(&self, name: &str) {
        let mut lines = vec![format!("user: {}", self.access.user), format!("alias: {}", self.access.alias)];
        lines.extend(self.access.keys.iter().map(|key| format!("known: {key}")));
        lines.extend(self.identities.iter().map(|identity| format!("identity: {}", identity.to_line())));
        lines.push(format!("now: {}", self.now_s));
        lines.push(format!("bind: {}", hex(&self.bind)));
        lines.push(format!("request: {}", hex(&self.request)));
        write(path(name), lines.join("\n") + "\n").unwrap();
    }

    pub fn judge(&self) -> Result<Grant, Refusal> {
        self.judge_bytes(&self.bind, &self.request)
    }

    pub fn judge_bytes(&self, bind: &[u8], request: &[u8]) -> Result<Grant, Refusal> {
        let Self { access, identities, signed, now_s, .. } = self;
        authorise(&self.edge, &Known { access, identities, signed, now_s: *now_s }, bind, request)
    }
}
