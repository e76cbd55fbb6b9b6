//! Text to syntax tree: terms and what joins them. What a term looks like inside is in the files below.

mod marked;
mod name;
mod range;

use super::ast::{Joint, Pattern, Term, TermKind};
use super::cursor::{Cursor, ends_word, is_blank};
use super::error::{PatternError, PatternErrorKind as Kind};

/// Parses a pattern.
pub fn parse(text: &str) -> Result<Pattern, PatternError> {
    let mut cursor = Cursor::new(text);
    cursor.skip_blanks();
    match cursor.peek() {
        None => return Err(cursor.error(Kind::Empty, 0..text.len(), "name the hosts: web1, or mail[1-10]-(dc1|dc2)")),
        Some(sign @ (',' | '&' | '!')) => return Err(nothing_before(&cursor, sign)),
        Some(_) => {}
    }
    let mut terms = Vec::new();
    let mut joint = Some(Joint::Union);
    while let Some(joined) = joint {
        let start = cursor.at();
        let kind = term(&mut cursor)?;
        terms.push(Term { joint: joined, kind, span: start..cursor.at() });
        joint = next_joint(&mut cursor)?;
    }
    Ok(Pattern { text: text.to_owned(), terms })
}

fn term(cursor: &mut Cursor) -> Result<TermKind, PatternError> {
    match cursor.peek() {
        Some('@') => marked::group(cursor),
        Some('/') => marked::slashed_regex(cursor),
        Some('~') => marked::tilde_regex(cursor),
        Some('^') => marked::file(cursor),
        Some('-') if cursor.rest()[1..].chars().next().is_none_or(ends_word) => {
            cursor.next();
            Ok(TermKind::Stdin)
        }
        _ => name::term(cursor),
    }
}

/// Reads what stands between two terms; none at the end.
fn next_joint(cursor: &mut Cursor) -> Result<Option<Joint>, PatternError> {
    let blank = cursor.skip_blanks();
    let start = cursor.at();
    let joint = match cursor.next() {
        None => return Ok(None),
        Some(',') => Joint::Union,
        Some('&') => Joint::And,
        Some('!') => Joint::Without,
        Some(_) => {
            cursor.jump(start);
            return if blank { Ok(Some(Joint::Union)) } else { Err(no_joint(cursor)) };
        }
    };
    let sign = if joint == Joint::Union { ',' } else { joint.sign().chars().next().unwrap_or(',') };
    cursor.skip_blanks();
    match cursor.peek() {
        None => Err(cursor.error(Kind::NothingAfter(sign), start..start + 1, nothing_after_hint(sign))),
        Some(next @ (',' | '&' | '!')) => {
            let hint = match (sign, next) {
                (',', ',') => "type one comma; an empty shell variable can be the cause".to_owned(),
                (',', sign) => format!("type {sign} alone: a{sign}b"),
                _ => format!("type one {sign} between two terms"),
            };
            Err(cursor.error(Kind::NothingAfter(sign), start..start + 1, hint))
        }
        Some(_) => Ok(Some(joint)),
    }
}

fn nothing_after_hint(sign: char) -> String {
    match sign {
        ',' => "take the comma away, or name one more host; an empty shell variable can be the cause".to_owned(),
        _ => format!("name the hosts after {sign}: web[1-9]{sign}web3"),
    }
}

fn nothing_before(cursor: &Cursor, sign: char) -> PatternError {
    let hint = match sign {
        ',' => "take the comma away; an empty shell variable can be the cause",
        '&' => "name the hosts to choose from first: @mail&@dc=dc1",
        _ => "name the hosts to choose from first: web[1-9]!web3; with an inventory * is all of them",
    };
    cursor.error_here(Kind::NothingBefore(sign), hint)
}

/// A term ended where neither a blank nor a sign follows.
fn no_joint(cursor: &Cursor) -> PatternError {
    let start = cursor.at();
    let rest = cursor.rest();
    let end = start + rest.find(is_blank).unwrap_or(rest.len());
    let hint = "put a comma between two terms; a file of hosts is written ^/path";
    cursor.error(Kind::Stray(rest[..end - start].to_owned()), start..end, hint)
}
