//! How a rollout is shown, and who carries it on.

use crate::style::Line;

/// How a rollout is shown. Nothing here is looked up from the environment: the caller knows it.
#[derive(Clone, Copy, Debug, Default)]
pub struct RolloutOptions {
    /// Whether to use colour.
    pub color: bool,
    /// Columns of the terminal, where there is one: what is longer is cut, or goes on below.
    pub width: Option<usize>,
    /// Names every host where else a part of them stands for all.
    pub verbose: bool,
}

/// The process that carries a rollout on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Who, as `user@host`.
    pub who: String,
    /// Its process id.
    pub pid: u32,
}

/// Characters of a line where nobody says how wide the terminal is.
const WIDTH: usize = 110;

impl RolloutOptions {
    /// Adds a line to a text.
    pub(super) fn put(&self, text: &mut String, line: &Line) {
        text.push_str(line.render(self.color).trim_end());
        text.push('\n');
    }

    pub(super) fn columns(&self) -> usize {
        self.width.unwrap_or(WIDTH).max(40)
    }

    /// A long list of hosts, cut behind one of them; whole where every host is to be named.
    pub(super) fn cut(&self, folded: String, max: usize) -> String {
        if self.verbose || folded.chars().count() <= max {
            return folded;
        }
        let end = folded.char_indices().nth(max).map_or(folded.len(), |(end, _)| end);
        let end = folded[..end].rfind([',', ' ']).unwrap_or(end);
        format!("{}…", folded[..end].trim_end_matches([' ', ',', '·']))
    }
}
