//! Ranges: `[1-3,7]`, `[08-11]`, `[0-48/16]`, `[a-f]`, and the same between braces, `{1..9}`.

use super::super::ast::Item;
use super::super::cursor::{Cursor, is_blank};
use super::super::error::{PatternError, PatternErrorKind as Kind};
use crate::hostset::MAX_DIGITS;
use std::ops::Range;

/// Reads a range, from its `[` to its `]`.
pub(super) fn range(cursor: &mut Cursor) -> Result<Vec<Item>, PatternError> {
    let start = cursor.at();
    let rest = cursor.rest();
    let Some(len) = rest.find(']') else {
        return Err(cursor.error(Kind::Unclosed('['), start..start + 1, "close it: [1-10]"));
    };
    let whole = start..start + len + 1;
    let body = &rest[1..len];
    if let Some(error) = misread(cursor, body, whole.clone()) {
        return Err(error);
    }
    let mut items = Vec::new();
    let mut at = start + 1;
    for text in body.split(',') {
        items.push(item(cursor, text, at..at + text.len(), &whole)?);
        at += text.len() + 1;
    }
    cursor.jump(whole.end);
    Ok(items)
}

/// Whether a text is an address with colons; `1:50:2` is not, it would need two colons in a row or seven.
pub(super) fn looks_like_ipv6(text: &str) -> bool {
    let colons = text.matches(':').count();
    (colons == 7 || text.contains("::")) && text.chars().all(|c| c.is_ascii_hexdigit() || c == ':')
}

/// What is between the brackets and means something else in other tools.
fn misread(cursor: &Cursor, body: &str, whole: Range<usize>) -> Option<PatternError> {
    let text = format!("[{body}]");
    let blank = body.find(is_blank);
    if body.is_empty() {
        return Some(cursor.error(Kind::EmptyChoice, whole, "list numbers between the brackets: [1-10]"));
    }
    if body.starts_with(['^', '!']) {
        let hint = "leave hosts out with !: web[1-9]!web[3-4]";
        return Some(cursor.error(Kind::CharacterClass(text), whole, hint));
    }
    if let Some(at) = blank {
        let at = whole.start + 1 + at;
        return Some(cursor.error(Kind::Inside("a blank", "[ ]"), at..at + 1, "write it without blanks: [1-3,7]"));
    }
    if looks_like_ipv6(body) {
        let hint = "give the host a name, and its address in the inventory";
        return Some(cursor.error(Kind::Ipv6(text), whole, hint));
    }
    if let Some(at) = body.find(['[', '(', '{']) {
        let at = whole.start + 1 + at;
        let hint = "a range holds only numbers and letters: close it with ] before the next bracket";
        return Some(cursor.error(Kind::Stray(body[at - whole.start - 1..][..1].to_owned()), at..at + 1, hint));
    }
    None
}

fn item(cursor: &Cursor, text: &str, span: Range<usize>, whole: &Range<usize>) -> Result<Item, PatternError> {
    if text.is_empty() {
        return Err(cursor.error(Kind::EmptyChoice, span, "take the extra comma away: [1-3,7]"));
    }
    for sign in [":", ".."] {
        if let Some((first, last)) = text.split_once(sign) {
            let hint = match last.split_once(sign) {
                Some((last, step)) => format!("type [{first}-{last}/{step}]"),
                None => format!("type [{first}-{last}]"),
            };
            return Err(cursor.error(Kind::ForeignRange(format!("[{text}]")), span, hint));
        }
    }
    if text.contains('|') {
        let numbers = text.bytes().all(|b| b.is_ascii_digit() || b == b'|' || b == b'-');
        let hint = if numbers { format!("type [{}]", text.replace('|', ",")) } else { format!("type ({text})") };
        return Err(cursor.error(Kind::Inside("a |", "[ ]"), span, hint));
    }
    let (bounds, step) = text.split_once('/').map_or((text, None), |(bounds, step)| (bounds, Some(step)));
    let (first, last) = bounds.split_once('-').unwrap_or((bounds, bounds));
    build(cursor, first, last, step, text, span.clone()).map_err(|fault| match fault {
        Fault::Known(error) => error,
        Fault::NoItem => no_item(cursor, text, span, whole.clone()),
    })
}

/// An item that `{first..last..step}` spells.
pub(super) fn braced(
    cursor: &Cursor,
    first: &str,
    last: &str,
    step: Option<&str>,
    span: Range<usize>,
) -> Result<Item, PatternError> {
    let text = format!("{first}-{last}");
    build(cursor, first, last, step, &text, span.clone()).map_err(|fault| match fault {
        Fault::Known(error) => error,
        Fault::NoItem => cursor.error(Kind::BadItem(text), span, "type {1..9}, or [1-9] which means the same"),
    })
}

