//! Regular expressions: checked when parsed, matched against whole names, and, if finite, enumerated.
//!
//! Enumeration walks the syntax tree of `regex-syntax`. It counts before it allocates.

use crate::hostset::{MAX_NAME, is_host_name, is_name_byte};
use regex::Regex;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Repetition};
use std::ops::Range;

/// Why a text is no regular expression.
pub(super) struct Fault {
    pub(super) reason: String,
    /// Where, in bytes of the regular expression.
    pub(super) span: Option<Range<usize>>,
}

/// Why a regular expression cannot be enumerated.
pub(super) enum Endless {
    /// It matches names of any length.
    Unbounded,
    /// It has a class of characters that stands for more than what names are made of, such as a dot.
    AnyCharacter,
    /// It matches text that is longer than any name.
    TooLong,
    /// More names than are allowed; how many, where that can be counted.
    TooMany(Option<u64>),
}

/// Checks that a text is a regular expression that can be compiled.
pub(super) fn check(regex: &str) -> Result<(), Fault> {
    let fault = |reason: String, span: Option<&regex_syntax::ast::Span>| Fault {
        reason,
        span: span.map(|span| span.start.offset..span.end.offset),
    };
    match ParserBuilder::new().build().parse(regex) {
        Ok(_) => {}
        Err(regex_syntax::Error::Parse(error)) => return Err(fault(error.kind().to_string(), Some(error.span()))),
        Err(regex_syntax::Error::Translate(error)) => return Err(fault(error.kind().to_string(), Some(error.span()))),
        Err(error) => return Err(fault(error.to_string(), None)),
    }
    whole(regex).map(drop).map_err(|error| fault(error.to_string(), None))
}

/// The regular expression, anchored to the whole name.
pub(super) fn whole(regex: &str) -> Result<Regex, regex::Error> {
    Regex::new(&format!(r"\A(?:{regex})\z"))
}

/// How many names it stands for at most.
pub(super) fn count(regex: &str, limit: u64) -> Result<u64, Endless> {
    let hir = parse(regex)?;
    let count = count_of(&hir)?;
    count.filter(|&count| count <= limit).ok_or(Endless::TooMany(count))
}

/// Every host name that it matches, some perhaps twice.
pub(super) fn enumerate(regex: &str, limit: u64) -> Result<Vec<String>, Endless> {
    count(regex, limit)?;
    let hir = parse(regex)?;
    let mut names: Vec<String> = extend(&hir, vec![Vec::new()])
        .into_iter()
        .filter_map(|bytes| String::from_utf8(bytes).ok())
        .filter(|name| is_host_name(name))
        .collect();
    // Anchors and word boundaries were taken for nothing; here they count.
    if !hir.properties().look_set().is_empty()
        && let Ok(whole) = whole(regex)
    {
        names.retain(|name| whole.is_match(name));
    }
    Ok(names)
}

/// The syntax tree, for names of ASCII, if it matches no text that is longer than a name.
fn parse(regex: &str) -> Result<Hir, Endless> {
    // `check` has refused what does not parse; what only parses with Unicode is left to an inventory.
    let parsed = ParserBuilder::new().unicode(false).utf8(false).build().parse(regex);
    let hir = parsed.map_err(|_| Endless::AnyCharacter)?;
    match hir.properties().maximum_len() {
        None => Err(Endless::Unbounded),
        Some(longest) if longest > MAX_NAME => Err(Endless::TooLong),
        Some(_) => Ok(hir),
    }
}

fn count_of(hir: &Hir) -> Result<Option<u64>, Endless> {
    Ok(match hir.kind() {
        HirKind::Empty | HirKind::Look(_) | HirKind::Literal(_) => Some(1),
        HirKind::Class(class) => Some(class_bytes(class)?.len().max(1) as u64),
        HirKind::Repetition(repetition) => {
            let Some(max) = bounds(repetition)?.1 else { return Ok(Some(1)) };
            let once = count_of(&repetition.sub)?;
            once.and_then(|once| {
                (repetition.min..=max).try_fold(0, |sum: u64, k| sum.checked_add(once.checked_pow(k)?))
            })
        }
        HirKind::Capture(capture) => count_of(&capture.sub)?,
        HirKind::Concat(parts) => combine(parts, 1, u64::checked_mul)?,
        HirKind::Alternation(parts) => combine(parts, 0, u64::checked_add)?,
    })
}

