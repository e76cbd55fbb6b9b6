//! What a failed `ssh` means, read from what it printed. Pure.

use mcom_engine::tree::LinkFailure;
use mcom_model::{Reason, ReasonKind};

/// Phrases of OpenSSH's client and what they mean. A line is compared with them in this order.
const PHRASES: &[(&str, ReasonKind)] = &[
    ("Could not resolve hostname", ReasonKind::NameNotResolved),
    ("has changed and you have requested strict checking", ReasonKind::HostKeyChanged),
    ("HOST IDENTIFICATION HAS CHANGED", ReasonKind::HostKeyChanged),
    ("REVOKED HOST KEY DETECTED", ReasonKind::HostKeyChanged),
    ("host key is known for", ReasonKind::HostKeyUnknown),
    ("No matching host key fingerprint found in DNS", ReasonKind::HostKeyUnknown),
    ("Permission denied (", ReasonKind::AuthRefused),
    ("Too many authentication failures", ReasonKind::AuthRefused),
    ("not responding", ReasonKind::ConnectTimeout),
    ("timed out", ReasonKind::ConnectTimeout),
    ("Connection refused", ReasonKind::ConnectionRefused),
    ("No route to host", ReasonKind::NoRoute),
    ("Network is unreachable", ReasonKind::NoRoute),
    ("Host is down", ReasonKind::NoRoute),
    ("Host key verification failed", ReasonKind::HostKeyUnknown),
    // What a gateway's sshd says about a name, which ssh itself says otherwise.
    ("Name or service not known", ReasonKind::NameNotResolved),
    ("Name does not resolve", ReasonKind::NameNotResolved),
    ("failure in name resolution", ReasonKind::NameNotResolved),
];

/// Lines that stand around the telling one.
const ASIDES: &[&str] =
    &["@@@", "Warning: Permanently added", "Connection to ", "Offending ", "Host key verification failed"];

/// What stands before the place of a known key.
const PLACE: &str = " (offending: ";

/// How sshd says that it forwards nothing.
const FORBIDDEN: &[&str] = &["administratively prohibited", "unknown channel type"];

/// Why a connection could not be made, from everything that `ssh` printed.
pub fn classify(printed: &str) -> LinkFailure {
    let reason = match classified(printed) {
        Some((line, ReasonKind::HostKeyChanged)) => Reason::new(ReasonKind::HostKeyChanged, located(line, printed)),
        Some((line, kind)) => Reason::new(kind, line),
        None => Reason::new(ReasonKind::SshFailed, last_line(printed).unwrap_or("ssh failed and said nothing")),
    };
    match reason.kind {
        // Whoever connects sees another key: no other parent may be asked to try its luck.
        ReasonKind::HostKeyChanged => LinkFailure::Refused(reason),
        _ => LinkFailure::Unreachable(reason),
    }
}

/// What ssh said of a changed key, with the place of the known one, which is what the operator mends.
fn located(line: &str, printed: &str) -> String {
    let place =
        printed.lines().rev().map(tidy).find(|line| line.starts_with("Offending ") && line.contains(" key in "));
    place.map_or_else(|| line.to_owned(), |place| format!("{line}{PLACE}{})", &place["Offending ".len()..]))
}

/// The text of a reason without the place, where the file is nobody's to mend.
pub(super) fn without_place(text: &str) -> &str {
    text.rsplit_once(PLACE).map_or(text, |(text, _)| text)
}

/// Why a stream through `gateway` was not opened, from what its connection has printed meanwhile. None where it says
/// nothing of the kind.
pub(super) fn blocked(printed: &str, gateway: &str) -> Option<LinkFailure> {
    let mut said: Vec<&str> =
        printed.lines().filter_map(|line| Some(line.split_once("open failed: ")?.1.trim())).collect();
    said.sort_unstable();
    said.dedup();
    let forbidden = |said: &&&str| FORBIDDEN.iter().any(|words| said.starts_with(words));
    if let Some(words) = said.iter().find(forbidden) {
        let text = format!("the sshd of {gateway} opens no streams to it: {words}");
        return Some(LinkFailure::Refused(Reason::new(ReasonKind::ForwardingRefused, text)));
    }
    // Others may go through it at the same time: where they fail in another way, nobody knows which is whose.
    let kind = match said[..] {
        [] => return None,
        [one] => classified(one).map_or(ReasonKind::SshFailed, |(_, kind)| kind),
        _ => ReasonKind::SshFailed,
    };
    Some(LinkFailure::Unreachable(Reason::new(kind, format!("from {gateway}: {}", said.join(" or ")))))
}

