//! One table of a document, read key by key.

use crate::document::error::{DocumentError, Place};
use std::ops::RangeInclusive;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// One table of a document: the whole file, a `[section]`, or one `[[entry]]`.
#[derive(Clone, Debug)]
pub struct Section<'t> {
    file: &'t str,
    text: &'t str,
    /// What the table is called in messages: empty for the whole file.
    title: String,
    table: DeTable<'t>,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// The value.
    pub value: T,
    /// The offset of its first byte in the file: see [`Section::place`].
    pub at: usize,
}

/// Reads a document. `file` is its name in messages.
pub fn parse<'t>(file: &'t str, text: &'t str) -> Result<Section<'t>, DocumentError> {
    match DeTable::parse(text) {
        Ok(table) => Ok(Section { file, text, title: String::new(), table: table.into_inner() }),
        Err(error) => Err(DocumentError {
            file: file.to_owned(),
            place: Place::of(text, error.span().map_or(0, |span| span.start)),
            message: error.message().replace('\n', ", "),
        }),
    }
}

/// The name in `known` that `word` was most likely meant to be, if any is near enough.
pub fn nearest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = |name: &&&str| strsim::jaro_winkler(word, name) >= 0.8 || name.starts_with(word);
    let closer = |a: &&&str, b: &&&str| {
        strsim::jaro_winkler(word, a).total_cmp(&strsim::jaro_winkler(word, b)).then_with(|| b.cmp(a))
    };
    known.iter().filter(near).max_by(closer).copied()
}

