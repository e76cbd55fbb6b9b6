//! One `[[hosts]]` entry: a pattern and what holds for the hosts that match it.

use crate::document::{DocumentError, Found, Section};
use crate::hostset::is_host_name;
use crate::inventory::attributes::HostAttributes;
use crate::pattern::{self, Joint, Pattern, TermKind};
use mcom_model::Credentials;

const KEYS: [&str; 8] = ["pattern", "dc", "groups", "user", "port", "address", "weight", "credentials"];

/// The largest weight; more digits say nothing more.
const MAX_WEIGHT: u64 = 1_000_000;

#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) pattern: Pattern,
    pub(super) groups: Vec<String>,
    pub(super) attributes: HostAttributes,
}

impl Entry {
    pub(super) fn read(section: &Section<'_>, at: usize) -> Result<Self, DocumentError> {
        section.only(&KEYS)?;
        let Some(text) = section.text("pattern")? else {
            return Err(section.error(at, "an entry of [[hosts]] needs a pattern: pattern = \"mail[1-10]-dc1\""));
        };
        let pattern = names_only(section, &text)?;
        let groups = section.texts("groups")?.unwrap_or_default();
        for group in &groups {
            group_name(section, group)?;
        }
        let attributes = HostAttributes {
            dc: word(section, "dc", is_host_name)?,
            user: word(section, "user", is_user)?,
            port: section.number("port", 1..=65_535)?.and_then(|port| u16::try_from(port.value).ok()),
            address: word(section, "address", |address| is_address(&address.replace("%h", "h")))?,
            weight: section.number("weight", 0..=MAX_WEIGHT)?.and_then(|weight| u32::try_from(weight.value).ok()),
            credentials: credentials(section)?,
        };
        let groups = groups.into_iter().map(|group| group.value).collect();
        Ok(Self { pattern, groups, attributes })
    }

    pub(super) fn matches(&self, host: &str) -> bool {
        matches(&self.pattern, host)
    }

    /// What the entry says about this host, its address filled in.
    pub(super) fn attributes_of(&self, host: &str) -> HostAttributes {
        let address = self.attributes.address.as_ref().map(|address| address.replace("%h", host));
        HostAttributes { address, ..self.attributes.clone() }
    }
}

/// A pattern that stands for names by its text alone, or for names that other entries bring (`*`, `?`).
pub(super) fn names_only(section: &Section<'_>, text: &Found<String>) -> Result<Pattern, DocumentError> {
    let pattern = pattern::parse(&text.value).map_err(|error| section.error(text.at, error.to_string()))?;
    for term in pattern.terms() {
        let spelled = &pattern.text()[term.span.clone()];
        match &term.kind {
            TermKind::Name { user: None, port: None, .. } => {}
            TermKind::Name { .. } => {
                let advice = "write user = \"...\" and port = ... in the entry";
                return Err(section.error(text.at, format!("`{spelled}` names a user or a port: {advice}")));
            }
            _ => {
                let advice = "an inventory says which hosts there are, by names such as mail[1-10]-dc1";
                return Err(section.error(text.at, format!("`{spelled}` refers to something else: {advice}")));
            }
        }
    }
    Ok(pattern)
}

/// Refuses what could not be typed after `@`.
pub(super) fn group_name(section: &Section<'_>, group: &Found<String>) -> Result<(), DocumentError> {
    if is_host_name(&group.value) && group.value != "run" {
        return Ok(());
    }
    let advice = "letters, digits, `.`, `_` and `-`, and not `run`";
    Err(section.error(group.at, format!("`{}` cannot be the name of a group: {advice}", group.value)))
}

/// Whether a pattern of names has this host.
pub(super) fn matches(pattern: &Pattern, host: &str) -> bool {
    pattern.terms().iter().fold(false, |so_far, term| {
        let TermKind::Name { name, .. } = &term.kind else { return so_far };
        match term.joint {
            Joint::Union => so_far || name.matches(host),
            Joint::And => so_far && name.matches(host),
            Joint::Without => so_far && !name.matches(host),
        }
    })
}

/// Whether the names of a pattern are to be looked up among those of other entries.
pub(super) fn has_wildcard(pattern: &Pattern) -> bool {
    pattern.terms().iter().any(|term| matches!(&term.kind, TermKind::Name { name, .. } if name.has_wildcard()))
}

fn word(section: &Section<'_>, key: &str, fits: impl Fn(&str) -> bool) -> Result<Option<String>, DocumentError> {
    match section.text(key)? {
        Some(found) if !fits(&found.value) => {
            Err(section.error(found.at, format!("`{}` cannot be the `{key}` of a host", found.value)))
        }
        found => Ok(found.map(|found| found.value)),
    }
}

fn credentials(section: &Section<'_>) -> Result<Option<Credentials>, DocumentError> {
    let Some(found) = section.text("credentials")? else { return Ok(None) };
    match Credentials::of_word(&found.value) {
        Some(credentials) => Ok(Some(credentials)),
        None => {
            let words = Credentials::ALL.map(Credentials::word).join(", ");
            let message = format!("`credentials` is '{}', and must be one of {words}", found.value);
            Err(section.error(found.at, message))
        }
    }
}

/// Whether a text may be a user: it becomes an argument of `ssh`.
fn is_user(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@\\+$".contains(c);
    !text.is_empty() && !text.starts_with('-') && text.chars().all(plain)
}

/// Whether a text may be an address: a name or an IP address, with a zone where it has one.
fn is_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-_:%".contains(c);
    !text.is_empty()
        && text.len() <= mcom_model::limits::HOST_NAME_BYTES
        && !text.starts_with('-')
        && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(text: &str, host: &str) -> bool {
        matches(&pattern::parse(text).unwrap(), host)
    }

    #[test]
    fn terms_are_taken_together_from_left_to_right() {
        for (text, hits, misses) in [
            ("mail[1-100]-(dc1|dc2)", &["mail1-dc1", "mail100-dc2"][..], &["mail0-dc1", "mail01-dc1"][..]),
            ("web1 db1", &["web1", "db1"], &["web2"]),
            ("web[1-3]!web2", &["web1", "web3"], &["web2"]),
            ("web[1-3]&web[2-9]", &["web2", "web3"], &["web1", "web4"]),
        ] {
            assert!(hits.iter().all(|host| has(text, host)), "{text}");
            assert!(!misses.iter().any(|host| has(text, host)), "{text}");
        }
    }
}
