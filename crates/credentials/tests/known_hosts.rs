//! What known_hosts files say of a host.

use crate::maker::line;
use mcom_credentials::{KnownHosts, Problem};

fn book(text: &str) -> KnownHosts {
    let mut book = KnownHosts::default();
    assert_eq!(book.read(text), []);
    book
}

/// Which of two keys is known for a name at a port: `1`, `2`, both or none.
fn known(text: &str, name: &str, port: u16) -> String {
    let (first, second) = (line("ed25519"), line("other"));
    let keys = book(&text.replace("K1", &first).replace("K2", &second)).keys_of(name, port);
    keys.join(",").replace(&first, "1").replace(&second, "2")
}

#[test]
fn a_name_is_found_by_itself_and_by_patterns() {
    assert_eq!(known("mail7 K1\nmail8 K2", "mail7", 22), "1");
    assert_eq!(known("mail7,10.1.0.7 K1 comment", "10.1.0.7", 22), "1");
    assert_eq!(known("mail7 K1\nmail7 K2\nmail7 K1", "mail7", 22), "1,2");
    assert_eq!(known("Mail7 K1", "mAIL7", 22), "1");
    for (pattern, fits) in [
        ("mail*", true),
        ("*", true),
        ("mail?", true),
        ("m*l?", true),
        ("*7", true),
        ("***", true),
        ("mail7*", true),
        ("mail??", false),
        ("?mail7", false),
        ("*8", false),
        ("mail", false),
        ("ail7", false),
        ("m*x*7", false),
        ("*ma*il*", true),
        ("mail*,!mail7", false),
        ("!mail7,mail*", false),
        ("mail*,!mail8", true),
        ("!mail8", false),
    ] {
        let expected = if fits { "1" } else { "" };
        assert_eq!(known(&format!("{pattern} K1"), "mail7", 22), expected, "{pattern}");
    }
}

#[test]
fn a_pattern_of_many_stars_takes_no_time() {
    let name = "a".repeat(200);
    assert_eq!(known(&format!("{}b K1", "a*".repeat(100)), &name, 22), "");
}

#[test]
fn another_port_has_entries_of_its_own_or_those_without_one() {
    assert_eq!(known("[mail7]:2222 K1\nmail7 K2", "mail7", 2222), "1");
    assert_eq!(known("[mail7]:2222 K1\nmail7 K2", "mail7", 22), "2");
    assert_eq!(known("[mail7]:2222 K1\nmail7 K2", "mail7", 2200), "2");
    assert_eq!(known("@revoked * K1\nmail7 K2", "mail7", 2222), "@revoked 1,2");
    assert_eq!(known("[mail7]:2222 K1\n@revoked mail7 K2", "mail7", 2222), "1");
    assert_eq!(known("[mail7]:22 K1", "mail7", 22), "");
}

#[test]
fn markers_stay_with_their_keys() {
    let text = "@cert-authority *.example.org,!mail8.example.org K1\n@revoked\tmail* K2";
    assert_eq!(known(text, "mail7.example.org", 22), "@cert-authority 1,@revoked 2");
    assert_eq!(known(text, "mail8.example.org", 22), "@revoked 2");
}

#[test]
fn an_alias_has_no_port() {
    let book = book(&format!("mail7-dc1 {}\n[mail7-dc1]:2222 {}", line("ed25519"), line("other")));
    assert_eq!(book.keys_of_alias("MAIL7-dc1"), [line("ed25519")]);
}

#[test]
fn a_hashed_name_is_found() {
    // By `ssh-keygen -H` from `mail7` and `[mail7]:2222`.
    let text = include_str!("fixtures/hashed_known_hosts");
    let book = book(text);
    assert_eq!(book.keys_of("mail7", 22), [line("ed25519")]);
    assert_eq!(book.keys_of("Mail7", 2222), [line("other")]);
    assert_eq!(book.keys_of("mail8", 22), [""; 0]);
}

#[test]
fn what_cannot_be_read_is_said_with_its_line() {
    let text = [
        "# comment",
        "",
        "mail7 1024 35 1234567890",
        "@trusted mail7 ssh-ed25519 AAAA",
        "mail7 ssh-ed25519 AAAA",
        "mail7",
        "|1|salt|hash ssh-ed25519 AAAA",
        "|2|c2FsdA==|aGFzaA== ssh-ed25519 AAAA",
    ];
    let mut book = KnownHosts::default();
    let problems = book.read(&text.join("\r\n"));
    let expected = [
        (3, "its key is one of SSH 1, which nobody speaks any more"),
        (4, "its marker is neither @cert-authority nor @revoked"),
        (5, "its key cannot be read"),
        (6, "its key cannot be read"),
        (7, "its hashed name cannot be read"),
        (8, "its hashed name cannot be read"),
    ];
    assert_eq!(problems, expected.map(|(line, why)| Problem { line, why }));
    assert_eq!(book.keys_of("mail7", 22), [""; 0]);
}

#[test]
fn several_files_are_one_book() {
    let mut book = KnownHosts::default();
    book.read(&format!("mail7 {}", line("ed25519")));
    book.read(&format!("mail7 {}", line("other")));
    assert_eq!(book.keys_of("mail7", 22), [line("ed25519"), line("other")]);
}
