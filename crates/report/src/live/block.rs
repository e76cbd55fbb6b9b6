//! Drawing the block in place: one piece of text a frame, whatever stands above it scrolls away.

use std::fmt::Write;

/// A block of lines at the bottom of a terminal.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Lines that stand on the screen.
    drawn: usize,
}

impl Block {
    /// The text of a frame: `above` (whole lines) takes the block's place, and the block is drawn below it.
    pub(crate) fn frame(&mut self, above: &str, lines: &[String]) -> String {
        let mut text = if above.is_empty() && self.drawn == lines.len() { self.rise() } else { self.erase() };
        text.push_str(above);
        for line in lines {
            // Each line is overwritten and then cleared to its end: nothing flickers.
            let _ = writeln!(text, "{line}\x1b[K");
        }
        self.drawn = lines.len();
        text
    }

    /// The text that takes the block away.
    pub(crate) fn erase(&mut self) -> String {
        let text = if self.drawn > 0 { self.rise() + "\x1b[J" } else { String::new() };
        self.drawn = 0;
        text
    }

    fn rise(&self) -> String {
        if self.drawn > 0 { format!("\x1b[{}A\r", self.drawn) } else { String::new() }
    }
}
