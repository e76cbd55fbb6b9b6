//! The names before a key: patterns with `*` and `?`, names that are excepted with `!`, and hashed names.

use base64ct::{Base64, Encoding};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Which hosts a line is for.
#[derive(Clone, Debug)]
pub(super) enum Hosts {
    /// Names, and patterns of names.
    Patterns(Vec<Pattern>),
    /// One name, of which only a hash is known.
    Hashed { with_salt: Box<Hmac<Sha1>>, hash: [u8; 20] },
}

/// One name or pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    pub(super) excepts: bool,
    pub(super) text: String,
}

impl Pattern {
    /// Whether it fits one name only.
    pub(super) fn is_name(&self) -> bool {
        !self.excepts && !self.text.contains(['*', '?'])
    }
}

impl Hosts {
    /// Reads the field of a line; none where it is a hash that cannot be read.
    pub(super) fn parse(field: &str) -> Option<Self> {
        if let Some(hashed) = field.strip_prefix("|1|") {
            let (salt, hash) = hashed.split_once('|')?;
            let (salt, hash) = (Base64::decode_vec(salt).ok()?, Base64::decode_vec(hash).ok()?);
            let with_salt = Box::new(Hmac::<Sha1>::new_from_slice(&salt).ok()?);
            return Some(Self::Hashed { with_salt, hash: hash.try_into().ok()? });
        }
        if field.starts_with('|') {
            return None;
        }
        let patterns = field.split(',').filter(|text| !text.is_empty()).map(|text| {
            let (excepts, text) = text.strip_prefix('!').map_or((false, text), |text| (true, text));
            Pattern { excepts, text: text.to_lowercase() }
        });
        Some(Self::Patterns(patterns.collect()))
    }

    /// Whether the line is for the host of this name, which is in small letters.
    pub(super) fn fit(&self, name: &str) -> bool {
        match self {
            Self::Hashed { with_salt, hash } => {
                let mut mac = (**with_salt).clone();
                mac.update(name.as_bytes());
                mac.verify_slice(hash).is_ok()
            }
            Self::Patterns(patterns) => {
                let mut fits = patterns.iter().filter(|pattern| matches(&pattern.text, name)).peekable();
                fits.peek().is_some() && fits.all(|pattern| !pattern.excepts)
            }
        }
    }
}

/// Whether a name fits a pattern: `*` is any bytes, `?` is one. Its time is bounded by the product of both lengths.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.as_bytes(), name.as_bytes());
    let (mut at, mut seen) = (0, 0);
    // Where to go on when the last star shall stand for one byte more.
    let mut star: Option<(usize, usize)> = None;
    while seen < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at + 1, seen));
                at += 1;
            }
            Some(byte) if *byte == b'?' || *byte == name[seen] => {
                at += 1;
                seen += 1;
            }
            _ => {
                let Some((after, from)) = star else { return false };
                star = Some((after, from + 1));
                at = after;
                seen = from + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}
