//! A set of host names in natural order, and the algebra of such sets.

use super::{fold::fold, natural_cmp, sort_by_name};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;

/// Host names in natural order, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<String>", into = "Vec<String>")]
pub struct HostSet {
    names: Vec<String>,
}

impl HostSet {
    /// The set with no host.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many hosts there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there is no host.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Whether this host is in the set.
    pub fn contains(&self, name: &str) -> bool {
        self.names.binary_search_by(|own| natural_cmp(own, name)).is_ok()
    }

    /// The names, in natural order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &str> + Clone {
        self.names.iter().map(String::as_str)
    }

    /// The names as a slice, in natural order.
    pub fn as_slice(&self) -> &[String] {
        &self.names
    }

    /// The hosts that are in either set.
    pub fn union(&self, other: &HostSet) -> HostSet {
        self.merged(other, |_| true)
    }

    /// The hosts that are in both sets.
    pub fn intersection(&self, other: &HostSet) -> HostSet {
        self.merged(other, |side| side == Side::Both)
    }

    /// The hosts of this set that are not in the other.
    pub fn difference(&self, other: &HostSet) -> HostSet {
        self.merged(other, |side| side == Side::Left)
    }

    /// Whether the other set has every host of this one.
    pub fn is_subset(&self, other: &HostSet) -> bool {
        self.len() <= other.len() && self.difference(other).is_empty()
    }

    /// The set as a pattern, as compact as an operator would write it.
    pub fn fold(&self) -> String {
        fold(self.iter())
    }

    /// Walks both sets in step and keeps the names whose side is wanted.
    fn merged(&self, other: &HostSet, keep: impl Fn(Side) -> bool) -> HostSet {
        let (a, b) = (&self.names, &other.names);
        let (mut i, mut j) = (0, 0);
        let mut names = Vec::new();
        while i < a.len() || j < b.len() {
            let order = match (a.get(i), b.get(j)) {
                (Some(x), Some(y)) => natural_cmp(x, y),
                (Some(_), None) => Ordering::Less,
                _ => Ordering::Greater,
            };
            let (side, name) = match order {
                Ordering::Less => (Side::Left, &a[i]),
                Ordering::Equal => (Side::Both, &a[i]),
                Ordering::Greater => (Side::Right, &b[j]),
            };
            if keep(side) {
                names.push(name.clone());
            }
            i += usize::from(side != Side::Right);
            j += usize::from(side != Side::Left);
        }
        HostSet { names }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Both,
    Right,
}

impl From<Vec<String>> for HostSet {
    fn from(names: Vec<String>) -> Self {
        let mut names = sort_by_name(names, String::as_str);
        names.dedup();
        HostSet { names }
    }
}

impl From<HostSet> for Vec<String> {
    fn from(set: HostSet) -> Self {
        set.names
    }
}

impl<S: Into<String>> FromIterator<S> for HostSet {
    fn from_iter<I: IntoIterator<Item = S>>(names: I) -> Self {
        Self::from(names.into_iter().map(Into::into).collect::<Vec<String>>())
    }
}

impl IntoIterator for HostSet {
    type Item = String;
    type IntoIter = std::vec::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.names.into_iter()
    }
}

/// Prints the set folded.
impl fmt::Display for HostSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fold())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &str) -> HostSet {
        names.split_whitespace().collect()
    }

    #[test]
    fn names_are_sorted_naturally_and_merged() {
        assert_eq!(set("web10 web2 web2 web1").as_slice(), ["web1", "web2", "web10"]);
    }

    #[test]
    fn algebra() {
        let (a, b) = (set("a1 a2 a10"), set("a2 a3"));
        assert_eq!(a.union(&b), set("a1 a2 a3 a10"));
        assert_eq!(a.intersection(&b), set("a2"));
        assert_eq!(a.difference(&b), set("a1 a10"));
        assert!(set("a2").is_subset(&a) && !b.is_subset(&a));
        assert!(a.contains("a10") && !a.contains("a01"));
    }

    #[test]
    fn it_is_saved_as_a_list_of_names() {
        let saved = serde_json::to_string(&set("a10 a2")).unwrap();
        assert_eq!(saved, r#"["a2","a10"]"#);
        assert_eq!(serde_json::from_str::<HostSet>(r#"["a10","a2","a2"]"#).unwrap(), set("a2 a10"));
    }
}