impl<'t> Section<'t> {
    /// Refuses every key that is not in `known`.
    pub fn only(&self, known: &[&str]) -> Result<(), DocumentError> {
        let mut unknown: Vec<_> = self.table.keys().filter(|key| !known.contains(&key.get_ref().as_ref())).collect();
        unknown.sort_by_key(|key| key.span().start);
        let Some(key) = unknown.first() else { return Ok(()) };
        let advice = match nearest(key.get_ref(), known) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("known here: {}", known.join(", ")),
        };
        Err(self.error(key.span().start, format!("unknown key `{}`{}: {advice}", key.get_ref(), self.inside())))
    }

    /// A text.
    pub fn text(&self, key: &str) -> Result<Option<Found<String>>, DocumentError> {
        self.text_of(key, "a text in quotes")
    }

    /// A text that stands for something: `wanted` says for what, and that it has quotes.
    pub fn text_of(&self, key: &str, wanted: &str) -> Result<Option<Found<String>>, DocumentError> {
        self.get(key).map(|value| self.expect_text(key, value, wanted)).transpose()
    }

    /// A list of texts; a single text is a list of one.
    pub fn texts(&self, key: &str) -> Result<Option<Vec<Found<String>>>, DocumentError> {
        self.get(key).map(|value| self.expect_texts(key, value)).transpose()
    }

    /// The offset of a key's value; of the file's beginning where the key is not there.
    pub fn offset(&self, key: &str) -> usize {
        self.get(key).map_or(0, |value| value.span().start)
    }

    /// A whole number within `range`.
    pub fn number(&self, key: &str, range: RangeInclusive<u64>) -> Result<Option<Found<u64>>, DocumentError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let number = value.get_ref().as_integer().and_then(|n| u64::from_str_radix(n.as_str(), n.radix()).ok());
        match number.filter(|number| range.contains(number)) {
            Some(number) => Ok(Some(Found { value: number, at: value.span().start })),
            None => {
                let wanted = format!("a whole number from {} to {}", range.start(), range.end());
                Err(self.wrong_kind(key, value, &wanted))
            }
        }
    }

    /// A yes or no.
    pub fn flag(&self, key: &str) -> Result<Option<Found<bool>>, DocumentError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        match value.get_ref().as_bool() {
            Some(flag) => Ok(Some(Found { value: flag, at: value.span().start })),
            None => Err(self.wrong_kind(key, value, "true or false")),
        }
    }

    /// A text, or yes or no: the text that stands for `true` is `yes`, and `false` is as good as nothing.
    pub fn text_or_flag(&self, key: &str, yes: &str) -> Result<Option<Found<String>>, DocumentError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let at = value.span().start;
        match value.get_ref() {
            DeValue::Boolean(false) => Ok(None),
            DeValue::Boolean(true) => Ok(Some(Found { value: yes.to_owned(), at })),
            DeValue::String(_) => self.text(key),
            _ => Err(self.wrong_kind(key, value, "true, false or a text in quotes")),
        }
    }

    /// Whether this key is there.
    pub fn holds(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    /// Whether there is a table of this name below this one.
    pub fn has_section(&self, key: &str) -> bool {
        self.get(key).is_some_and(|value| value.get_ref().as_table().is_some())
    }

    /// A table below this one.
    pub fn section(&self, key: &str) -> Result<Option<Section<'t>>, DocumentError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let title = if self.title.is_empty() { key.to_owned() } else { format!("{}.{key}", self.title) };
        match value.get_ref() {
            DeValue::Table(table) => Ok(Some(self.below(title, table.clone()))),
            _ => Err(self.wrong_kind(key, value, &format!("a section: [{title}]"))),
        }
    }

    /// The tables of a list, `[[key]]`, each with its offset.
    pub fn sections(&self, key: &str) -> Result<Vec<Found<Section<'t>>>, DocumentError> {
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let wanted = format!("a list of sections: [[{key}]]");
        let Some(list) = value.get_ref().as_array() else { return Err(self.wrong_kind(key, value, &wanted)) };
        let entry = |item: &Spanned<DeValue<'t>>| match item.get_ref() {
            DeValue::Table(table) => {
                Ok(Found { value: self.below(format!("[{key}]"), table.clone()), at: item.span().start })
            }
            _ => Err(self.wrong_kind(key, item, &wanted)),
        };
        list.iter().map(entry).collect()
    }

    /// The keys of this table, in the order of the file.
    pub fn keys(&self) -> Vec<Found<String>> {
        let found = |key: &Spanned<std::borrow::Cow<'t, str>>| Found {
            value: key.get_ref().clone().into_owned(),
            at: key.span().start,
        };
        let mut keys: Vec<_> = self.table.keys().map(found).collect();
        keys.sort_by_key(|key| key.at);
        keys
    }

    /// An error about what stands at `at`.
    pub fn error(&self, at: usize, message: impl Into<String>) -> DocumentError {
        DocumentError { file: self.file.to_owned(), place: self.place(at), message: message.into() }
    }

    /// The place of an offset.
    pub fn place(&self, at: usize) -> Place {
        Place::of(self.text, at)
    }

    fn get(&self, key: &str) -> Option<&Spanned<DeValue<'t>>> {
        self.table.get(key)
    }

    fn expect_text(
        &self,
        key: &str,
        value: &Spanned<DeValue<'t>>,
        wanted: &str,
    ) -> Result<Found<String>, DocumentError> {
        match value.get_ref().as_str() {
            // Neither an argument nor a variable of a process can hold it.
            Some(text) if text.contains('\0') => Err(self.wrong_kind(key, value, "a text without a null character")),
            Some(text) => Ok(Found { value: text.to_owned(), at: value.span().start }),
            None => Err(self.wrong_kind(key, value, wanted)),
        }
    }

    fn expect_texts(&self, key: &str, value: &Spanned<DeValue<'t>>) -> Result<Vec<Found<String>>, DocumentError> {
        let text = |value| self.expect_text(key, value, "a text in quotes");
        match value.get_ref().as_array() {
            Some(list) => list.iter().map(text).collect(),
            None => Ok(vec![text(value)?]),
        }
    }

    fn wrong_kind(&self, key: &str, value: &Spanned<DeValue<'t>>, wanted: &str) -> DocumentError {
        let is = &self.text[value.span()];
        let is = is.lines().next().unwrap_or_default();
        self.error(value.span().start, format!("`{key}`{} is {is}, and must be {wanted}", self.inside()))
    }

    fn below(&self, title: String, table: DeTable<'t>) -> Section<'t> {
        Section { file: self.file, text: self.text, title, table }
    }

    fn inside(&self) -> String {
        if self.title.is_empty() { String::new() } else { format!(" in [{}]", self.title) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str, check: impl Fn(&Section<'_>) -> Result<(), DocumentError>) -> String {
        parse("f.toml", text).and_then(|section| check(&section)).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_key_names_the_nearest_and_its_place() {
        let known = ["width", "fanout", "inventory"];
        assert_eq!(
            refused("width = 3\nfanuot = 4\n", |s| s.only(&known)),
            "f.toml:2:1: unknown key `fanuot`: did you mean `fanout`?"
        );
        assert_eq!(
            refused("zzz = 4\n", |s| s.only(&known)),
            "f.toml:1:1: unknown key `zzz`: known here: width, fanout, inventory"
        );
        let nested = "[ssh]\n[ssh.inner]\n  conf = 'x'\n";
        let check = |s: &Section<'_>| s.section("ssh")?.unwrap().section("inner")?.unwrap().only(&["config"]);
        assert_eq!(refused(nested, check), "f.toml:3:3: unknown key `conf` in [ssh.inner]: did you mean `config`?");
    }

    #[test]
    fn a_value_of_the_wrong_kind_says_what_it_must_be() {
        assert_eq!(
            refused("port = 70000", |s| s.number("port", 1..=65535).map(drop)),
            "f.toml:1:8: `port` is 70000, and must be a whole number from 1 to 65535"
        );
        assert_eq!(
            refused("groups = ['a', 3]", |s| s.texts("groups").map(drop)),
            "f.toml:1:16: `groups` is 3, and must be a text in quotes"
        );
        assert_eq!(
            refused("approve = 1", |s| s.flag("approve").map(drop)),
            "f.toml:1:11: `approve` is 1, and must be true or false"
        );
        assert_eq!(
            refused("sudo = 1", |s| s.text_or_flag("sudo", "root").map(drop)),
            "f.toml:1:8: `sudo` is 1, and must be true, false or a text in quotes"
        );
        assert_eq!(
            refused("reason = \"a\\u0000b\"", |s| s.text("reason").map(drop)),
            "f.toml:1:10: `reason` is \"a\\u0000b\", and must be a text without a null character"
        );
        assert_eq!(
            refused("hosts = 'a'", |s| s.sections("hosts").map(drop)),
            "f.toml:1:9: `hosts` is 'a', and must be a list of sections: [[hosts]]"
        );
    }

    #[test]
    fn broken_toml_says_where() {
        let message = refused("a = 1\nb = = 2\n", |_| Ok(()));
        assert!(message.starts_with("f.toml:2:"), "{message}");
    }

    #[test]
    fn values_come_with_their_places() {
        let section = parse("f.toml", "a = 'é'\nname = 'x'\nlist = 'one'\n").unwrap();
        let name = section.text("name").unwrap().unwrap();
        assert_eq!((name.value.as_str(), section.place(name.at)), ("x", Place { line: 2, column: 8 }));
        assert_eq!(section.texts("list").unwrap().unwrap()[0].value, "one");
        assert_eq!(section.text("none").unwrap(), None);
    }

    #[test]
    fn yes_and_no_may_stand_for_texts() {
        let section = parse("f.toml", "yes = true\nno = false\nuser = 'www'\n[env]\n").unwrap();
        let text = |key| section.text_or_flag(key, "root").unwrap().map(|found| found.value);
        assert_eq!((text("yes"), text("no"), text("user")), (Some("root".into()), None, Some("www".into())));
        assert_eq!(section.flag("yes").unwrap().map(|found| found.value), Some(true));
        assert_eq!((section.has_section("env"), section.has_section("user")), (true, false));
    }
}
