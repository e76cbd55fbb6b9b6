//! A captured parent that wants logins signed which are not planned: with what its ssh has really asked for, altered.

use crate::attack::{Attack, after, instead};
use crate::attacks::when;
use crate::out::Out;
use crate::seen::Seen;
use bytes::Bytes;
use mcom_credentials::{Bind, SignRequest, UserAuth};
use mcom_model::{AskKind, HostEvent, Outcome, Reason, ReasonKind};
use mcom_wire::{Ask, Up};

pub(super) const LIST: &[(&str, Attack)] = &[
    ("another-user", instead(when::asked, |said, _, out| login(said, out, |auth| auth.user = "nobody".to_owned()))),
    (
        "another-service",
        instead(when::asked, |said, _, out| login(said, out, |auth| auth.service = "ssh-userauth".into())),
    ),
    ("another-session", instead(when::asked, |said, _, out| login(said, out, |auth| auth.session_id = other(32)))),
    ("another-key", instead(when::asked, |said, _, out| login(said, out, |auth| auth.key = another_key()))),
    (
        "another-algorithm",
        instead(when::asked, |said, _, out| login(said, out, |auth| auth.algorithm = "ssh-rsa".into())),
    ),
    (
        "bound-to-another-host",
        instead(when::asked, |said, _, out| login(said, out, |auth| auth.host_key = Some(another_key()))),
    ),
    (
        "plain-publickey",
        instead(when::asked, |said, _, out| {
            login(said, out, |auth| (auth.method, auth.host_key) = (UserAuth::PLAIN.to_owned(), None));
        }),
    ),
    ("forwarding-flag", instead(when::asked, |said, _, out| bind(said, out, |bind| bind.forwarding = true))),
    ("session-of-no-server", instead(when::asked, |said, _, out| bind(said, out, |bind| bind.session_id = other(32)))),
    ("host-key-of-nobody", instead(when::asked, |said, _, out| bind(said, out, |bind| bind.host_key = another_key()))),
    ("bind-with-a-tail", instead(when::asked, |said, _, out| ask(said, out, |ask| ask.bind = tail(&ask.bind)))),
    ("login-with-a-tail", instead(when::asked, |said, _, out| ask(said, out, |ask| ask.request = tail(&ask.request)))),
    ("no-login-at-all", instead(when::asked, |said, _, out| ask(said, out, |ask| ask.request = other(200)))),
    (
        "certificate-by-the-way",
        instead(when::asked, |said, _, out| ask(said, out, |ask| ask.kind = AskKind::Certificate)),
    ),
    ("session-signed-twice", after(when::asked, |said, _, out| out.say(said))),
    ("the-other-child-instead", instead(when::asked_for_another, mixed)),
    ("link-not-announced", instead(when::child_linking, |_, _, _| ())),
    ("login-after-the-link", after(when::child_linked, again)),
    ("relay-called-impossible", instead(when::child_linked, |_, seen, out| impossible(seen, out))),
];

fn other(len: usize) -> Bytes {
    Bytes::from(vec![7; len])
}

/// A key that nobody has.
fn another_key() -> Bytes {
    Bytes::from([string(b"ssh-ed25519"), string(&[7; 32])].concat())
}

fn tail(bytes: &Bytes) -> Bytes {
    Bytes::from([&bytes[..], b"x"].concat())
}

fn ask(said: &Up, out: &mut Out, alter: impl FnOnce(&mut Ask)) {
    let Up::Ask(ask) = said else { return };
    let mut ask = ask.clone();
    alter(&mut ask);
    out.say(&Up::Ask(ask));
}

fn bind(said: &Up, out: &mut Out, alter: impl FnOnce(&mut Bind)) {
    ask(said, out, |ask| {
        let mut bind = Bind::parse(&ask.bind).expect("a real ssh has made it");
        alter(&mut bind);
        ask.bind = Bytes::from(bind.with_forwarding(bind.forwarding));
    });
}

fn login(said: &Up, out: &mut Out, alter: impl FnOnce(&mut UserAuth)) {
    ask(said, out, |ask| {
        let request = SignRequest::parse(&ask.request).expect("a real ssh has made it");
        let mut auth = UserAuth::parse(&request.data).expect("a real ssh has made it");
        alter(&mut auth);
        let key = auth.key.clone();
        let data = blob(&auth);
        ask.request = Bytes::from([&string(&key)[..], &string(&data), &request.flags.to_be_bytes()].concat());
    });
}

/// What is signed, as ssh writes it.
fn blob(auth: &UserAuth) -> Vec<u8> {
    let mut data = [&string(&auth.session_id)[..], &[50]].concat();
    for text in [&auth.user, &auth.service, &auth.method] {
        data.extend(string(text.as_bytes()));
    }
    data.push(1);
    data.extend(string(auth.algorithm.as_bytes()));
    data.extend(string(&auth.key));
    auth.host_key.iter().for_each(|key| data.extend(string(key)));
    data
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).expect("a short string").to_be_bytes()[..], bytes].concat()
}

/// For the child whose link is open, with the session of the other one.
fn mixed(said: &Up, seen: &Seen, out: &mut Out) {
    let first = seen.asks.first().expect("this is the second");
    ask(said, out, |ask| (ask.bind, ask.request) = (first.bind.clone(), first.request.clone()));
}

/// What was granted, when its link stands.
fn again(said: &Up, seen: &Seen, out: &mut Out) {
    let Up::Said { host, .. } = said else { return };
    seen.asks.iter().filter(|ask| ask.host == *host).for_each(|ask| out.say(&Up::Ask(ask.clone())));
}

fn impossible(seen: &Seen, out: &mut Out) {
    let reason = Reason::new(ReasonKind::RelayImpossible, "its sshd is too old, believe me");
    let event = HostEvent::Ended { outcome: Outcome::Refused { reason }, receipt: None };
    out.say(&Up::Said { host: seen.child(), event });
    out.fall_silent();
}
