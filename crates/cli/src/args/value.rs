//! Values of flags that have a form of their own.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use mcom_model::Credentials;
use std::str::FromStr;
use std::time::Duration;

/// `KEY=VALUE` for the payload's environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvVar {
    /// The name.
    pub key: String,
    /// The value; may be empty.
    pub value: String,
}

/// `--pick`: a part of the hosts, chosen by a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    /// How many hosts.
    pub count: u64,
    /// Whether that many of each datacenter.
    pub per_dc: bool,
    /// The seed; without one a new seed is made and printed.
    pub seed: Option<u32>,
}

/// Reads a duration: `500ms`, `30s`, `5m`, `2h`, `1h30m`, `2d`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let refused = || format!("`{text}` is not a time: write 500ms, 30s, 5m, 1h30m or 2d");
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?;
        let number: u64 = rest[..digits].parse().map_err(|_| refused())?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        let millis = match &rest[digits..unit_end] {
            "ms" => 1,
            "s" => 1000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => return Err(refused()),
        };
        let part = number.checked_mul(millis).map(Duration::from_millis).ok_or_else(refused)?;
        total = total.checked_add(part).ok_or_else(refused)?;
        rest = &rest[unit_end..];
    }
    if total.is_zero() { Err(refused()) } else { Ok(total) }
}

/// Reads a way for parents to log in on their children.
pub fn credentials() -> impl TypedValueParser<Value = Credentials> {
    let values = Credentials::ALL.map(|way| PossibleValue::new(way.word()).help(credentials_help(way)));
    PossibleValuesParser::new(values).map(|word| Credentials::of_word(&word).unwrap_or_default())
}

const fn credentials_help(way: Credentials) -> &'static str {
    match way {
        Credentials::Auto => "By relay, and by transit where one of the two ends lacks what relay needs",
        Credentials::Relay => "They hold no key: each login is signed here",
        Credentials::Transit => "They do not: every host is logged in on from here, through its parent's sshd",
        Credentials::Certificate => "With a certificate for minutes that allows nothing but this run",
        Credentials::Own => "With their own SSH configuration and keys",
    }
}

/// Reads the name of a user on the hosts: it becomes an argument of sudo.
pub fn user(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@\\+$".contains(c);
    if text.is_empty() || text.starts_with('-') || !text.chars().all(plain) {
        return Err(format!("`{text}` cannot be the name of a user"));
    }
    Ok(text.to_owned())
}

/// Reads a whole number of a range.
pub fn whole<const LEAST: u32, const MOST: u32>(text: &str) -> Result<u32, String> {
    let number = text.parse().ok().filter(|number| (LEAST..=MOST).contains(number));
    number.ok_or_else(|| match MOST {
        u32::MAX => format!("`{text}` is not a whole number from {LEAST} on"),
        most => format!("`{text}` is not a whole number from {LEAST} to {most}"),
    })
}

/// Reads a size: `4096`, `512KiB`, `64MiB`, `2GiB`.
pub fn size(text: &str) -> Result<u64, String> {
    let refused = || format!("`{text}` is not a size: write 4096, 512KiB, 64MiB or 2GiB");
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().map_err(|_| refused())?;
    let unit = match &text[digits..] {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err(refused()),
    };
    number.checked_mul(unit).filter(|&bytes| bytes > 0).ok_or_else(refused)
}

/// A size as it is typed.
pub fn size_text(bytes: u64) -> String {
    for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1_u64 << 10)] {
        if bytes > 0 && bytes.is_multiple_of(size) {
            return format!("{}{unit}", bytes / size);
        }
    }
    bytes.to_string()
}

impl FromStr for EnvVar {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let Some((key, value)) = text.split_once('=') else {
            return Err(format!("`{text}` has no `=`: write KEY=VALUE"));
        };
        let fits = |(at, c): (usize, char)| c == '_' || c.is_ascii_alphabetic() || (at > 0 && c.is_ascii_digit());
        if key.is_empty() || !key.char_indices().all(fits) {
            return Err(format!("`{key}` is not a name for the environment: letters, digits and _, no digit first"));
        }
        Ok(Self { key: key.to_owned(), value: value.to_owned() })
    }
}

impl FromStr for Pick {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || format!("`{text}` is not a pick: write 5 for five hosts, 2/dc for two of each datacenter");
        let (rest, seed) = match text.split_once('@') {
            Some((rest, seed)) => (rest, Some(u32::from_str_radix(seed, 16).map_err(|_| refused())?)),
            None => (text, None),
        };
        let (number, per_dc) = match rest.strip_suffix("/dc") {
            Some(number) => (number, true),
            None => (rest, false),
        };
        let count = number.parse().ok().filter(|&count| count > 0).ok_or_else(refused)?;
        Ok(Self { count, per_dc, seed })
    }
}

impl std::fmt::Display for Pick {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.count, if self.per_dc { "/dc" } else { "" })?;
        self.seed.map_or(Ok(()), |seed| write!(f, "@{seed:x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_units() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("1h30m", 5_400_000),
            ("2d", 172_800_000),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "30", "s", "1w", "-1s", "0s", "99999999999999999999h", "18446744073709551615h", "1.5s"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_say_their_range() {
        assert_eq!((whole::<0, 9>("0"), whole::<1, { u32::MAX }>("4294967295")), (Ok(0), Ok(u32::MAX)));
        assert_eq!(whole::<1, 9>("10"), Err("`10` is not a whole number from 1 to 9".to_owned()));
        for text in ["", "-1", "0", "1.5", "many", "4294967296"] {
            assert_eq!(whole::<1, { u32::MAX }>(text), Err(format!("`{text}` is not a whole number from 1 on")));
        }
    }

    #[test]
    fn sizes_print_what_they_parse() {
        for (text, bytes) in [("100", 100), ("512KiB", 512 << 10), ("64MiB", 64 << 20), ("2GiB", 2 << 30)] {
            assert_eq!(size(text), Ok(bytes));
            assert_eq!(size_text(bytes), text);
        }
        for text in ["", "0", "2GB", "MiB", "-1", "99999999999GiB", "1.5GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn users_are_names() {
        for text in ["root", "www-data", "DOM\\ops", "app$"] {
            assert_eq!(user(text), Ok(text.to_owned()));
        }
        for text in ["", "-u", "a b", "#0", "a;b", "a\nb"] {
            assert!(user(text).is_err(), "{text}");
        }
    }

    #[test]
    fn picks_print_what_they_parse() {
        for text in ["5", "2/dc", "5@1f", "2/dc@ab12"] {
            assert_eq!(text.parse::<Pick>().unwrap().to_string(), text);
        }
        for text in ["", "0", "x", "2/", "2/rack", "5@", "5@zz"] {
            assert!(text.parse::<Pick>().is_err(), "{text}");
        }
    }

    #[test]
    fn environment_names_are_names() {
        assert_eq!("A_1=b=c".parse(), Ok(EnvVar { key: "A_1".into(), value: "b=c".into() }));
        assert_eq!("A=".parse(), Ok(EnvVar { key: "A".into(), value: String::new() }));
        for text in ["A", "=x", "1A=x", "A-B=x", "A B=x"] {
            assert!(text.parse::<EnvVar>().is_err(), "{text}");
        }
    }
}