fn combine(parts: &[Hir], start: u64, with: impl Fn(u64, u64) -> Option<u64>) -> Result<Option<u64>, Endless> {
    let mut all = Some(start);
    for part in parts {
        let count = count_of(part)?;
        all = all.zip(count).and_then(|(all, count)| with(all, count));
    }
    Ok(all)
}

/// How often it repeats at least and at most; no maximum where what is repeated is empty, so that once is enough.
fn bounds(repetition: &Repetition) -> Result<(u32, Option<u32>), Endless> {
    if repetition.sub.properties().maximum_len() == Some(0) {
        return Ok((0, None));
    }
    let max = repetition.max.ok_or(Endless::Unbounded)?;
    Ok((repetition.min, Some(max)))
}

/// The characters of a class, if all of them may stand in names.
fn class_bytes(class: &Class) -> Result<Vec<u8>, Endless> {
    let ranges: Vec<(u32, u32)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|r| (r.start() as u32, r.end() as u32)).collect(),
        Class::Bytes(class) => class.ranges().iter().map(|r| (r.start().into(), r.end().into())).collect(),
    };
    let mut bytes = Vec::new();
    for code in ranges.into_iter().flat_map(|(first, last)| first..=last) {
        match u8::try_from(code) {
            Ok(byte) if is_name_byte(byte) => bytes.push(byte),
            _ => return Err(Endless::AnyCharacter),
        }
    }
    Ok(bytes)
}

/// Everything that begins with one of `starts` and goes on with a match.
fn extend(hir: &Hir, starts: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => starts,
        HirKind::Literal(literal) => each_with(starts, &literal.0),
        HirKind::Class(class) => {
            let bytes = class_bytes(class).unwrap_or_default();
            starts
                .iter()
                .flat_map(|start| bytes.iter().map(move |&byte| [start.as_slice(), &[byte]].concat()))
                .collect()
        }
        HirKind::Repetition(repetition) => repeat(repetition, starts),
        HirKind::Capture(capture) => extend(&capture.sub, starts),
        HirKind::Concat(parts) => parts.iter().fold(starts, |starts, part| extend(part, starts)),
        HirKind::Alternation(parts) => parts.iter().flat_map(|part| extend(part, starts.clone())).collect(),
    }
}

fn each_with(mut starts: Vec<Vec<u8>>, literal: &[u8]) -> Vec<Vec<u8>> {
    starts.iter_mut().for_each(|start| start.extend_from_slice(literal));
    starts
}

fn repeat(repetition: &Repetition, starts: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let Ok((min, Some(max))) = bounds(repetition) else { return starts };
    let mut all = Vec::new();
    let mut current = starts;
    for times in 0..=max {
        if times >= min {
            all.extend_from_slice(&current);
        }
        if times < max {
            current = extend(&repetition.sub, current);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(regex: &str) -> Vec<String> {
        let mut names = enumerate(regex, 1_000).unwrap_or_else(|_| panic!("{regex} is finite"));
        names.sort();
        names.dedup();
        names
    }

    #[test]
    fn finite_ones_are_enumerated() {
        assert_eq!(names("mail([1-9]|10)-(dc1|dc2)").len(), 20);
        assert_eq!(names("web[12]"), ["web1", "web2"]);
        assert_eq!(names("web1?"), ["web", "web1"]);
        assert_eq!(names("w[0-1]{1,2}"), ["w0", "w00", "w01", "w1", "w10", "w11"]);
        assert_eq!(names(r"web\d").len(), 10);
        assert_eq!(names("(?i)a1"), ["A1", "a1"]);
        assert_eq!(names("^web1$|^b$"), ["b", "web1"]);
        assert_eq!(names("web1|x y|-x|"), ["web1"]);
        assert_eq!(names(r"web1\b-a|web1\ba"), ["web1-a"]);
        assert_eq!(names("(){1000000000}a"), ["a"]);
    }

    #[test]
    fn others_are_refused_before_they_cost_anything() {
        let refused = |regex: &str| enumerate(regex, 1_000).err();
        assert!(matches!(refused("web[0-9]+"), Some(Endless::Unbounded)));
        assert!(matches!(refused("web."), Some(Endless::AnyCharacter)));
        assert!(matches!(refused("web[^1]"), Some(Endless::AnyCharacter)));
        assert!(matches!(refused("[0-9]{4}"), Some(Endless::TooMany(Some(10_000)))));
        assert!(matches!(refused("[0-9]{200}"), Some(Endless::TooMany(None))));
        assert!(matches!(refused("(a{100}){100}"), Some(Endless::TooLong)));
        assert!(matches!(refused("(a?){250}"), Some(Endless::TooMany(None))));
    }
}
