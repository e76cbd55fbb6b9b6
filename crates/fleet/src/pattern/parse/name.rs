//! Names that may stand for many, with the user and the port around them.

use super::super::ast::{Name, Part, TermKind};
use super::super::cursor::{Cursor, ends_word, is_blank};
use super::super::error::{PatternError, PatternErrorKind as Kind};
use super::super::size;
use super::range;
use crate::hostset::{MAX_NAME, is_name_byte};

/// How deep alternation may nest; more is no pattern that anybody typed.
const MAX_DEPTH: usize = 32;

const QUOTE_HINT: &str = "put the whole pattern between quotes: 'mail1-{dc1,dc2}', or type mail1-(dc1|dc2)";

const DASH: (&str, &str) = ("begins with -", "host names begin with a letter, a digit or _; - alone is standard input");

/// Reads `[user@]name[:port]`.
pub(super) fn term(cursor: &mut Cursor) -> Result<TermKind, PatternError> {
    let start = cursor.at();
    if cursor.peek() == Some('-') {
        let (fault, hint) = DASH;
        return Err(cursor.error_here(Kind::BadName(fault), hint));
    }
    let user = user(cursor)?;
    let name_start = cursor.at();
    let name = name(cursor, Inside::Nothing, 0)?;
    let name_span = name_start..cursor.at();
    let port = if cursor.peek() == Some(':') { Some(port(cursor, start)?) } else { None };
    match cursor.peek() {
        Some('@') => {
            let hint = "only a plain user stands before @: alice@web[1-3]";
            return Err(cursor.error(Kind::BadUser(cursor.since(start).to_owned()), start..cursor.at(), hint));
        }
        Some(c) if !ends_word(c) => return Err(stray(cursor, c)),
        _ => {}
    }
    if let Some((fault, hint)) = bad_name(&name) {
        return Err(cursor.error(Kind::BadName(fault), name_span, hint));
    }
    Ok(TermKind::Name { user, name, port })
}

/// Why some name that this stands for could not be a host's.
fn bad_name(name: &Name) -> Option<(&'static str, &'static str)> {
    let start = size::start(name);
    if start.empty {
        Some(("is empty", "something has to stand beside an empty branch: web(|-test)"))
    } else if start.dash {
        Some(DASH)
    } else if start.dot {
        Some(("begins with a dot", "host names begin with a letter, a digit or _"))
    } else if size::longest(name) > MAX_NAME {
        Some(("is longer than 253 characters", "is a comma missing between two names?"))
    } else {
        None
    }
}

/// Reads `user@`, if it is there.
fn user(cursor: &mut Cursor) -> Result<Option<String>, PatternError> {
    let start = cursor.at();
    let word = cursor.rest().split(ends_word).next().unwrap_or("");
    let Some((user, _)) = word.split_once('@') else { return Ok(None) };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '+');
    if user.is_empty() || user.starts_with('-') || !user.chars().all(plain) {
        let hint = "only a plain user stands before @: alice@web[1-3]";
        return Err(cursor.error(Kind::BadUser(user.to_owned()), start..start + user.len().max(1), hint));
    }
    cursor.jump(start + user.len() + 1);
    Ok(Some(user.to_owned()))
}

fn port(cursor: &mut Cursor, term_start: usize) -> Result<u16, PatternError> {
    let start = cursor.at();
    let before = cursor.since(term_start);
    cursor.eat(':');
    let text = cursor.take_while(|c| !ends_word(c));
    let span = start..cursor.at();
    if let Some(port) = text.parse().ok().filter(|port| *port > 0 && text.bytes().all(|b| b.is_ascii_digit())) {
        return Ok(port);
    }
    if range::looks_like_ipv6(&format!("{before}:{text}")) {
        let hint = "give the host a name, and its address in the inventory";
        return Err(cursor.error(Kind::Ipv6(format!("{before}:{text}")), term_start..span.end, hint));
    }
    let hint = match text {
        "" => "a port is a number from 1 to 65535: web1:2222".to_owned(),
        _ if text.bytes().all(|b| b.is_ascii_digit()) => "a port is a number from 1 to 65535".to_owned(),
        _ if text.starts_with('/') => "a pattern names hosts only; paths are other arguments".to_owned(),
        _ if text.chars().all(is_name_char) => {
            format!("type {before},{text} for both; after : stands a port, web1:2222")
        }
        _ => "after : stands a port and nothing else: web1:2222".to_owned(),
    };
    Err(cursor.error(Kind::BadPort(format!(":{text}")), span, hint))
}

