//! What holds for every pattern and every set of hosts.

use mcom_fleet::hostset::{HostSet, describe, fold};
use mcom_fleet::pattern::{NoSource, Target, TermKind, expand, explain, parse};
use proptest::collection::{btree_set, vec};
use proptest::prelude::*;

const LIMIT: u64 = 5_000;

/// The names of a pattern; none if it is refused.
fn names(text: &str) -> Option<Vec<String>> {
    names_within(text, LIMIT)
}

fn names_within(text: &str, limit: u64) -> Option<Vec<String>> {
    let pattern = parse(text).ok()?;
    let hosts = expand(&[pattern], &[], &NoSource, limit).ok()?;
    Some(hosts.into_iter().map(|host| host.name).collect())
}

fn name_set(text: &str) -> HostSet {
    names(text).unwrap_or_else(|| panic!("{text} expands")).into_iter().collect()
}

fn item() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u32..120).prop_map(|n| n.to_string()),
        (0_u32..20, 0_u32..20).prop_map(|(a, more)| format!("{a}-{}", a + more)),
        (0_u32..9, 1_u32..30, 1_u32..5).prop_map(|(a, more, step)| format!("{a}-{}/{step}", a + more)),
        (0_u32..50, 0_u32..49).prop_map(|(a, more)| format!("{a:02}-{:02}", a + more)),
        (0_u32..50).prop_map(|n| format!("{n:03}")),
        "[a-c]|[a-c]-[d-f]|[A-B]-[C-F]/2",
    ]
}

/// A part of a name, in any accepted spelling.
fn part() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        3 => "[a-z]{1,3}|-|\\.|_|[0-9]",
        2 => vec(item(), 1..4).prop_map(|items| format!("[{}]", items.join(","))),
        1 => (0_u32..9, 0_u32..9).prop_map(|(a, more)| format!("{{{a}..{}}}", a + more)),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let branch = vec(inner, 0..3).prop_map(|parts| parts.concat());
        prop_oneof![
            vec(branch.clone(), 1..4).prop_map(|branches| format!("({})", branches.join("|"))),
            vec(branch, 2..4).prop_map(|branches| format!("{{{}}}", branches.join(","))),
        ]
    })
}

fn name() -> impl Strategy<Value = String> {
    vec(part(), 0..4).prop_map(|parts| format!("n{}", parts.concat()))
}

fn term() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => ("([a-z]{1,3}@)?", name(), "(:22)?").prop_map(|(user, name, port)| format!("{user}{name}{port}")),
        1 => "@[a-z]{1,4}|@dc=dc[0-9]|@inv:[a-z]{1,4}|@run:latest/failed|\\^[a-z/.]{1,9}|-|[a-z]{1,3}[*?][a-z]?",
        1 => "/[a-z]{1,3}(\\[0-9\\]\\+|\\(a\\|b\\)|\\\\/)?/|~[a-z]{1,3}(\\(a,b\\)|/|\\{1,3\\}|\\\\\\.)?",
    ]
}

fn pattern() -> impl Strategy<Value = String> {
    (term(), vec((prop_oneof![Just(","), Just(" "), Just("&"), Just("!"), Just(" ! "), Just(", ")], term()), 0..4))
        .prop_map(|(first, rest)| rest.into_iter().fold(first, |all, (joint, term)| all + joint + &term))
}

