//! Values of flags that have a form of their own. Those that files hold too are read where documents are.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use mcom_model::Credentials;
use std::str::FromStr;

pub use mcom_fleet::document::{EnvVar, duration, user};

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
    fn picks_print_what_they_parse() {
        for text in ["5", "2/dc", "5@1f", "2/dc@ab12"] {
            assert_eq!(text.parse::<Pick>().unwrap().to_string(), text);
        }
        for text in ["", "0", "x", "2/", "2/rack", "5@", "5@zz"] {
            assert!(text.parse::<Pick>().is_err(), "{text}");
        }
    }
}