/// What the name being read is a part of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    Parens,
    Braces,
}

fn name(cursor: &mut Cursor, inside: Inside, depth: usize) -> Result<Name, PatternError> {
    let mut parts = Vec::new();
    while let Some(c) = cursor.peek() {
        match c {
            '[' => parts.push(Part::Range(range::range(cursor)?)),
            '(' | '{' if depth == MAX_DEPTH => return Err(cursor.error_here(Kind::TooDeep(MAX_DEPTH), "")),
            '(' => parts.push(alternation(cursor, depth)?),
            '{' => parts.push(braces(cursor, depth)?),
            '.' if matches!(cursor.rest().as_bytes().get(1), Some(b'*' | b'+')) => {
                return Err(looks_like_regex(cursor, 2));
            }
            '*' => {
                cursor.next();
                if parts.last() != Some(&Part::AnyText) {
                    parts.push(Part::AnyText);
                }
            }
            '?' => {
                cursor.next();
                parts.push(Part::AnyChar);
            }
            c if is_name_char(c) => {
                // Up to the next dot, so that the `*` after one is seen.
                let start = cursor.at();
                cursor.next();
                cursor.take_while(|c| is_name_char(c) && c != '.');
                push_literal(&mut parts, cursor.since(start));
            }
            _ => break,
        }
    }
    end_of_name(cursor, inside)?;
    Ok(Name { parts })
}

fn is_name_char(c: char) -> bool {
    u8::try_from(c).is_ok_and(is_name_byte)
}

fn push_literal(parts: &mut Vec<Part>, text: &str) {
    match parts.last_mut() {
        Some(Part::Literal(before)) => before.push_str(text),
        _ => parts.push(Part::Literal(text.to_owned())),
    }
}

/// Checks that the name ends with what may follow it where it stands.
fn end_of_name(cursor: &Cursor, inside: Inside) -> Result<(), PatternError> {
    let Some(c) = cursor.peek() else { return Ok(()) };
    match (inside, c) {
        (Inside::Nothing, '@' | ':') => Ok(()),
        (Inside::Nothing, c) if ends_word(c) => Ok(()),
        (Inside::Parens, '|' | ')') | (Inside::Braces, ',' | '}') => Ok(()),
        // What is missing is said where the bracket opened.
        (Inside::Braces, c) if is_blank(c) => Ok(()),
        (Inside::Parens, ',') => Err(cursor.error_here(Kind::Inside("a comma", "( )"), "type |: (dc1|dc2)")),
        (Inside::Braces, '|') => Err(cursor.error_here(Kind::Inside("a |", "{ }"), "type {dc1,dc2} or (dc1|dc2)")),
        (Inside::Parens, c) if is_blank(c) => {
            Err(cursor.error_here(Kind::Inside("a blank", "( )"), "write it without blanks: (dc1|dc2)"))
        }
        (_, '@' | ':') => {
            let hint = "users and ports stand around the whole name: alice@web(1|2):22";
            Err(cursor.error_here(Kind::Stray(c.to_string()), hint))
        }
        (_, c) => Err(stray(cursor, c)),
    }
}

/// Reads `(a|b)`.
fn alternation(cursor: &mut Cursor, depth: usize) -> Result<Part, PatternError> {
    let start = cursor.at();
    if cursor.rest()[1..].starts_with("?:") || cursor.rest()[1..].starts_with("?i") {
        return Err(looks_like_regex(cursor, 3));
    }
    cursor.eat('(');
    let branches = branches(cursor, '|', Inside::Parens, depth)?;
    if !cursor.eat(')') {
        return Err(cursor.error(Kind::Unclosed('('), start..start + 1, "close it: (dc1|dc2)"));
    }
    if branches == [Name::default()] {
        return Err(cursor.error(Kind::EmptyChoice, start..cursor.at(), "list words between the brackets: (dc1|dc2)"));
    }
    Ok(Part::Alt(branches))
}

