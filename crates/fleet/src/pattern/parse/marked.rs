//! Terms that a mark begins: `@group`, `@run:`, `/regex/`, `~regex`, `^file`.

use super::super::ast::TermKind;
use super::super::cursor::{Cursor, ends_word, is_blank};
use super::super::error::{PatternError, PatternErrorKind as Kind};
use super::super::regex;

const GROUP_HINT: &str = "a group is @mail, @dc=dc1 or @source:mail; join two with a comma";
const RUN_HINT: &str = "type @run:latest/failed, or the id of a run from mcom history";

/// `@group`, `@source:group` or `@run:id/outcome`.
pub(super) fn group(cursor: &mut Cursor) -> Result<TermKind, PatternError> {
    let start = cursor.at();
    cursor.eat('@');
    let word = cursor.take_while(|c| !ends_word(c));
    let span = start..cursor.at();
    let (source, group) = match word.split_once(':') {
        Some(("run", run)) => return run_outcome(cursor, run, span.start),
        Some((source, group)) => (Some(source), group),
        None => (None, word),
    };
    let (key, value) = group.split_once('=').unwrap_or((group, "x"));
    if !is_word(key) || !is_word(value) || !source.is_none_or(is_word) {
        let hint = match word {
            "*" => "with an inventory, * alone is every host",
            _ if word.contains(['[', '(', '{']) => "lists are not expanded in a group: type @dc=dc1,@dc=dc2",
            _ => GROUP_HINT,
        };
        return Err(cursor.error(Kind::BadGroup(cursor.since(start).to_owned()), span, hint));
    }
    Ok(TermKind::Group { source: source.map(str::to_owned), group: group.to_owned() })
}

fn run_outcome(cursor: &Cursor, run: &str, start: usize) -> Result<TermKind, PatternError> {
    match run.split_once('/') {
        Some((id, outcome)) if is_word(id) && is_word(outcome) => {
            Ok(TermKind::Run { id: id.to_owned(), outcome: outcome.to_owned() })
        }
        _ => Err(cursor.error(Kind::BadRun(cursor.since(start).to_owned()), start..cursor.at(), RUN_HINT)),
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'))
}

/// `/regex/`: everything up to the next slash that no backslash stands before.
pub(super) fn slashed_regex(cursor: &mut Cursor) -> Result<TermKind, PatternError> {
    let start = cursor.at();
    cursor.eat('/');
    let inner = cursor.at();
    loop {
        match cursor.next() {
            None => {
                let hint = "a regular expression ends with a slash: /web[0-9]+/; a file of hosts is written ^/path";
                return Err(cursor.error(Kind::Unclosed('/'), start..start + 1, hint));
            }
            Some('\\') => drop(cursor.next()),
            Some('/') => break,
            Some(_) => {}
        }
    }
    let end = cursor.at() - 1;
    let regex = &cursor.since(inner)[..end - inner];
    checked(cursor, regex.to_owned(), inner, start)
}

/// `~regex`: everything up to a blank, comma, `&` or `!` that no bracket is around.
pub(super) fn tilde_regex(cursor: &mut Cursor) -> Result<TermKind, PatternError> {
    let start = cursor.at();
    cursor.eat('~');
    let inner = cursor.at();
    let mut regex = String::new();
    let mut depth = 0_usize;
    while let Some(c) = cursor.peek() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            c if depth == 0 && ends_word(c) => break,
            _ => {}
        }
        cursor.next();
        match c {
            '/' => regex.push_str("\\/"),
            '\\' => {
                regex.push('\\');
                regex.extend(cursor.next());
            }
            c => regex.push(c),
        }
    }
    checked(cursor, regex, inner, start)
}

fn checked(cursor: &Cursor, regex: String, inner: usize, start: usize) -> Result<TermKind, PatternError> {
    if regex.trim().is_empty() {
        let hint = "a regular expression is written /web[0-9]+/ or ~web[0-9]+";
        return Err(cursor.error(Kind::BadRegex("it is empty".to_owned()), start..cursor.at(), hint));
    }
    match regex::check(&regex) {
        Ok(()) => Ok(TermKind::Regex(regex)),
        Err(fault) => {
            let span = fault.span.map_or(start..cursor.at(), |span| inner + span.start..inner + span.end);
            let span = if cursor.since(start).starts_with('/') { span } else { start..cursor.at() };
            Err(cursor.error(
                Kind::BadRegex(fault.reason),
                span,
                "without its marks it is a name, where brackets are lists: web[1-3]",
            ))
        }
    }
}

/// `^file`.
pub(super) fn file(cursor: &mut Cursor) -> Result<TermKind, PatternError> {
    let start = cursor.at();
    cursor.eat('^');
    let path = cursor.take_while(|c| !ends_word(c));
    if path.is_empty() {
        let hint = match cursor.peek() {
            Some(c) if is_blank(c) => "write the path right after it: ^hosts.txt",
            _ => "write the path after it: ^hosts.txt",
        };
        return Err(cursor.error(Kind::NoFile, start..cursor.at(), hint));
    }
    Ok(TermKind::File(path.to_owned()))
}
