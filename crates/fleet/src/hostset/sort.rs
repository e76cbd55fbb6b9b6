//! Sorting many names into natural order fast: by a packed key first, by the names only where keys are equal.

use super::name::{digit_run, natural_cmp, significant};
use std::cmp::Ordering;

/// Below this many names, building keys costs more than it saves.
const KEYED_FROM: usize = 2_000;

/// Sorts by natural order of the name; what is sorted already is only read.
pub(crate) fn sort_by_name<T>(items: Vec<T>, name: impl Fn(&T) -> &str) -> Vec<T> {
    let by_name = |a: &T, b: &T| natural_cmp(name(a), name(b));
    if items.is_sorted_by(|a, b| by_name(a, b) != Ordering::Greater) {
        return items;
    }
    if items.len() < KEYED_FROM {
        let mut items = items;
        items.sort_by(by_name);
        return items;
    }
    let skip = shared_start(items.iter().map(&name));
    let mut keyed: Vec<(u128, T)> =
        items.into_iter().map(|item| (packed_key(&name(&item).as_bytes()[skip..]), item)).collect();
    keyed.sort_unstable_by(|(a, x), (b, y)| a.cmp(b).then_with(|| by_name(x, y)));
    keyed.into_iter().map(|(_, item)| item).collect()
}

/// How many bytes all names begin with alike, not ending inside a number.
fn shared_start<'a>(mut names: impl Iterator<Item = &'a str>) -> usize {
    let Some(first) = names.next().map(str::as_bytes) else { return 0 };
    let mut shared = first.len();
    for name in names {
        shared = first.iter().zip(name.as_bytes()).take(shared).take_while(|(a, b)| a == b).count();
    }
    while shared > 0 && first[shared - 1].is_ascii_digit() {
        shared -= 1;
    }
    shared
}

/// The first sixteen bytes of a spelling whose byte order is natural order: a number is written as `0`, the count of
/// its significant digits, those digits, and the length of its run. It ends before a run of 256 digits or more.
fn packed_key(name: &[u8]) -> u128 {
    let mut key = Key { bits: 0, room: 16 };
    let mut at = 0;
    while at < name.len() && key.room > 0 {
        if !name[at].is_ascii_digit() {
            key.push(name[at]);
            at += 1;
            continue;
        }
        let run = digit_run(&name[at..]);
        let digits = significant(run);
        key.push(b'0');
        let Ok(length) = u8::try_from(run.len()) else { break };
        key.push(digits.len() as u8);
        digits.iter().for_each(|&digit| key.push(digit));
        key.push(length);
        at += run.len();
    }
    key.bits.checked_shl(8 * key.room).unwrap_or(0)
}

struct Key {
    bits: u128,
    room: u32,
}

impl Key {
    fn push(&mut self, byte: u8) {
        if self.room > 0 {
            self.bits = self.bits << 8 | u128::from(byte);
            self.room -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyed_order_is_natural_order() {
        let mut names = Vec::new();
        for n in (0..2_500u32).rev() {
            names.push(format!("mail{n}-dc{}", n % 7));
            names.push(format!("mail{n:03}x-with-a-long-tail-{}", n % 13));
        }
        let mut expected = names.clone();
        expected.sort_by(|a, b| natural_cmp(a, b));
        assert_eq!(sort_by_name(names, String::as_str), expected);
    }

    #[test]
    fn a_shared_start_never_cuts_a_number() {
        assert_eq!(shared_start(["web10", "web1"].into_iter()), 3);
        assert_eq!(shared_start(["web1-a", "web1-b"].into_iter()), 5);
    }
}
