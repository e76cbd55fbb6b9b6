//! Whether a host's name is one of those that a name with `*` and `?` stands for.
//!
//! All ways to read the name are followed at once, so the cost grows with its length and never explodes.

use super::ast::{Item, Name, Part};
use crate::hostset::MAX_DIGITS;

impl Name {
    /// Whether `host` is one of the names that this stands for, found without expanding it.
    pub fn matches(&self, host: &str) -> bool {
        let mut reached = vec![false; host.len() + 1];
        reached[0] = true;
        advance(self, host.as_bytes(), reached)[host.len()]
    }
}

/// From the places in `text` that are reached, the places that are reached after `name`.
fn advance(name: &Name, text: &[u8], reached: Vec<bool>) -> Vec<bool> {
    name.parts.iter().fold(reached, |reached, part| {
        let mut next = vec![false; text.len() + 1];
        match part {
            Part::AnyText => {
                let first = reached.iter().position(|&here| here).unwrap_or(next.len());
                next[first..].fill(true);
            }
            Part::Alt(branches) => {
                for branch in branches {
                    let after = advance(branch, text, reached.clone());
                    next.iter_mut().zip(after).for_each(|(next, after)| *next |= after);
                }
            }
            Part::AnyChar | Part::Literal(_) | Part::Range(_) => {
                for at in (0..text.len()).filter(|&at| reached[at]) {
                    lengths(part, &text[at..], |len| next[at + len] = true);
                }
            }
        }
        next
    })
}

/// Calls back with the length of every way in which `text` can begin with this part.
fn lengths(part: &Part, text: &[u8], mut found: impl FnMut(usize)) {
    match part {
        Part::Literal(literal) if text.starts_with(literal.as_bytes()) => found(literal.len()),
        Part::AnyChar if !text.is_empty() => found(1),
        Part::Range(items) => {
            if let Some(&letter) = text.first()
                && items.iter().any(|item| has_letter(item, letter))
            {
                found(1);
            }
            let mut value = 0;
            for (index, digit) in text.iter().take(MAX_DIGITS).take_while(|b| b.is_ascii_digit()).enumerate() {
                value = value * 10 + u64::from(digit - b'0');
                if items.iter().any(|item| has_number(item, value, index + 1)) {
                    found(index + 1);
                }
            }
        }
        _ => {}
    }
}

fn has_letter(item: &Item, letter: u8) -> bool {
    match *item {
        Item::Letters { first, last, step } => {
            (first..=last).contains(&letter) && u64::from(letter - first).is_multiple_of(step)
        }
        Item::Numbers { .. } => false,
    }
}

fn has_number(item: &Item, value: u64, digits: usize) -> bool {
    match *item {
        Item::Numbers { first, last, step, width } => {
            let spelled = width.max(value.checked_ilog10().unwrap_or(0) as usize + 1);
            (first..=last).contains(&value) && (value - first).is_multiple_of(step) && digits == spelled
        }
        Item::Letters { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use crate::pattern::{TermKind, parse};

    fn hits(pattern: &str, text: &str) -> bool {
        let parsed = parse(pattern).unwrap();
        let TermKind::Name { name, .. } = &parsed.terms()[0].kind else { panic!("{pattern} is no name") };
        name.matches(text)
    }

    #[test]
    fn wildcards_match_whole_names() {
        assert!(hits("*", "web1"));
        assert!(hits("web*", "web"));
        assert!(hits("*-dc1", "web10-dc1"));
        assert!(hits("web?", "web1") && !hits("web?", "web10") && !hits("web?", "web"));
        assert!(hits("w*b*1", "wxbbx1") && !hits("w*b*1", "wxbbx2"));
        assert!(hits("w[1-3]*", "w10") && !hits("w[2-3]*", "w10"));
        assert!(hits("w[8-11]?", "w101") && !hits("w[8-11]?", "w12"));
        assert!(hits("w[08-11]*", "w08-x") && !hits("w[08-11]*", "w8-x"));
        assert!(hits("w[0-48/16]*", "w32") && !hits("w[0-48/16]-*", "w33-"));
        assert!(hits("*(a|b[1-2]|)", "xb2") && hits("x[a-e/2]*", "xc") && !hits("x[a-e/2]?", "xb1"));
    }

    #[test]
    fn many_stars_do_not_explode() {
        assert!(!hits(&format!("{}c", "a*".repeat(40)), &format!("{}b", "a".repeat(200))));
    }
}
