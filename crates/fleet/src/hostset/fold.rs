//! Prints names as a pattern, as compact as an operator would write it: `mail[1-100]-(dc1|dc2),web[1-3,7]`.
//!
//! 1. `family`: one pass over the names; those with the same text around their numbers become rows of packed numbers.
//! 2. `boxes`: each family's rows become few products of number sets.
//! 3. `words`: products that differ only in the word of their datacenter label are joined: `-(ams|fra)`.
//! 4. The terms are put in natural order.

mod boxes;
mod family;
mod sets;
mod table;
mod words;

use super::sort_by_name;

/// Folds host names, in any order and with repetitions, into a pattern that stands for exactly those names.
pub fn fold<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let families = family::group(names);
    let mut sets = sets::Sets::default();
    let mut products = Vec::new();
    for (index, family) in families.iter().enumerate() {
        boxes::products(index, family, &mut sets, &mut products);
    }
    let terms = sort_by_name(words::terms(&families, &sets, products), words::Term::first_name);
    let mut text = String::with_capacity(terms.iter().map(|term| term.text.len() + 1).sum());
    for term in &terms {
        if !text.is_empty() {
            text.push(',');
        }
        text.push_str(&term.text);
    }
    text
}

#[cfg(test)]
mod tests;