enum Fault {
    Known(PatternError),
    NoItem,
}

fn build(
    cursor: &Cursor,
    first: &str,
    last: &str,
    step: Option<&str>,
    text: &str,
    span: Range<usize>,
) -> Result<Item, Fault> {
    let known = |kind, hint: String| Fault::Known(cursor.error(kind, span.clone(), hint));
    let step_by = match step.map(|step| (step, step.parse::<u64>())) {
        None => 1,
        Some((_, Ok(step))) if step > 0 => step,
        Some((step, _)) => {
            let hint = "a step is a number from 1: [0-48/16] is 0, 16, 32 and 48".to_owned();
            return Err(known(Kind::BadStep(format!("/{step}")), hint));
        }
    };
    let by = step.map(|step| format!("/{step}")).unwrap_or_default();
    let backwards = || known(Kind::Reversed(text.to_owned()), format!("type [{last}-{first}{by}]"));
    if let (&[a], &[b]) = (first.as_bytes(), last.as_bytes())
        && a.is_ascii_alphabetic()
        && b.is_ascii_alphabetic()
    {
        return match (a <= b, a.is_ascii_lowercase() == b.is_ascii_lowercase()) {
            (_, false) => Err(Fault::NoItem),
            (false, true) => Err(backwards()),
            (true, true) => Ok(Item::Letters { first: a, last: b, step: if a == b { 1 } else { step_by } }),
        };
    }
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(first) || !digits(last) {
        return Err(Fault::NoItem);
    }
    let (Some(low), Some(high)) = (number(first), number(last)) else {
        return Err(known(Kind::LongNumber, "is it one number? ranges are written [1-10]".to_owned()));
    };
    let padded = |text: &str| text.len() > 1 && text.starts_with('0');
    if (padded(first) || padded(last)) && first.len() != last.len() {
        return Err(known(Kind::Padding(text.to_owned()), padding_hint(first, last, low, high)));
    }
    if low > high {
        return Err(backwards());
    }
    let width = if padded(first) { first.len() } else { 0 };
    Ok(Item::Numbers { first: low, last: high, step: if low == high { 1 } else { step_by }, width })
}

fn number(digits: &str) -> Option<u64> {
    (digits.len() <= MAX_DIGITS).then(|| digits.parse().ok()).flatten()
}

/// What a range padded at one end may have meant.
fn padding_hint(first: &str, last: &str, low: u64, high: u64) -> String {
    let (low, high) = (low.min(high), low.max(high));
    let width = first.len().max(last.len());
    let mut hint = format!("type [{low:0width$}-{high:0width$}] for {width} digits, [{low}-{high}] for no 0 in front");
    let most = 10_u64.pow(first.len() as u32) - 1;
    if first.starts_with('0') && first.len() < last.len() {
        let rest = if most + 1 == high { last.to_owned() } else { format!("{}-{last}", most + 1) };
        hint += &format!(", [{first}-{most},{rest}] for both in turn");
    }
    hint
}

/// Explains something between brackets that is neither number nor letter.
fn no_item(cursor: &Cursor, text: &str, span: Range<usize>, whole: Range<usize>) -> PatternError {
    let bracketed = &cursor.rest()[..whole.len()];
    let body = &bracketed[1..bracketed.len() - 1];
    let plain = body.chars().all(|c| c.is_ascii_alphanumeric() || c == ',');
    let has = |wanted: fn(&char) -> bool| text.chars().any(|c| wanted(&c));
    if !has(char::is_ascii_alphabetic) {
        let hint = "type [1-10] for a range, [1,3,7] for single numbers";
        return cursor.error(Kind::BadItem(text.to_owned()), span, hint);
    }
    if plain && (body.contains(',') || has(char::is_ascii_digit)) {
        let hint = format!("type ({}) for words", body.replace(',', "|"));
        return cursor.error(Kind::BadItem(text.to_owned()), span, hint);
    }
    let hint = match (plain, text.len()) {
        (true, ..=12) => {
            let letters: Vec<String> = text.chars().map(String::from).collect();
            format!("type ({}) for one of these letters, ({text}) for the word", letters.join("|"))
        }
        _ => "type [1-10] for numbers, [a-f] for letters, (dc1|dc2) for words".to_owned(),
    };
    cursor.error(Kind::CharacterClass(bracketed.to_owned()), whole, hint)
}
