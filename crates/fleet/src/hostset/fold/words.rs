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
#[derive(Default)]
pub(super) struct Term {
    /// Empty where it is the text itself.
    first_name: String,
    pub(super) text: String,
}

impl Term {
    /// The name that comes first of those that the term stands for.
    pub(super) fn first_name(&self) -> &str {
        if self.first_name.is_empty() { &self.text } else { &self.first_name }
    }
}

/// Joins and prints the products of all families, in no order that matters.
pub(super) fn terms(families: &[Family], sets: &Sets, products: Vec<Product>) -> Vec<Term> {
    let splits = splits(families);
    let mut families_with = vec![0; splits.len()];
    splits.iter().for_each(|split| families_with[split.frame] += 1);
    let shared = |product: &Product| families_with[splits[product.family].frame] > 1;

    // Within a family everything that can be joined has been, so only products of several families are compared.
    let (mut keyed, mut terms) = (Vec::new(), Vec::new());
    for product in products {
        if shared(&product) {
            keyed.push((splits[product.family].key(&product), product));
        } else {
            terms.push(term(families, &splits, sets, &[&product]));
        }
    }
    keyed.sort_unstable_by_key(|(key, product)| (*key, product.family));
    terms.extend(keyed.chunk_by(|(a, _), (b, _)| a == b).map(|alike| {
        let products: Vec<&Product> = alike.iter().map(|(_, product)| product).collect();
        term(families, &splits, sets, &products)
    }));
    terms
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
    let mut out = Term::default();
    // Just one name: most products are, where nothing folds.
    if products.len() == 1 && first.sets.iter().all(|set| set.is_single()) {
        write_with(text, &first.sets, &mut out.text, |id, out| sets.write(id, out));
        return out;
    }
    let mut words: Vec<Term> = products
        .iter()
        .flat_map(|product| words_of(&families[product.family], &splits[product.family], sets, product))
        .collect();
    words = sort_by_name(words, Term::first_name);

    write_piece(&text[..split.word.start], &first.sets, sets, &mut out);
    out.first_name.push_str(words[0].first_name());
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
        return words.map(|text| Term { text, ..Term::default() }).collect();
    }
    let mut out = Term::default();
    write_piece(word, own_sets, sets, &mut out);
    vec![out]
}

/// Writes a part of a family's text with the sets in place of its numbers.
fn write_piece(text: &[u8], piece_sets: &[SetId], sets: &Sets, out: &mut Term) {
    write_with(text, piece_sets, &mut out.text, |id, out| sets.write(id, out));
    write_with(text, piece_sets, &mut out.first_name, |id, out| write_number(sets.least(id), out));
}

fn write_with(text: &[u8], piece_sets: &[SetId], out: &mut String, number: impl Fn(SetId, &mut String)) {
    out.reserve(text.len() + 8 * piece_sets.len());
    let mut next = piece_sets.iter();
    for (index, piece) in text.split(|&byte| byte == NUMBER).enumerate() {
        if index > 0
            && let Some(&id) = next.next()
        {
            number(id, out);
        }
        // The text is a host name's, cut only at marks: always UTF-8.
        out.push_str(&String::from_utf8_lossy(piece));
    }
}
