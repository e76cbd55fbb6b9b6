//! Which keys stand where. In TOML a key belongs to the last `[section]` above it, which is the commonest mistake: a
//! key that is known elsewhere is refused with its home.

use mcom_fleet::document::{DocumentError, Section};

/// A part of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// What stands above all sections.
    Top,
    /// `[health]`.
    Health,
    /// `[health.global]`.
    Global,
    /// `[[stage]]`.
    Stage,
    /// `[policy]`.
    Policy,
}

impl Level {
    const ALL: [Self; 5] = [Self::Top, Self::Health, Self::Global, Self::Stage, Self::Policy];

    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Top => &[
                "name",
                "hosts",
                "exclude",
                "script",
                "command",
                "bundle",
                "args",
                "env",
                "cwd",
                "sudo",
                "doas",
                "undo",
                "reason",
                "command_timeout",
                "health",
                "stage",
                "policy",
            ],
            Self::Health => &["script", "every", "within", "fails", "control", "global"],
            Self::Global => &["command"],
            Self::Stage => &["name", "reach", "host", "soak", "approve", "max_fail", "order", "batch", "reboots"],
            Self::Policy => &["on_fail", "window"],
        }
    }

    const fn home(self) -> &'static str {
        match self {
            Self::Top => "at the top, above the first [section]",
            Self::Health => "in [health]",
            Self::Global => "in [health.global]",
            Self::Stage => "in a [[stage]]",
            Self::Policy => "in [policy]",
        }
    }

    /// Where a key that is not known here belongs.
    fn home_of(self, key: &str) -> Option<Self> {
        // `command` in [health] is nearer to its own section than to the payload.
        let first = if self == Self::Health { Self::Global } else { Self::Top };
        let mut levels = std::iter::once(first).chain(Self::ALL);
        levels.find(|level| level.keys().contains(&key))
    }
}

/// Every key of a file.
#[cfg(test)]
pub(super) fn all() -> impl Iterator<Item = &'static str> {
    let sections = ["health", "global", "stage", "policy"];
    Level::ALL.into_iter().flat_map(Level::keys).copied().filter(move |key| !sections.contains(key))
}

/// Refuses every key that does not belong here.
pub(super) fn only(section: &Section<'_>, level: Level) -> Result<(), DocumentError> {
    let known = level.keys();
    let stray = section.keys().into_iter().find(|key| !known.contains(&key.value.as_str()));
    match stray.and_then(|key| Some((level.home_of(&key.value)?, key))) {
        Some((home, key)) => {
            Err(section.error(key.at, format!("`{}` has no meaning here: it belongs {}", key.value, home.home())))
        }
        None => section.only(known),
    }
}
