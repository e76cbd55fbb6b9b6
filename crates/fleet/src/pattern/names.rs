//! Spells out every name that a name without wildcards stands for. The caller has counted them.

use super::ast::{Item, Name, Part};
use crate::hostset::push_number;

/// Calls back with every name, in the order of the text.
pub(super) fn each(name: &Name, found: &mut dyn FnMut(&str)) {
    let choices: Vec<Choice> = name.parts.iter().map(choice).collect();
    combine(&choices, &mut String::new(), found);
}

/// A part with its branches spelled out.
enum Choice<'a> {
    Text(&'a str),
    Items(&'a [Item]),
    Words(Vec<String>),
}

fn choice(part: &Part) -> Choice<'_> {
    match part {
        Part::Literal(text) => Choice::Text(text),
        Part::Range(items) => Choice::Items(items),
        Part::Alt(branches) => {
            let mut words = Vec::new();
            for branch in branches {
                each(branch, &mut |word| words.push(word.to_owned()));
            }
            Choice::Words(words)
        }
        // Names with wildcards are looked up in the inventory, not spelled out.
        Part::AnyText => Choice::Text("*"),
        Part::AnyChar => Choice::Text("?"),
    }
}

fn combine(choices: &[Choice], before: &mut String, found: &mut dyn FnMut(&str)) {
    let Some((choice, rest)) = choices.split_first() else { return found(before) };
    let len = before.len();
    let mut go_on = |before: &mut String| {
        combine(rest, before, found);
        before.truncate(len);
    };
    match choice {
        Choice::Text(text) => {
            before.push_str(text);
            go_on(before);
        }
        Choice::Words(words) => {
            for word in words {
                before.push_str(word);
                go_on(before);
            }
        }
        Choice::Items(items) => {
            for item in *items {
                each_of(item, before, &mut go_on);
            }
        }
    }
}

/// Writes each number or letter of an item behind `before` and goes on from there.
fn each_of(item: &Item, before: &mut String, go_on: &mut dyn FnMut(&mut String)) {
    match *item {
        Item::Numbers { first, last, step, width } => {
            let mut number = first;
            loop {
                push_number(number, width, before);
                go_on(before);
                match number.checked_add(step) {
                    Some(next) if next <= last => number = next,
                    _ => break,
                }
            }
        }
        Item::Letters { first, last, step } => {
            let step = usize::try_from(step).unwrap_or(usize::MAX);
            for letter in (first..=last).step_by(step) {
                before.push(letter.into());
                go_on(before);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::{TermKind, parse, size};

    fn spelled(pattern: &str) -> Vec<String> {
        let parsed = parse(pattern).unwrap();
        let TermKind::Name { name, .. } = &parsed.terms()[0].kind else { panic!("{pattern} is no name") };
        let mut names = Vec::new();
        each(name, &mut |name| names.push(name.to_owned()));
        assert_eq!(size::count(name), Some(names.len() as u64), "{pattern}");
        names
    }

    #[test]
    fn every_name_is_spelled_in_the_order_of_the_text() {
        let cases = [
            ("web", "web"),
            ("w[2,8-10]", "w2 w8 w9 w10"),
            ("w[08-10]", "w08 w09 w10"),
            ("w[1,01,001]", "w1 w01 w001"),
            ("w[0-48/16]", "w0 w16 w32 w48"),
            ("w[1-10/4]", "w1 w5 w9"),
            ("w[a-e/2,x]", "wa wc we wx"),
            ("(b|a)[1-2]", "b1 b2 a1 a2"),
            ("w(|-[1-2](x|)|z)", "w w-1x w-1 w-2x w-2 wz"),
            ("w[00]", "w00"),
            ("w[99999999999999998-99999999999999999/3]", "w99999999999999998"),
        ];
        for (pattern, names) in cases {
            assert_eq!(spelled(pattern).join(" "), names, "{pattern}");
        }
    }
}
