//! Joins products that differ only in one word, and prints them: `mail[1-100]-(ams|fra)`.
//!
//! The word is where the datacenter usually stands: the label after the last `-`, or else the second DNS label. A
//! word with few numbers after other numbers is spelled out there: `-(dc1|dc2)`, not `-dc[1-2]`.

use super::super::sort_by_name;
use super::boxes::Product;
use super::family::{Family, MAX_NUMBERS, NUMBER};
use super::sets::{SetId, Sets, write_number};
use super::table::Table;

/// One term of the folded text, with the name that decides its place.
pub(super) struct Term {
    pub(super) first_name: String,
    pub(super) text: String,
}

/// Joins and prints the products of all families, in no order that matters.
pub(super) fn terms(families: &[Family], sets: &Sets, products: Vec<Product>) -> Vec<Term> {
    let splits = splits(families);
    let mut keyed: Vec<(Key, Product)> = products.into_iter().map(|p| (splits[p.family].key(&p), p)).collect();
    keyed.sort_unstable_by_key(|(key, product)| (*key, product.family));
    keyed
        .chunk_by(|(a, _), (b, _)| a == b)
        .map(|alike| {
            let products: Vec<&Product> = alike.iter().map(|(_, product)| product).collect();
            term(families, &splits, sets, &products)
        })
        .collect()
}

/// Products with equal keys differ in nothing but the word.
type Key = (usize, [SetId; MAX_NUMBERS]);

/// Where a family's text is cut: what stands before the word, the word, and what follows.
struct Split {
    /// Equal for families that have the same text before and after the word.
    frame: usize,
    word: std::ops::Range<usize>,
    numbers_before: usize,
    numbers_in_word: usize,
}

impl Split {
    fn key(&self, product: &Product) -> Key {
        let before = |i| if i < self.numbers_before { product.sets[i] } else { SetId(0) };
        (self.frame, std::array::from_fn(before))
    }
}

fn splits(families: &[Family]) -> Vec<Split> {
    let mut frames = Table::default();
    let mut frame_text = Vec::new();
    let mut split = |family: &Family| {
        let text = &family.text;
        let word = word(text).unwrap_or(text.len()..text.len());
        frame_text.clear();
        frame_text.extend_from_slice(&text[..word.start]);
        // Marks the cut; two of them occur in no other place. A text without a word never meets one with it.
        frame_text.extend_from_slice(if word.is_empty() { b"" } else { b"\0\0" });
        frame_text.extend_from_slice(&text[word.end..]);
        let numbers_in = |bytes: &[u8]| bytes.iter().filter(|&&byte| byte == NUMBER).count();
        Split {
            frame: frames.number(&frame_text),
            numbers_before: numbers_in(&text[..word.start]),
            numbers_in_word: numbers_in(&text[word.clone()]),
            word,
        }
    };
    families.iter().map(&mut split).collect()
}

/// Where the word of the datacenter label is. It begins with a letter, ends at a dot, and no number follows it.
fn word(text: &[u8]) -> Option<std::ops::Range<usize>> {
    let after = |separator: Option<usize>| separator.map(|at| at + 1);
    let starts = [after(text.iter().rposition(|&b| b == b'-')), after(text.iter().position(|&b| b == b'.'))];
    let start = starts.into_iter().flatten().find(|&at| at > 1 && text.get(at).is_some_and(u8::is_ascii_alphabetic))?;
    let end = text[start..].iter().position(|&b| b == b'.').map_or(text.len(), |dot| start + dot);
    (!text[end..].contains(&NUMBER)).then_some(start..end)
}

/// Prints products that are alike but for the word.
fn term(families: &[Family], splits: &[Split], sets: &Sets, products: &[&Product]) -> Term {
    let (first, split) = (products[0], &splits[products[0].family]);
    let text = &families[first.family].text;
    let mut words: Vec<Term> = products
        .iter()
        .flat_map(|product| words_of(&families[product.family], &splits[product.family], sets, product))
        .collect();
    words = sort_by_name(words, |word| &word.first_name);

    let mut out = Term { first_name: String::new(), text: String::new() };
    write_piece(&text[..split.word.start], &first.sets, sets, &mut out);
    out.first_name.push_str(&words[0].first_name);
    let alternatives: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    match alternatives[..] {
        [only] => out.text.push_str(only),
        _ => {
            out.text.push('(');
            out.text.push_str(&alternatives.join("|"));
            out.text.push(')');
        }
    }
    write_piece(&text[split.word.end..], &[], sets, &mut out);
    out
}

/// The words of one product: spelled out where they are few, else one with a range in it.
fn words_of(family: &Family, split: &Split, sets: &Sets, product: &Product) -> Vec<Term> {
    let word = &family.text[split.word.clone()];
    let own_sets = &product.sets[split.numbers_before..][..split.numbers_in_word];
    if let ([only], [start @ .., NUMBER], true) = (own_sets, word, split.numbers_before > 0)
        && let Some(numbers) = sets.spelled_out(*only)
    {
        let start = String::from_utf8_lossy(start);
        let words = numbers.into_iter().map(|digits| format!("{start}{digits}"));
        return words.map(|text| Term { first_name: text.clone(), text }).collect();
    }
    let mut out = Term { first_name: String::new(), text: String::new() };
    write_piece(word, own_sets, sets, &mut out);
    vec![out]
}

/// Writes a part of a family's text with the sets in place of its numbers.
fn write_piece(text: &[u8], piece_sets: &[SetId], sets: &Sets, out: &mut Term) {
    let mut next = piece_sets.iter();
    for (index, piece) in text.split(|&byte| byte == NUMBER).enumerate() {
        if index > 0
            && let Some(&id) = next.next()
        {
            sets.write(id, &mut out.text);
            write_number(sets.least(id), &mut out.first_name);
        }
        // The text is a host name's, cut only at marks: always UTF-8.
        let piece = String::from_utf8_lossy(piece);
        out.text.push_str(&piece);
        out.first_name.push_str(&piece);
    }
}
