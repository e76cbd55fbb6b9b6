//! ClusterShell's `nodeset` as an oracle: on what both understand, both must name the same hosts.
//!
//! `MCOM_NODESET` is the command to ask: the path of `nodeset`, or `python -m ClusterShell.CLI.Nodeset`. Without it
//! nothing is compared, and the test says so.
//!
//! Hundreds of expressions go to one process: each line of its standard input is an expression of its own, and its
//! names begin with a word of their own, by which the answers are told apart.

#![allow(clippy::disallowed_methods, clippy::print_stderr, clippy::unwrap_used, reason = "it asks another program")]

use mcom_fleet::hostset::{HostSet, fold};
use mcom_fleet::pattern::{NoSource, PatternErrorKind, expand, host_set, parse};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::io::Write;
use std::process::{Command, Stdio};

const CASES: usize = 250;

/// The oracle, if there is one.
fn nodeset() -> Option<Nodeset> {
    let Ok(command) = std::env::var("MCOM_NODESET") else {
        eprintln!("SKIPPED: MCOM_NODESET is not set, so nothing was compared with ClusterShell; scripts/test sets it");
        return None;
    };
    let nodeset = Nodeset { words: command.split_whitespace().map(str::to_owned).collect() };
    let version = nodeset.ask(&["--version"], "");
    assert!(version.contains(" 1.10."), "the oracle is ClusterShell 1.10, not {version}");
    Some(nodeset)
}

struct Nodeset {
    words: Vec<String>,
}

impl Nodeset {
    fn ask(&self, arguments: &[&str], input: &str) -> String {
        let (program, first) = self.words.split_first().expect("MCOM_NODESET is empty");
        let mut child = Command::new(program)
            .args(first)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        // It reads all of its input before it answers.
        child.stdin.take().expect("it is piped").write_all(input.as_bytes()).unwrap();
        let answer = child.wait_with_output().unwrap();
        assert!(answer.status.success(), "nodeset {arguments:?} refused its input");
        String::from_utf8(answer.stdout).unwrap()
    }

    /// The hosts of each expression, by the word that its names begin with.
    fn hosts(&self, arguments: &[&str], expressions: &[String]) -> BTreeMap<String, HostSet> {
        let mut by_word: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in self.ask(arguments, &lines(expressions)).split_whitespace() {
            by_word.entry(name[..WORD].to_owned()).or_default().push(name.to_owned());
        }
        by_word.into_iter().map(|(word, names)| (word, HostSet::from(names))).collect()
    }
}

/// One a line, the last too: of a line without its end nodeset drops the last character.
fn lines(texts: &[String]) -> String {
    texts.iter().map(|text| format!("{text}\n")).collect()
}

const WORD: usize = 4;

/// A word of four letters for each case.
fn word(case: usize) -> String {
    let letter = |place: u32| char::from(b'a' + (case / 26_usize.pow(place) % 26) as u8);
    (0..WORD as u32).rev().map(letter).collect()
}

