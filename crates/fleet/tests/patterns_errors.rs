//! Every mistake in a pattern, with the exact text that its reader sees.

#![allow(clippy::disallowed_methods, reason = "the messages of now are left in a file, to be compared and copied")]

use mcom_fleet::hostset::HostSet;
use mcom_fleet::pattern::{NoSource, Source, SourceError, expand, parse};

/// A pattern and the error that it gives, in the lines that are printed.
const MISTAKES: &str = include_str!("patterns_errors.txt");

/// Knows a few groups and one run; has an inventory of two hosts.
struct Known(HostSet);

impl Source for Known {
    fn file(&self, _path: &str) -> Result<String, SourceError> {
        Err(SourceError::Failed { reason: "no such file".to_owned(), hint: "write the path from here".to_owned() })
    }

    fn stdin(&self) -> Result<String, SourceError> {
        Ok("web1\nweb[10-1]\n".to_owned())
    }

    fn group(&self, _source: Option<&str>, _group: &str) -> Result<Vec<String>, SourceError> {
        Err(SourceError::Unknown { known: vec!["mail".to_owned(), "db".to_owned()] })
    }

    fn run(&self, _id: &str, _outcome: &str) -> Result<Vec<String>, SourceError> {
        Ok(Vec::new())
    }

    fn inventory(&self) -> Option<&HostSet> {
        Some(&self.0)
    }
}

fn message(pattern: &str, source: &dyn Source) -> String {
    let hosts = parse(pattern).and_then(|parsed| expand(&[parsed], &[], source, 1_000_000));
    hosts.map_or_else(|error| error.to_string(), |hosts| format!("no error: {} hosts", hosts.len()))
}

/// The file with every message made anew, so that a difference shows what readers would see.
fn transcript() -> String {
    let known = Known(["web1", "web2"].into_iter().collect());
    let mut out = String::new();
    let mut source: &dyn Source = &NoSource;
    for line in MISTAKES.lines() {
        match line.split_once(' ') {
            _ if line.starts_with("== ") || line.is_empty() => {
                source = if line.contains("with an inventory") { &known } else { source };
                out += line;
                out.push('\n');
            }
            Some(("pattern:", pattern)) => {
                out += &format!("pattern: {pattern}\n{}\n", message(pattern, source));
            }
            _ => {}
        }
    }
    out
}

#[test]
fn every_mistake_says_where_why_and_what_to_type() {
    let now = transcript();
    if now != MISTAKES {
        let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/patterns_errors.txt");
        std::fs::write(path, &now).unwrap();
        panic!("messages differ from tests/patterns_errors.txt; compare it with {path}");
    }
}

#[test]
fn nothing_at_all_is_an_error_too() {
    assert_eq!(message(" ", &NoSource), "the pattern is empty\n  name the hosts: web1, or mail[1-10]-(dc1|dc2)");
}