/// Host names that share enough to be folded together.
fn host() -> impl Strategy<Value = String> {
    let number =
        || prop_oneof![4 => (0_u32..14).prop_map(|n| n.to_string()), 1 => "0{1,2}[0-9]|[0-9]{2,3}|[0-9]{16,19}"];
    prop_oneof![
        4 => (number(), "dc[1-3]|ams|fra|dc0[1-3]|x").prop_map(|(n, dc)| format!("mail{n}-{dc}")),
        3 => number().prop_map(|n| format!("web{n}")),
        2 => (number(), number(), number()).prop_map(|(a, b, c)| format!("r{a}-u{b}.n{c}")),
        1 => (number(), "(dc[1-2]|ams)(\\.x[1-2]?\\.com|)").prop_map(|(n, tail)| format!("db{n}.{tail}")),
        1 => "[a-z_][a-z0-9._-]{0,12}|[0-9]{1,3}(\\.[0-9]{1,2}){3,8}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printing_and_parsing_are_inverse(text in pattern()) {
        // Some made-up texts have names that are refused, such as too long ones.
        let Ok(parsed) = parse(&text) else { return Ok(()) };
        let printed = parsed.to_string();
        let again = parse(&printed).map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?;
        prop_assert_eq!(&again, &parsed, "{}", printed);
        prop_assert_eq!(again.to_string(), printed);
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,20}|[\\[\\](){}|,&!@:/~^a-c0-2. *?\\\\-]{0,24}") {
        if let Err(error) = parse(&text) {
            let shown = error.to_string();
            prop_assert!(!shown.is_empty() && text.get(error.span()).is_some(), "{}", shown);
        }
    }

    #[test]
    fn folding_and_expanding_are_inverse(hosts in btree_set(host(), 1..60)) {
        let folded = fold(hosts.iter().map(String::as_str));
        let expected: HostSet = hosts.into_iter().collect();
        prop_assert_eq!(name_set(&folded), expected, "{}", folded);
        let canonical = parse(&folded).map_err(|error| TestCaseError::fail(error.to_string()))?.to_string();
        prop_assert_eq!(canonical, folded);
    }

    #[test]
    fn the_fold_depends_on_the_set_alone(hosts in vec(host(), 1..40).prop_shuffle()) {
        let sorted: HostSet = hosts.iter().map(String::as_str).collect();
        prop_assert_eq!(fold(hosts.iter().map(String::as_str)), sorted.fold());
    }

    #[test]
    fn expansion_is_in_natural_order_and_as_long_as_counted(text in name()) {
        let Some(found) = names(&text) else { return Ok(()) };
        let sorted: HostSet = found.iter().map(String::as_str).collect();
        prop_assert_eq!(sorted.as_slice(), found.as_slice());
        let parsed = parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let told = explain(&parsed, &NoSource, LIMIT).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(told[0].count, found.len() as u64);
    }

    #[test]
    fn matching_and_expanding_agree(text in name(), other in name()) {
        let (Some(found), Some(others)) = (names(&text), names(&other)) else { return Ok(()) };
        let parsed = parse(&text).unwrap();
        let TermKind::Name { name, .. } = &parsed.terms()[0].kind else { return Err(TestCaseError::fail(text)) };
        let own: HostSet = found.iter().map(String::as_str).collect();
        for host in found.iter().chain(&others).take(300) {
            prop_assert_eq!(name.matches(host), own.contains(host), "{} in {}", host, text);
        }
    }

    #[test]
    fn and_without_and_exclusion_are_set_algebra(a in name(), b in name()) {
        let (Some(left), Some(right)) = (names(&a), names(&b)) else { return Ok(()) };
        let (left, right): (HostSet, HostSet) = (left.into_iter().collect(), right.into_iter().collect());
        // What would leave no host is refused. Names that both have are counted twice against the limit.
        let empty_where_refused = |text: String| names_within(&text, 2 * LIMIT).unwrap_or_default().into_iter().collect::<HostSet>();
        prop_assert_eq!(empty_where_refused(format!("{a},{b}")), left.union(&right));
        prop_assert_eq!(empty_where_refused(format!("{a}&{b}")), left.intersection(&right));
        prop_assert_eq!(empty_where_refused(format!("{a}!{b}")), left.difference(&right));
        let (include, exclude) = (parse(&a).unwrap(), parse(&b).unwrap());
        let rest = expand(&[include], &[exclude], &NoSource, LIMIT).unwrap_or_default();
        prop_assert_eq!(rest.into_iter().map(|host: Target| host.name).collect::<HostSet>(), left.difference(&right));
    }

    #[test]
    fn a_description_by_complement_is_true(hosts in btree_set(host(), 2..40), keep in vec(any::<bool>(), 40)) {
        let whole: HostSet = hosts.into_iter().collect();
        let part: HostSet = whole.iter().zip(keep).filter(|(_, keep)| *keep).map(|(name, _)| name).collect();
        let text = describe(&whole, &part);
        let meant = match text.strip_prefix("all but ") {
            Some(but) => whole.difference(&name_set(but)),
            None if text == "none" => HostSet::new(),
            None if text == format!("all {}", whole.len()) => whole.clone(),
            None => name_set(&text),
        };
        prop_assert_eq!(meant, part, "{}", text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn made_up_patterns_are_mostly_accepted(texts in vec(name(), 40)) {
        let accepted = texts.iter().filter(|text| parse(text).is_ok()).count();
        prop_assert!(accepted > 15, "{} of 40", accepted);
    }
}