/// The hosts of an expression; none where mcom refuses it because a step on the way leaves no host.
fn own_hosts(expression: &str) -> Option<HostSet> {
    match parse(expression).and_then(|pattern| expand(&[pattern], &[], &NoSource, 1_000_000)) {
        Ok(hosts) => Some(host_set(&hosts)),
        Err(error) if matches!(error.kind(), PatternErrorKind::NothingLeft(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

fn samples<T: std::fmt::Debug>(strategy: impl Strategy<Value = T>) -> Vec<T> {
    let mut runner = TestRunner::deterministic();
    (0..CASES).map(|_| strategy.new_tree(&mut runner).unwrap().current()).collect()
}

fn range() -> impl Strategy<Value = String> {
    let item = prop_oneof![
        3 => (0_u32..30).prop_map(|n| n.to_string()),
        4 => (0_u32..20, 1_u32..12).prop_map(|(first, more)| format!("{first}-{}", first + more)),
        2 => (0_u32..9, 4_u32..30, 2_u32..9).prop_map(|(first, more, step)| format!("{first}-{}/{step}", first + more)),
        2 => (0_u32..30, 1_u32..12).prop_map(|(first, more)| format!("{first:02}-{:02}", first + more)),
        1 => (95_u32..99, 1_u32..9).prop_map(|(first, more)| format!("{first:03}-{:03}", first + more)),
    ];
    vec(item, 1..4).prop_map(|items| format!("[{}]", items.join(",")))
}

/// Terms of one shape, so that they overlap, joined by signs. `#` stands for the word of the case.
fn expression() -> impl Strategy<Value = String> {
    let shape = prop_oneof![Just(vec![""]), Just(vec!["", "-x"]), Just(vec!["n", "-"]), Just(vec!["", "x", "-"])];
    (shape, 1_usize..5).prop_flat_map(|(shape, terms)| {
        let ranges = vec(vec(range(), shape.len()), terms);
        let signs = vec(prop_oneof![2 => Just(","), 1 => Just("!"), 1 => Just("&")], terms);
        (ranges, signs, any::<bool>()).prop_map(move |(ranges, signs, tail)| {
            let term = |ranges: &Vec<String>| {
                let parts: String = shape.iter().zip(ranges).map(|(text, range)| format!("{text}{range}")).collect();
                format!("#{parts}{}", if tail { "-z" } else { "" })
            };
            let first = term(&ranges[0]);
            ranges[1..].iter().zip(signs).fold(first, |all, (ranges, sign)| all + sign + &term(ranges))
        })
    })
}

/// The case's names, in no order.
fn name_list() -> impl Strategy<Value = Vec<String>> {
    let number = || prop_oneof![6 => (0_u32..20).prop_map(|n| n.to_string()), 1 => "0[0-9]|[1-9][0-9]{2}|0[0-9]{2}"];
    let one = number().prop_map(|n| format!("#{n}"));
    let two = (number(), number()).prop_map(|(a, b)| format!("#r{a}-{b}"));
    let three = (0_u32..3, 0_u32..3, number()).prop_map(|(a, b, c)| format!("#{a}x{b}-{c}z"));
    vec(prop_oneof![one, two, three], 1..60).prop_shuffle()
}

fn expressions(strategy: impl Strategy<Value = String>) -> Vec<String> {
    samples(strategy).into_iter().enumerate().map(|(case, text)| text.replace('#', &word(case))).collect()
}

#[test]
fn expressions_name_the_same_hosts() {
    let Some(nodeset) = nodeset() else { return };
    let expressions = expressions(expression());
    let theirs = nodeset.hosts(&["-e"], &expressions);
    let mut compared = 0;
    for (case, expression) in expressions.iter().enumerate() {
        let their_hosts = theirs.get(&word(case)).cloned().unwrap_or_default();
        match own_hosts(expression) {
            Some(own) => assert_eq!(own, their_hosts, "{expression}"),
            // Refused: mcom takes a step that leaves no host for a mistake. Only a later union can follow.
            None => assert!(their_hosts.is_empty() || expression.contains(','), "{expression}"),
        }
        compared += usize::from(!their_hosts.is_empty());
    }
    assert!(compared > CASES / 2, "only {compared} expressions had hosts");
}

#[test]
fn the_exclude_option_is_a_second_pattern() {
    let Some(nodeset) = nodeset() else { return };
    let include = expressions(range().prop_map(|range| format!("#{range}")));
    let exclude = expressions((range(), range()).prop_map(|(one, other)| format!("#{one},#{other}")));
    let theirs = nodeset.hosts(&["-e", "-x", &exclude.join(",")], &include);
    for (case, (include, exclude)) in include.iter().zip(&exclude).enumerate() {
        let patterns = [parse(include).unwrap(), parse(exclude).unwrap()];
        let own = match expand(&patterns[..1], &patterns[1..], &NoSource, 1_000_000) {
            Err(error) if matches!(error.kind(), PatternErrorKind::NothingLeft(_)) => HostSet::new(),
            hosts => host_set(&hosts.unwrap()),
        };
        assert_eq!(own, theirs.get(&word(case)).cloned().unwrap_or_default(), "{include} -x {exclude}");
    }
}

#[test]
fn each_reads_what_the_other_folds() {
    let Some(nodeset) = nodeset() else { return };
    let cases: Vec<Vec<String>> = samples(name_list())
        .into_iter()
        .enumerate()
        .map(|(case, names)| names.into_iter().map(|name| name.replace('#', &word(case))).collect())
        .collect();
    let expected: Vec<HostSet> = cases.iter().map(|names| names.iter().map(String::as_str).collect()).collect();

    let own_folds: Vec<String> = cases.iter().map(|names| fold(names.iter().map(String::as_str))).collect();
    let theirs = nodeset.hosts(&["-e"], &own_folds);
    for (case, expected) in expected.iter().enumerate() {
        assert_eq!(theirs.get(&word(case)), Some(expected), "{}", own_folds[case]);
    }

    let their_fold = nodeset.ask(&["-f"], &lines(&cases.concat()));
    let all: HostSet = cases.concat().into_iter().collect();
    assert!(own_hosts(their_fold.trim()) == Some(all), "what nodeset folded reads differently");
}
