//! `mcom config show`.

use crate::args::{ConfigArgs, ConfigVerb};
use crate::config::{Settings, rows};
use crate::error::CliError;
use crate::output::print;

/// Prints every setting.
pub fn config(args: &ConfigArgs, settings: &Settings) -> Result<(), CliError> {
    let ConfigVerb::Show { origin } = args.verb;
    let rows = rows(settings);
    let key_width = rows.iter().map(|row| row.key.len()).max().unwrap_or(0);
    let value_width = rows.iter().map(|row| row.value.chars().count()).max().unwrap_or(0).min(40);
    let mut text = String::new();
    for row in rows {
        let line = format!("{:key_width$}  {:value_width$}", row.key, row.value);
        let line = if origin { format!("{line}  {}", row.origin) } else { line };
        text.push_str(line.trim_end());
        text.push('\n');
    }
    print(&text)
}
