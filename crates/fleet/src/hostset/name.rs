//! What a host name is, and natural order between two of them (`mail2` before `mail10`, `1` before `01`).

use std::cmp::Ordering;

/// The longest host name: what DNS and `ssh` accept.
pub const MAX_NAME: usize = 253;

/// The longest run of digits that counts as a number; a longer one is text. It leaves room to pack a number together
/// with its padding into 64 bits.
pub const MAX_DIGITS: usize = 17;

/// Whether `text` may be the name of a host.
///
/// Names become arguments of `ssh` and names of folders, so one never begins with `-` or `.`.
pub fn is_host_name(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= MAX_NAME
        && bytes.first().is_some_and(|&b| is_name_byte(b) && b != b'-' && b != b'.')
        && bytes.iter().all(|&b| is_name_byte(b))
}

/// Whether a byte may stand in a host name.
pub fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_')
}

/// Natural order: runs of digits compare as numbers, and of equal numbers the less padded one comes first.
///
/// Only identical names are equal, so it is a total order on names.
pub fn natural_cmp(left: &str, right: &str) -> Ordering {
    let (a, b) = (left.as_bytes(), right.as_bytes());
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i].is_ascii_digit() && b[j].is_ascii_digit() {
            let (x, y) = (digit_run(&a[i..]), digit_run(&b[j..]));
            let order = number_cmp(x, y);
            if order != Ordering::Equal {
                return order;
            }
            i += x.len();
            j += y.len();
        } else if a[i] == b[j] {
            i += 1;
            j += 1;
        } else {
            return a[i].cmp(&b[j]);
        }
    }
    (a.len() - i).cmp(&(b.len() - j))
}

/// The digits that `bytes` begins with.
pub(super) fn digit_run(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|b| !b.is_ascii_digit()).unwrap_or(bytes.len());
    &bytes[..end]
}

/// The same digits without the zeros in front; empty for zero.
pub(super) fn significant(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().position(|&b| b != b'0').unwrap_or(digits.len());
    &digits[zeros..]
}

/// Writes a number, padded to `width` digits. The formatter of the standard library would
/// take most of the time of a large expansion.
pub(crate) fn push_number(number: u64, width: usize, out: &mut String) {
    let mut digits = [b'0'; 20];
    let mut at = digits.len();
    let mut left = number;
    loop {
        at -= 1;
        digits[at] = b'0' + (left % 10) as u8;
        left /= 10;
        if left == 0 {
            break;
        }
    }
    let at = at.min(digits.len().saturating_sub(width));
    out.extend(digits[at..].iter().map(|&digit| char::from(digit)));
}

fn number_cmp(x: &[u8], y: &[u8]) -> Ordering {
    let (a, b) = (significant(x), significant(y));
    a.len().cmp(&b.len()).then_with(|| a.cmp(b)).then_with(|| x.len().cmp(&y.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_as_numbers_and_padding_breaks_ties() {
        let ordered = ["1", "01", "001", "2", "10", "mail", "mail1", "mail1-a", "mail2", "mail02", "mail10", "maila"];
        for (i, a) in ordered.iter().enumerate() {
            for (j, b) in ordered.iter().enumerate() {
                assert_eq!(natural_cmp(a, b), i.cmp(&j), "{a} against {b}");
            }
        }
    }

    #[test]
    fn numbers_of_any_length_compare() {
        assert_eq!(natural_cmp("a99999999999999999999999", "a100000000000000000000000"), Ordering::Less);
    }

    #[test]
    fn names_that_could_be_options_or_paths_are_no_host_names() {
        for good in ["web1", "10.0.0.1", "_x", "a-b.c_d", "1"] {
            assert!(is_host_name(good), "{good}");
        }
        for bad in ["", "-oProxyCommand=x", ".", "..", "a/b", "a b", "a\u{e9}", "a\n", &"x".repeat(254)] {
            assert!(!is_host_name(bad), "{bad:?}");
        }
    }
}