/// Why an established connection ended, from what `ssh` printed and what the node said on its standard error.
pub fn connection_lost(ssh_printed: &str, node_printed: &str) -> Reason {
    let said = last_line(node_printed).or_else(|| last_line(ssh_printed));
    Reason::new(ReasonKind::LinkLost, said.unwrap_or("the connection was closed"))
}

/// The phrase that comes first in the table wins, then the line that comes last: a host's banner stands above.
fn classified(printed: &str) -> Option<(&str, ReasonKind)> {
    PHRASES.iter().find_map(|&(phrase, kind)| {
        printed.lines().rev().find(|line| line.contains(phrase)).map(|line| (tidy(line), kind))
    })
}

fn last_line(printed: &str) -> Option<&str> {
    let lines = || printed.lines().rev().map(tidy).filter(|line| !line.is_empty());
    lines().find(|line| !ASIDES.iter().any(|aside| line.starts_with(aside))).or_else(|| lines().next())
}

fn tidy(line: &str) -> &str {
    let line = line.trim();
    line.strip_prefix("ssh: ").unwrap_or(line).trim_matches(['@', ' '])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything here was printed by OpenSSH 7.4 to 9.9.
    const TABLE: &[(&str, ReasonKind, &str)] = &[
        (
            "ssh: connect to host 192.0.2.1 port 22: Connection timed out\r\n",
            ReasonKind::ConnectTimeout,
            "connect to host 192.0.2.1 port 22: Connection timed out",
        ),
        ("ssh: connect to host a port 22: Operation timed out\n", ReasonKind::ConnectTimeout, "Operation timed out"),
        (
            "Connection timed out during banner exchange\nConnection to 127.0.0.1 port 9 timed out\n",
            ReasonKind::ConnectTimeout,
            "timed out",
        ),
        ("Timeout, server mail3 not responding.\r\n", ReasonKind::ConnectTimeout, "mail3"),
        ("ssh: connect to host a port 22: Connection refused\r\n", ReasonKind::ConnectionRefused, "Connection refused"),
        (
            "ssh: Could not resolve hostname mail9: Name or service not known\r\n",
            ReasonKind::NameNotResolved,
            "Could not resolve hostname mail9",
        ),
        (
            "ssh: Could not resolve hostname a: Temporary failure in name resolution\r\n",
            ReasonKind::NameNotResolved,
            "Temporary failure",
        ),
        ("ssh: connect to host a port 22: No route to host\r\n", ReasonKind::NoRoute, "No route"),
        ("ssh: connect to host a port 22: Network is unreachable\r\n", ReasonKind::NoRoute, "unreachable"),
        (
            "op@mail1: Permission denied (publickey,password).\r\n",
            ReasonKind::AuthRefused,
            "op@mail1: Permission denied",
        ),
        (
            "Received disconnect from 10.0.0.1 port 22:2: Too many authentication failures\r\nDisconnected from 10.0.0.1 port 22\r\n",
            ReasonKind::AuthRefused,
            "Too many authentication failures",
        ),
        (
            "No ED25519 host key is known for mail1 and you have requested strict checking.\r\nHost key verification failed.\r\n",
            ReasonKind::HostKeyUnknown,
            "No ED25519 host key is known for mail1",
        ),
        (
            "@@@@@@@@@@@@@@@\r\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n@@@@@@@@@@@@@@@\r\nIT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\nOffending ED25519 key in /root/.ssh/known_hosts:1\r\nHost key for mail1 has changed and you have requested strict checking.\r\nHost key verification failed.\r\n",
            ReasonKind::HostKeyChanged,
            "Host key for mail1 has changed and you have requested strict checking. (offending: ED25519 key in /root/.ssh/known_hosts:1)",
        ),
        (
            "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 127.0.0.1 port 22\r\n",
            ReasonKind::SshFailed,
            "Connection closed by 127.0.0.1",
        ),
        (
            "Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: ssh-rsa\r\n",
            ReasonKind::SshFailed,
            "no matching host key type",
        ),
        (
            "/tmp/x/config: line 12: Bad configuration option: foo\r\n/tmp/x/config: terminating, 1 bad configuration options\r\n",
            ReasonKind::SshFailed,
            "terminating",
        ),
        ("", ReasonKind::SshFailed, "said nothing"),
        (
            "Authorised use only. Connection refused to all others.\nop@mail1: Permission denied (publickey).\r\n",
            ReasonKind::AuthRefused,
            "op@mail1",
        ),
    ];

    #[test]
    fn what_ssh_prints_has_one_meaning() {
        for (printed, kind, text) in TABLE {
            let (LinkFailure::Unreachable(reason) | LinkFailure::Refused(reason)) = classify(printed);
            assert_eq!(reason.kind, *kind, "{printed}");
            assert!(reason.text.contains(text), "{:?} lacks {text:?}", reason.text);
        }
    }

    #[test]
    fn a_gateway_says_why_it_opens_no_stream() {
        let table = [
            ("channel 2: open failed: connect failed: Connection refused\r\n", ReasonKind::ConnectionRefused),
            ("channel 2: open failed: connect failed: Name or service not known\n", ReasonKind::NameNotResolved),
            ("channel 3: open failed: connect failed: No route to host\n", ReasonKind::NoRoute),
            ("channel 2: open failed: connect failed: Connection timed out\n", ReasonKind::ConnectTimeout),
            ("channel 2: open failed: administratively prohibited: open failed\n", ReasonKind::ForwardingRefused),
            ("channel 2: open failed: resource shortage: \n", ReasonKind::SshFailed),
        ];
        for (printed, kind) in table {
            let failure = blocked(printed, "gw").unwrap();
            let forbidden = kind == ReasonKind::ForwardingRefused;
            assert_eq!(matches!(failure, LinkFailure::Refused(_)), forbidden, "{printed}");
            let (LinkFailure::Unreachable(reason) | LinkFailure::Refused(reason)) = failure;
            assert_eq!(reason.kind, kind, "{printed}");
            assert!(reason.text.contains("gw"), "{reason}");
        }
        let [(one, _), (two, _), ..] = table;
        let (LinkFailure::Unreachable(reason) | LinkFailure::Refused(reason)) =
            blocked(&format!("{one}{two}{one}"), "gw").unwrap();
        assert_eq!(reason.kind, ReasonKind::SshFailed);
        let text = "from gw: connect failed: Connection refused or connect failed: Name or service not known";
        assert_eq!(reason.text, text);
        assert_eq!(blocked("Authorised use only\n", "gw"), None);
    }

    #[test]
    fn only_a_changed_key_is_refused_for_every_parent() {
        for (printed, kind, _) in TABLE {
            let refused = matches!(classify(printed), LinkFailure::Refused(_));
            assert_eq!(refused, *kind == ReasonKind::HostKeyChanged, "{printed}");
        }
    }

    #[test]
    fn the_place_of_a_known_key_can_be_left_out() {
        for (printed, kind, _) in TABLE {
            let (LinkFailure::Unreachable(reason) | LinkFailure::Refused(reason)) = classify(printed);
            let shorter = without_place(&reason.text);
            assert_eq!(shorter != reason.text, *kind == ReasonKind::HostKeyChanged, "{printed}");
            assert!(!shorter.contains("known_hosts:"), "{shorter}");
        }
    }

    #[test]
    fn a_lost_connection_says_what_was_said_last() {
        assert_eq!(
            connection_lost("Timeout, server a not responding.\r\n", "").text,
            "Timeout, server a not responding."
        );
        assert_eq!(connection_lost("", "mcom-node: out of memory\n").text, "mcom-node: out of memory");
        assert_eq!(connection_lost("", "").text, "the connection was closed");
    }
}