/// Reads `{a,b}` or `{1..9}`.
fn braces(cursor: &mut Cursor, depth: usize) -> Result<Part, PatternError> {
    let start = cursor.at();
    if let Some(range) = braced_range(cursor)? {
        return Ok(range);
    }
    cursor.eat('{');
    let branches = branches(cursor, ',', Inside::Braces, depth)?;
    if !cursor.eat('}') {
        return Err(cursor.error(Kind::SplitByShell, start..cursor.at(), QUOTE_HINT));
    }
    if branches.len() == 1 {
        let hint = "type {1..9} or {a,b}; a repetition belongs to a regular expression: /web[0-9]{3}/";
        return Err(cursor.error(Kind::LoneBrace(cursor.since(start).to_owned()), start..cursor.at(), hint));
    }
    Ok(Part::Alt(branches))
}

fn braced_range(cursor: &mut Cursor) -> Result<Option<Part>, PatternError> {
    let start = cursor.at();
    let rest = cursor.rest();
    let Some(end) = rest.find('}') else { return Ok(None) };
    let body = &rest[1..end];
    if !body.contains("..") || !body.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') {
        return Ok(None);
    }
    let span = start..start + end + 1;
    let bounds: Vec<&str> = body.split("..").collect();
    let item = match bounds[..] {
        [first, last] => range::braced(cursor, first, last, None, span.clone())?,
        [first, last, step] => range::braced(cursor, first, last, Some(step), span.clone())?,
        _ => return Err(cursor.error(Kind::BadItem(body.to_owned()), span, "type {1..9} or {1..9..2}")),
    };
    cursor.jump(span.end);
    Ok(Some(Part::Range(vec![item])))
}

fn branches(cursor: &mut Cursor, between: char, inside: Inside, depth: usize) -> Result<Vec<Name>, PatternError> {
    let mut branches = vec![name(cursor, inside, depth + 1)?];
    while cursor.eat(between) {
        branches.push(name(cursor, inside, depth + 1)?);
    }
    Ok(branches)
}

/// A character that no name has.
fn stray(cursor: &Cursor, c: char) -> PatternError {
    match c {
        '}' => cursor.error_here(Kind::SplitByShell, QUOTE_HINT),
        ')' => cursor.error_here(Kind::Unopened(c), "open it: (dc1|dc2)"),
        ']' => cursor.error_here(Kind::Unopened(c), "open it: [1-10]"),
        '|' => cursor.error_here(Kind::Stray("|".to_owned()), "type (a|b) inside of a name, a,b between names"),
        '\\' => looks_like_regex(cursor, 2),
        '+' | '$' => looks_like_regex(cursor, 1),
        '/' => {
            let hint = "a pattern names hosts only; a file of hosts is written ^path, a regular expression /regex/";
            cursor.error_here(Kind::Stray("/".to_owned()), hint)
        }
        '=' | '^' | '~' | '#' | '%' | ';' | '"' | '\'' | '`' | '<' | '>' => {
            let hint = "host names have letters, digits, dots, - and _";
            cursor.error_here(Kind::Stray(c.to_string()), hint)
        }
        c => cursor.error_here(Kind::Stray(c.to_string()), "host names have ASCII letters, digits, dots, - and _"),
    }
}

fn looks_like_regex(cursor: &Cursor, len: usize) -> PatternError {
    let start = cursor.at();
    let text: String = cursor.rest().chars().take(len).collect();
    let word = cursor.word_around();
    let hint = match text.as_str() {
        ".*" => format!("type /{word}/ for a regular expression, or {} for any text there", word.replace(".*", "*")),
        _ => format!("type /{word}/ for a regular expression"),
    };
    cursor.error(Kind::LooksLikeRegex(text.clone()), start..start + text.len(), hint)
}
