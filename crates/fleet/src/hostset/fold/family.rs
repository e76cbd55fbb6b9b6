//! Names as rows of numbers: names with the same text around their numbers are one family.

use super::super::name::{MAX_DIGITS, digit_run};
use super::table::Table;

/// How many numbers of a name may vary; a further one counts as text.
pub(super) const MAX_NUMBERS: usize = 6;

/// Stands for a number in a family's text. It occurs in no UTF-8 string.
pub(super) const NUMBER: u8 = 0xff;

/// Names that differ in nothing but their numbers.
pub(super) struct Family {
    /// What the names have in common, with `NUMBER` for each number.
    pub(super) text: Box<[u8]>,
    /// How many numbers each name has.
    pub(super) numbers: usize,
    /// Each name's numbers, one name after the other, unsorted.
    pub(super) rows: Vec<Number>,
    padded: [u32; MAX_NUMBERS],
}

/// A number with its padding in 62 bits: the width that it is padded to (0 if it is not), then its value.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Number(pub(super) u64);

impl Number {
    const VALUE_BITS: u32 = 57;

    pub(super) fn new(value: u64, width: usize) -> Self {
        Number((width as u64) << Self::VALUE_BITS | value)
    }

    pub(super) fn value(self) -> u64 {
        self.0 & ((1 << Self::VALUE_BITS) - 1)
    }

    pub(super) fn width(self) -> usize {
        (self.0 >> Self::VALUE_BITS) as usize
    }
}

/// Sorts names into families, in order of first appearance.
pub(super) fn group<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<Family> {
    let mut table = Table::default();
    let mut families: Vec<Family> = Vec::new();
    let mut text = Vec::new();
    for name in names {
        let mut row = Row { numbers: [Number(0); MAX_NUMBERS], padded: [0; MAX_NUMBERS], len: 0 };
        split(name.as_bytes(), &mut text, &mut row);
        let index = table.number(&text);
        if index == families.len() {
            families.push(Family { text: [].into(), numbers: row.len, rows: Vec::new(), padded: [0; MAX_NUMBERS] });
        }
        let family = &mut families[index];
        family.rows.extend_from_slice(&row.numbers[..row.len]);
        for (seen, new) in family.padded.iter_mut().zip(row.padded) {
            *seen |= new;
        }
    }
    for (family, text) in families.iter_mut().zip(table.into_bytes()) {
        family.text = text;
        family.settle_padding();
    }
    families
}

impl Family {
    /// A number such as 10 reads the same whether it is padded to two digits or not. Where another name at this place
    /// is padded to as many digits (`09`), it counts as padded, so that the two make one range: `[09-10]`.
    fn settle_padding(&mut self) {
        if self.padded == [0; MAX_NUMBERS] {
            return;
        }
        for row in self.rows.chunks_mut(self.numbers) {
            for (number, padded) in row.iter_mut().zip(self.padded) {
                let digits = number.value().checked_ilog10().unwrap_or(0) as usize + 1;
                if number.width() == 0 && padded & (1 << digits) != 0 {
                    *number = Number::new(number.value(), digits);
                }
            }
        }
    }
}

struct Row {
    numbers: [Number; MAX_NUMBERS],
    /// For each number a bit for the width that a leading zero shows.
    padded: [u32; MAX_NUMBERS],
    len: usize,
}

/// Writes the text of a name, with marks for its numbers, to `text`, and the numbers to `row`.
fn split(name: &[u8], text: &mut Vec<u8>, row: &mut Row) {
    text.clear();
    let mut at = 0;
    while at < name.len() {
        if !name[at].is_ascii_digit() {
            text.push(name[at]);
            at += 1;
            continue;
        }
        let digits = digit_run(&name[at..]);
        at += digits.len();
        if digits.len() > MAX_DIGITS || row.len == MAX_NUMBERS {
            text.extend_from_slice(digits);
            continue;
        }
        let value = digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'));
        let width = if digits[0] == b'0' && digits.len() > 1 { digits.len() } else { 0 };
        row.numbers[row.len] = Number::new(value, width);
        row.padded[row.len] |= 1 << width & !1;
        row.len += 1;
        text.push(NUMBER);
    }
}
