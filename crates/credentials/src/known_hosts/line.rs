//! One line of a known_hosts file.

use super::pattern::Hosts;
use crate::identity::PublicIdentity;

/// A key, and the hosts that it is for.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) hosts: Hosts,
    /// The marker, with a blank after it, or nothing.
    pub(super) marker: &'static str,
    /// The type and the key in base64.
    pub(super) key: String,
}

const MARKERS: [(&str, &str); 2] = [("@cert-authority", "@cert-authority "), ("@revoked", "@revoked ")];

/// Reads a line; none for a comment or an empty one.
pub(super) fn parse(line: &str) -> Result<Option<Entry>, &'static str> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let (marker, line) = match line.starts_with('@').then(|| field(line)) {
        None => ("", line),
        Some((word, rest)) => match MARKERS.iter().find(|(known, _)| *known == word) {
            Some((_, marker)) => (*marker, rest),
            None => return Err("its marker is neither @cert-authority nor @revoked"),
        },
    };
    let (hosts, key) = field(line);
    let hosts = Hosts::parse(hosts).ok_or("its hashed name cannot be read")?;
    if key.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("its key is one of SSH 1, which nobody speaks any more");
    }
    let key = PublicIdentity::from_line(key).map_err(|_| "its key cannot be read")?;
    let key = PublicIdentity::from_blob(key.blob().clone(), "").map_err(|_| "its key cannot be read")?;
    Ok(Some(Entry { hosts, marker, key: key.to_line() }))
}

/// The first word, and what follows it.
fn field(line: &str) -> (&str, &str) {
    let (word, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    (word, rest.trim_start())
}
