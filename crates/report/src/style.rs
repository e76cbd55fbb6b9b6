//! Colour, and lines made of coloured pieces that can be cut to a width. No meaning is carried by colour alone.

/// What a piece of text means to the reader.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Plain.
    #[default]
    Plain,
    /// Went well.
    Good,
    /// Went wrong.
    Bad,
    /// Not sure, or not done.
    Doubtful,
    /// A name that the eye looks for.
    Strong,
    /// Of less weight than the rest.
    Faint,
}

impl Tone {
    const fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Good => "32",
            Self::Bad => "1;31",
            Self::Doubtful => "33",
            Self::Strong => "1",
            Self::Faint => "2",
        }
    }
}

/// One line, in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pieces: Vec<(Tone, String)>,
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a piece.
    #[must_use]
    pub fn add(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.push(tone, text);
        self
    }

    /// Adds a piece.
    pub fn push(&mut self, tone: Tone, text: impl Into<String>) {
        self.pieces.push((tone, text.into()));
    }

    /// Adds the pieces of another line.
    pub fn append(&mut self, other: Self) {
        self.pieces.extend(other.pieces);
    }

    /// Adds two blanks where something stands already, then a piece.
    pub fn push_apart(&mut self, tone: Tone, text: impl Into<String>) {
        let text = text.into();
        if text.is_empty() {
            return;
        }
        if !self.pieces.is_empty() {
            self.push(Tone::Plain, "  ");
        }
        self.push(tone, text);
    }

    /// How many characters it has.
    pub fn width(&self) -> usize {
        self.pieces.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// Adds blanks up to a width.
    pub fn pad(&mut self, width: usize) {
        let missing = width.saturating_sub(self.width());
        self.push(Tone::Plain, " ".repeat(missing));
    }

    /// As text, with or without colour.
    pub fn render(&self, color: bool) -> String {
        self.render_cut(color, usize::MAX)
    }

    /// As text of at most `width` characters; `…` stands where something was cut off.
    pub fn render_cut(&self, color: bool, width: usize) -> String {
        let is_cut = self.width() > width;
        let mut room = if is_cut { width.saturating_sub(1) } else { width };
        let mut text = String::new();
        for (tone, piece) in &self.pieces {
            let piece: String = piece.chars().take(room).collect();
            room -= piece.chars().count();
            let code = tone.code();
            if color && !code.is_empty() && !piece.is_empty() {
                text.push_str(&format!("\x1b[{code}m{piece}\x1b[0m"));
            } else {
                text.push_str(&piece);
            }
        }
        if is_cut && width > 0 {
            text.push('…');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_cut_by_characters_not_by_codes() {
        let line = Line::new().add(Tone::Good, "äöü").add(Tone::Plain, " plain");
        assert_eq!(line.render(false), "äöü plain");
        assert_eq!(line.render_cut(false, 9), "äöü plain");
        assert_eq!(line.render_cut(false, 5), "äöü …");
        assert_eq!(line.render_cut(true, 3), "\x1b[32mäö\x1b[0m…");
        assert_eq!(line.render_cut(true, 0), "");
    }
}
