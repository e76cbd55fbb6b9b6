//! What patterns expand to, over a small made-up fleet.

use super::*;
use crate::hostset::HostSet;
use crate::pattern::{NoSource, PatternErrorKind, SourceError, parse};

const LIMIT: u64 = 1_000;

/// An inventory of six hosts, two groups, one run and a few files.
struct Fleet(HostSet);

fn fleet() -> Fleet {
    Fleet(["web1", "web2", "web10", "mail1-dc1", "mail1-dc2", "mail2-dc2"].into_iter().collect())
}

fn list(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

impl Source for Fleet {
    fn file(&self, path: &str) -> Result<String, SourceError> {
        match path {
            "hosts.txt" => Ok("\u{feff}# all\r\nweb1\r\n\r\n  mail[1-2]-dc2 # both\nalice@b#1\n".replace("#1", "1")),
            "bad.txt" => Ok("web1\nweb[abc]\n".to_owned()),
            "nested.txt" => Ok("web1\n^hosts.txt\n".to_owned()),
            "large.txt" => Ok("a[1-600]\nb[1-600]\n".to_owned()),
            "empty.txt" => Ok("# none\n".to_owned()),
            _ => Err(SourceError::Failed { reason: "no such file".to_owned(), hint: String::new() }),
        }
    }

    fn stdin(&self) -> Result<String, SourceError> {
        Ok("web2\nweb1\n".to_owned())
    }

    fn group(&self, source: Option<&str>, group: &str) -> Result<Vec<String>, SourceError> {
        match (source, group) {
            (None | Some("inv"), "mail") => Ok(list(&["mail2-dc2", "mail1-dc1", "mail1-dc2"])),
            (None, "dc=dc2") => Ok(list(&["mail1-dc2", "mail2-dc2"])),
            (None, "none") => Ok(Vec::new()),
            (None, "evil") => Ok(list(&["-oProxyCommand=x"])),
            _ => Err(SourceError::Unknown { known: list(&["mail", "none"]) }),
        }
    }

    fn run(&self, id: &str, outcome: &str) -> Result<Vec<String>, SourceError> {
        match (id, outcome) {
            ("latest", "failed") => Ok(list(&["web2"])),
            ("latest", _) => Ok(Vec::new()),
            _ => Err(SourceError::Unknown { known: list(&["8f3k"]) }),
        }
    }

    fn inventory(&self) -> Option<&HostSet> {
        Some(&self.0)
    }
}

fn over(source: &dyn Source, include: &[&str], exclude: &[&str]) -> Result<String, PatternError> {
    let parsed = |texts: &[&str]| texts.iter().map(|text| parse(text)).collect::<Result<Vec<_>, _>>();
    let hosts = expand(&parsed(include)?, &parsed(exclude)?, source, LIMIT)?;
    Ok(hosts.iter().map(Target::to_string).collect::<Vec<_>>().join(" "))
}

fn hosts(pattern: &str) -> String {
    over(&fleet(), &[pattern], &[]).unwrap_or_else(|error| panic!("{pattern}: {error}"))
}

fn error(source: &dyn Source, include: &str) -> PatternError {
    over(source, &[include], &[]).expect_err(include)
}

#[test]
fn terms_are_taken_together_from_left_to_right() {
    for (pattern, expected) in [
        ("web10,web2 web1", "web1 web2 web10"),
        ("web[1-3],web[2-4]", "web1 web2 web3 web4"),
        ("a[1-5]!a[2-3]", "a1 a4 a5"),
        ("a[1-5]&a[2-9]", "a2 a3 a4 a5"),
        ("a[1-3],b[1-3]!a2", "a1 a3 b1 b2 b3"),
        ("a[1-3],b[1-3]&a[1-3]", "a1 a2 a3"),
        ("a[1-3]!a2,a2", "a1 a2 a3"),
        ("a[1-9]!a[1-3]&a[2-5]!a4", "a5"),
        ("a1 , b1 ! a1", "b1"),
        ("m[1,01,001]", "m1 m01 m001"),
        ("m{1..3}-{dc1,dc2}", "m1-dc1 m1-dc2 m2-dc1 m2-dc2 m3-dc1 m3-dc2"),
    ] {
        assert_eq!(hosts(pattern), expected, "{pattern}");
    }
}

#[test]
fn sources_answer_for_what_is_outside_of_the_text() {
    for (pattern, expected) in [
        ("@mail", "mail1-dc1 mail1-dc2 mail2-dc2"),
        ("@inv:mail!@dc=dc2", "mail1-dc1"),
        ("@run:latest/failed", "web2"),
        ("-", "web1 web2"),
        ("^hosts.txt", "alice@b1 mail1-dc2 mail2-dc2 web1"),
        ("*", "mail1-dc1 mail1-dc2 mail2-dc2 web1 web2 web10"),
        ("web?", "web1 web2"),
        ("*-dc[2-9]", "mail1-dc2 mail2-dc2"),
        ("alice@web*:22", "alice@web1:22 alice@web2:22 alice@web10:22"),
        ("/web1/", "web1"),
        ("/web.*/", "web1 web2 web10"),
        ("~(mail|web)[12](-dc1)?,web10", "mail1-dc1 web1 web2 web10"),
        // Taking nothing away is what an empty list is for.
        ("web1!@none", "web1"),
        ("web1!@run:latest/ok", "web1"),
        ("web1!^empty.txt", "web1"),
    ] {
        assert_eq!(hosts(pattern), expected, "{pattern}");
    }
}

#[test]
fn several_patterns_are_one_union_and_exclusions_come_last() {
    assert_eq!(over(&fleet(), &["a[1-3]", "b1"], &["a2,b9", "@none"]).unwrap(), "a1 a3 b1");
    let none = over(&fleet(), &["a[1-3]"], &["a[1-9]"]).unwrap_err();
    assert!(none.matched_nothing(), "{none}");
    assert!(over(&fleet(), &["a1"], &["zzz*"]).unwrap_err().matched_nothing());
}

#[test]
fn mentions_of_one_host_are_merged_and_may_not_disagree() {
    assert_eq!(hosts("alice@web1,web1:22,web1"), "alice@web1:22");
    assert_eq!(hosts("@mail&bob@mail1-dc1"), "bob@mail1-dc1");
    assert_eq!(hosts("alice@web[1-3]!bob@web2"), "alice@web1 alice@web3");
    let kind = error(&fleet(), "alice@web1,bob@web1").kind().clone();
    assert_eq!(kind, PatternErrorKind::Conflict("alice@web1".to_owned(), "bob@web1".to_owned()));
    let over_two = over(&fleet(), &["alice@web1", "bob@web1"], &[]).unwrap_err();
    assert!(matches!(over_two.kind(), PatternErrorKind::Conflict(..)));
}

#[test]
fn a_term_without_hosts_is_an_error() {
    for pattern in ["web1,zzz*", "/nope/", "@none", "@run:latest/ok", "^empty.txt", "a1&b1", "a1!a[1-2]", "a1&b1,c1"] {
        assert!(error(&fleet(), pattern).matched_nothing(), "{pattern}");
    }
}

#[test]
fn without_an_inventory_only_what_is_finite_expands() {
    let alone = |pattern: &str| over(&NoSource, &[pattern], &[]);
    assert_eq!(alone("/web[12]-(a|b)/").unwrap(), "web1-a web1-b web2-a web2-b");
    for pattern in ["web*", "web?", "@mail", "/web[0-9]+/", "/web./"] {
        assert!(matches!(error(&NoSource, pattern).kind(), PatternErrorKind::NeedsInventory(_)), "{pattern}");
    }
}

#[test]
fn too_many_names_are_refused_by_their_count() {
    for (pattern, count) in [
        ("a[1-1001]", "1,001"),
        ("a[1-1000],b1", "1,001"),
        ("a[0-99999999999999999]", "100,000,000,000,000,000"),
        ("a[0-99999999999999999]-[0-99999999999999999]", "more than 10^19"),
        ("a(b|c[1-10000])(d|e[1-10000])", "100,020,001"),
        ("b1!a[1-2000]", "2,000"),
    ] {
        let expected = PatternErrorKind::TooMany { count: count.to_owned(), limit: "1,000".to_owned() };
        assert_eq!(*error(&fleet(), pattern).kind(), expected, "{pattern}");
    }
    assert!(matches!(error(&NoSource, "/[0-9]{9}/").kind(), PatternErrorKind::TooMany { .. }));
    assert!(matches!(error(&fleet(), "^large.txt").kind(), PatternErrorKind::TooMany { .. }));
    let several = over(&fleet(), &["a[1-600]", "b[1-600]"], &[]).unwrap_err();
    assert!(matches!(several.kind(), PatternErrorKind::TooMany { .. }));
    assert_eq!(hosts("a[1-1000]&a[1-3]"), "a1 a2 a3");
}

#[test]
fn errors_in_files_name_the_line() {
    let bad = error(&fleet(), "^bad.txt").to_string();
    assert!(bad.starts_with("bad.txt line 2: [abc] is not a character class"), "{bad}");
    assert!(matches!(error(&fleet(), "^nested.txt").kind(), PatternErrorKind::NestedFile(_)));
}

#[test]
fn names_from_outside_are_checked() {
    assert!(matches!(error(&fleet(), "@evil").kind(), PatternErrorKind::Source(..)));
}
