//! The policy: rules that a run must keep. Several files may say each of them, and the tightest one holds, so that users
//! can tighten the site's rules and not loosen them.

use crate::config::settings::{Origin, Setting};
use mcom_fleet::document::{DocumentError, Found, Section};
use mcom_fleet::pattern::{self, Pattern, TermKind};
use mcom_model::limits;

/// The most hosts that a run starts on without being confirmed, unless a policy says it.
const CONFIRM_ABOVE: u64 = 20;

const KEYS: [&str; 4] = ["confirm_above", "reason_above", "stages_above", "forbidden"];
const FORBIDDEN_KEYS: [&str; 3] = ["hosts", "at_most", "why"];

/// The rules in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicySettings {
    /// A run on more hosts is confirmed.
    pub confirm_above: Setting<u64>,
    /// A run on more hosts has a reason.
    pub reason_above: Setting<Option<u64>>,
    /// A run on more hosts goes in stages.
    pub stages_above: Setting<Option<u64>>,
    /// Sets of hosts of which no run has many at once. All of them hold.
    pub forbidden: Vec<Setting<Forbidden>>,
}

/// Hosts of which one run, or one stage of a rollout, has a few at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forbidden {
    /// The hosts.
    pub hosts: Vec<Pattern>,
    /// So many of them at once.
    pub at_most: u64,
    /// What would happen otherwise.
    pub why: String,
}

impl Default for PolicySettings {
    fn default() -> Self {
        Self {
            confirm_above: Setting::built_in(CONFIRM_ABOVE),
            reason_above: Setting::default(),
            stages_above: Setting::default(),
            forbidden: Vec::new(),
        }
    }
}

impl PolicySettings {
    /// Adds the rules of a section of the file of this name: none that holds already becomes looser.
    pub(super) fn tighten(&mut self, file: &str, section: &Section<'_>) -> Result<(), DocumentError> {
        section.only(&KEYS)?;
        let origin = |at| Origin::File { path: file.to_owned(), line: section.place(at).line };
        let number = |key| section.number(key, 0..=limits::HOSTS);
        if let Some(found) = number("confirm_above")?
            && (self.confirm_above.origin == Origin::BuiltIn || found.value < self.confirm_above.value)
        {
            self.confirm_above = Setting { value: found.value, origin: origin(found.at) };
        }
        for (key, held) in [("reason_above", &mut self.reason_above), ("stages_above", &mut self.stages_above)] {
            if let Some(found) = number(key)?
                && held.value.is_none_or(|value| found.value < value)
            {
                *held = Setting { value: Some(found.value), origin: origin(found.at) };
            }
        }
        for Found { value: entry, at } in section.sections("forbidden")? {
            entry.only(&FORBIDDEN_KEYS)?;
            let line = entry.keys().first().map_or(at, |key| key.at);
            self.forbidden.push(Setting { value: forbidden(&entry, at)?, origin: origin(line) });
        }
        Ok(())
    }
}

fn forbidden(entry: &Section<'_>, at: usize) -> Result<Forbidden, DocumentError> {
    let missing = |key: &str| entry.error(at, format!("a forbidden set needs `{key}`"));
    let texts = entry.texts("hosts")?.ok_or_else(|| missing("hosts"))?;
    let hosts = texts.iter().map(|text| parsed(entry, text)).collect::<Result<Vec<_>, _>>()?;
    let at_most = entry.number("at_most", 0..=limits::HOSTS)?.map_or(0, |found| found.value);
    let why = entry.text("why")?.ok_or_else(|| missing("why"))?.value;
    Ok(Forbidden { hosts, at_most, why })
}

/// A pattern that means the same whoever runs mcom, and where.
fn parsed(entry: &Section<'_>, text: &Found<String>) -> Result<Pattern, DocumentError> {
    let pattern = pattern::parse(&text.value).map_err(|error| entry.error(text.at, error.to_string()))?;
    let stands = |kind: &TermKind| matches!(kind, TermKind::Name { .. } | TermKind::Group { .. } | TermKind::Regex(_));
    if pattern.terms().iter().all(|term| stands(&term.kind)) {
        return Ok(pattern);
    }
    let message = format!("`{}` is not the same for everybody: write names, groups or a /regex/", text.value);
    Err(entry.error(text.at, message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_fleet::document;

    fn policy(files: &[&str]) -> Result<PolicySettings, String> {
        let mut policy = PolicySettings::default();
        for (number, text) in files.iter().enumerate() {
            let name = format!("{number}.toml");
            let document = document::parse(&name, text).unwrap();
            policy.tighten(&name, &document).map_err(|error| error.to_string())?;
        }
        Ok(policy)
    }

    fn line(path: &str, line: usize) -> Origin {
        Origin::File { path: path.to_owned(), line }
    }

    #[test]
    fn the_tightest_file_holds_in_whichever_order_they_come() {
        let (loose, tight) = ("confirm_above = 90\nstages_above = 70", "stages_above = 7\nconfirm_above = 9");
        for (files, file) in [([loose, tight], "1.toml"), ([tight, loose], "0.toml")] {
            let policy = policy(&files).unwrap();
            assert_eq!(policy.confirm_above, Setting { value: 9, origin: line(file, 2) });
            assert_eq!(policy.stages_above, Setting { value: Some(7), origin: line(file, 1) });
            assert_eq!(policy.reason_above, Setting::default());
        }
    }

    #[test]
    fn what_is_built_in_is_no_rule_of_the_site() {
        assert_eq!(policy(&["confirm_above = 90"]).unwrap().confirm_above.value, 90);
        assert_eq!(policy(&[]).unwrap().confirm_above, Setting::built_in(20));
    }

    #[test]
    fn forbidden_sets_add_up() {
        let one = "\n[[forbidden]]\nhosts = 'db*'\nwhy = 'the quorum'";
        let other = "[[forbidden]]\nhosts = ['@gate', 'lb[1-2]']\nat_most = 1\nwhy = 'the way in'";
        let policy = policy(&[one, other]).unwrap();
        let of = |place: usize| {
            let Setting { value, origin } = &policy.forbidden[place];
            (value.hosts.iter().map(Pattern::text).collect::<Vec<_>>(), value.at_most, value.why.as_str(), origin)
        };
        assert_eq!(of(0), (vec!["db*"], 0, "the quorum", &line("0.toml", 3)));
        assert_eq!(of(1), (vec!["@gate", "lb[1-2]"], 1, "the way in", &line("1.toml", 2)));
    }

    #[test]
    fn mistakes_name_their_place() {
        for (text, message) in [
            ("confirm = 3", "0.toml:1:1: unknown key `confirm`: did you mean `confirm_above`?"),
            ("confirm_above = -1", "0.toml:1:17: `confirm_above` is -1, and must be a whole number from 0 to 1000000"),
            ("[[forbidden]]\nhosts = 'db*'", "0.toml:1:1: a forbidden set needs `why`"),
            ("[[forbidden]]\nwhy = 'x'", "0.toml:1:1: a forbidden set needs `hosts`"),
            (
                "[[forbidden]]\nhosts = '^list'\nwhy = 'x'",
                "0.toml:2:9: `^list` is not the same for everybody: write names, groups or a /regex/",
            ),
        ] {
            assert_eq!(policy(&[text]).unwrap_err(), message);
        }
        let bad = policy(&["[[forbidden]]\nhosts = 'db[9-1]'\nwhy = 'x'"]).unwrap_err();
        assert!(bad.starts_with("0.toml:2:9: "), "{bad}");
    }
}
