//! Values that have a form of their own, in documents and on the command line alike.

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

/// Reads the name of a user on the hosts: it becomes an argument of sudo.
pub fn user(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-@\\+$".contains(c);
    if text.is_empty() || text.starts_with('-') || !text.chars().all(plain) {
        return Err(format!("`{text}` cannot be the name of a user"));
    }
    Ok(text.to_owned())
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
    fn users_are_names() {
        for text in ["root", "www-data", "DOM\\ops", "app$"] {
            assert_eq!(user(text), Ok(text.to_owned()));
        }
        for text in ["", "-u", "a b", "#0", "a;b", "a\nb"] {
            assert!(user(text).is_err(), "{text}");
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
