//! Logins by a stock ssh on a stock sshd, judged and signed as the coordinator does it.

use super::bench::{Heard, Room, user};
use crate::fixture::{Fixture, open_edge};
use mcom_credentials::{KnownHosts, PrivateIdentity, PublicIdentity, Refusal};
use mcom_model::Access;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

/// What differs from login to login.
struct Case {
    name: &'static str,
    host: (&'static str, &'static str),
    user: (&'static str, &'static str),
    /// The host has a certificate, and this says what is known: its authority, or its key.
    certified_host: Option<KnownBy>,
    /// The user has a certificate, and the agent has it too.
    certified_user: bool,
    /// The sshd is one before 8.9.
    old: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum KnownBy {
    Authority,
    Key,
}

const ED25519: (&str, &str) = ("ed25519", "");
const PLAIN: Case =
    Case { name: "ed25519", host: ED25519, user: ED25519, certified_host: None, certified_user: false, old: false };

const CASES: [Case; 12] = [
    PLAIN,
    Case { name: "host-ecdsa-256", host: ("ecdsa", "256"), ..PLAIN },
    Case { name: "host-ecdsa-384", host: ("ecdsa", "384"), ..PLAIN },
    Case { name: "host-ecdsa-521", host: ("ecdsa", "521"), ..PLAIN },
    Case { name: "host-rsa", host: ("rsa", "3072"), ..PLAIN },
    Case { name: "user-rsa", user: ("rsa", "2048"), ..PLAIN },
    Case { name: "user-ecdsa", user: ("ecdsa", "384"), ..PLAIN },
    Case { name: "host-certificate", certified_host: Some(KnownBy::Authority), ..PLAIN },
    Case { name: "host-certificate-known-by-key", certified_host: Some(KnownBy::Key), ..PLAIN },
    Case { name: "user-certificate", certified_user: true, ..PLAIN },
    Case { name: "user-certificate-rsa", user: ("rsa", "2048"), certified_user: true, ..PLAIN },
    Case { name: "old-sshd", old: true, ..PLAIN },
];

/// What came of a login: whether ssh got in, what was judged, and what sshd said.
struct Outcome {
    inside: bool,
    judged: Vec<(Fixture, Result<(), Refusal>)>,
    said: String,
}

fn log_in(case: &Case) -> Outcome {
    let mut room = Room::new();
    if case.old {
        let old = room.path("old_sshd");
        mcom_testbed::sshd_without_hostbound(&room.sshd, &old).unwrap();
        room.sshd = old;
    }
    room.keygen("host", case.host.0, case.host.1, "");
    room.keygen("user", case.user.0, case.user.1, "");
    room.keygen("authority", "ed25519", "", "");
    let path = |name: &str| room.path(name).display().to_string();
    let mut config = format!("HostKey {}\nAuthorizedKeysFile {}\n", path("host"), path("authorized_keys"));
    let mut known = format!("child {}", room.text("host.pub"));
    if let Some(by) = case.certified_host {
        room.certify("authority", "host", &["-h", "-n", "child", "-V", "-1m:+1h"]);
        config += &format!("HostCertificate {}\n", path("host-cert.pub"));
        if by == KnownBy::Authority {
            known = format!("@cert-authority child {}", room.text("authority.pub"));
        }
    }
    room.write("known_hosts", &known);
    room.write("authorized_keys", &room.text("user.pub"));
    let private = room.private("user");
    let mut keys = vec![room.public("user.pub")];
    let mut identity = path("user.pub");
    if case.certified_user {
        room.certify("authority", "user", &["-n", &user(), "-V", "-1m:+1h"]);
        config += &format!("TrustedUserCAKeys {}\n", path("authority.pub"));
        room.write("authorized_keys", "");
        keys.push(room.public("user-cert.pub"));
        identity = path("user-cert.pub");
    }
    let client = format!("IdentityAgent {}\nIdentityFile {identity}\n", path("agent"));
    let (agent, judged) = judging_agent(&room, &known, keys, private);
    let (port, server) = room.serve(&config);
    let output = room.ssh(port, &client, "echo inside");
    let heard = agent.join().unwrap();
    let said = server.join().unwrap() + &String::from_utf8_lossy(&output.stderr);
    let judged = judged.lock().unwrap().clone();
    assert_eq!(heard.len(), judged.len(), "{said}");
    Outcome { inside: output.stdout == b"inside\n", judged, said }
}

type Judged = Arc<Mutex<Vec<(Fixture, Result<(), Refusal>)>>>;

/// An agent that signs what the coordinator would sign, and keeps what it was asked.
fn judging_agent(
    room: &Room,
    known_hosts: &str,
    keys: Vec<PublicIdentity>,
    private: PrivateIdentity,
) -> (std::thread::JoinHandle<Vec<Heard>>, Judged) {
    let mut book = KnownHosts::default();
    assert_eq!(book.read(known_hosts), []);
    let access = Access {
        address: "127.0.0.1".into(),
        port: 22,
        user: user(),
        alias: "child".into(),
        keys: book.keys_of_alias("child"),
    };
    let judged = Judged::default();
    let into = judged.clone();
    let identities = keys.clone();
    let agent = room.agent(keys, move |heard| {
        let now_s = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let fixture = Fixture {
            access: access.clone(),
            identities: identities.clone(),
            bind: heard.bind.to_vec(),
            request: heard.request.to_vec(),
            now_s,
            signed: BTreeSet::new(),
            edge: open_edge(),
        };
        let verdict = fixture.judge();
        into.lock().unwrap().push((fixture, verdict.clone().map(|_| ())));
        let sign = verdict.ok()?.sign;
        Some(private.sign(&sign.data, sign.flags).unwrap())
    });
    (agent, judged)
}

#[test]
fn a_stock_ssh_logs_in_by_what_is_judged_and_signed_here() {
    for case in CASES.iter().filter(|case| !case.old) {
        let Outcome { inside, judged, said } = log_in(case);
        assert!(inside, "{}: {judged:?}\n{said}", case.name);
        assert_eq!(judged.len(), 1, "{}: one signature is asked for", case.name);
        assert_eq!(judged[0].1, Ok(()), "{}", case.name);
    }
}

#[test]
fn a_login_on_an_old_sshd_is_refused_as_impossible() {
    let Outcome { inside, judged, said } = log_in(&CASES[11]);
    assert!(!inside, "{said}");
    assert_eq!(judged.len(), 1, "{said}");
    assert_eq!(judged[0].1, Err(Refusal::NotHostbound));
}

#[test]
#[ignore = "writes tests/fixtures anew"]
fn record() {
    for case in &CASES {
        let judged = log_in(case).judged;
        judged[0].0.write(case.name);
    }
}
