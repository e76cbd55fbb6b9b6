//! What files say, how wrong ones are refused, and that no text at all is more than refused.

mod refused;
mod said;
mod torn;

use super::{RolloutFile, TEMPLATE, parse};
use jiff::tz::TimeZoneDatabase;
use mcom_fleet::document::DocumentError;

fn read(text: &str) -> Result<RolloutFile, DocumentError> {
    parse("r.toml", text, &TimeZoneDatabase::bundled())
}

/// The template with every line that it offers behind a `#`.
fn offered() -> String {
    let offer = |line: &str| {
        let rest = line.strip_prefix("# ")?;
        let is_key = rest.split_once('=').is_some_and(|(key, _)| key.trim().bytes().all(|c| c.is_ascii_lowercase()));
        (is_key || rest.starts_with('[')).then(|| rest.to_owned())
    };
    let lines: Vec<String> = TEMPLATE.lines().map(|line| offer(line).unwrap_or_else(|| line.to_owned())).collect();
    lines.join("\n")
}
