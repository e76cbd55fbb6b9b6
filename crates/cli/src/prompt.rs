//! Asks the operator on the terminal, whatever standard input and output lead to.

use mcom_wire::Secret;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{Read, Write as _};
use zeroize::Zeroizing;

/// Bytes of a secret that are read: nobody types more, and none of them is copied to make room.
const SECRET: usize = 1024;

/// The key of a terminal that has none for a purpose.
const DISABLED: u8 = 0;

/// Why nothing was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unasked {
    /// There is no terminal, or another process has it.
    NoTerminal,
    /// The operator typed nothing.
    Declined,
    /// The operator interrupted.
    Interrupted,
}

/// Bytes of a line that are read: what the kernel keeps of one.
const LINE: usize = 4096;

/// Asks for a secret: what is typed is not shown, and never kept in a buffer of the terminal.
pub fn secret(question: &str) -> Result<Secret, Unasked> {
    let mut terminal = terminal()?;
    let changed = Changed::of(&terminal, key_by_key).ok_or(Unasked::NoTerminal)?;
    say(&mut terminal, question);
    let typed = read_secret(&mut terminal);
    drop(changed);
    say(&mut terminal, "\n");
    typed
}

/// Asks for a line. What was typed before the question is no answer to it.
pub fn line(question: &str) -> Result<String, Unasked> {
    let mut terminal = terminal()?;
    let changed = Changed::of(&terminal, interrupt_ends_line).ok_or(Unasked::NoTerminal)?;
    say(&mut terminal, question);
    let mut line = [0; LINE];
    // The kernel hands over one line at a time.
    let len = terminal.read(&mut line).unwrap_or(0);
    let typed = understood(&line[..len], changed.before.special_codes[SpecialCodeIndex::VINTR]);
    if !line[..len].ends_with(b"\n") {
        say(&mut terminal, "\n");
    }
    typed
}

/// Whether anybody can be asked.
pub fn is_possible() -> bool {
    terminal().is_ok()
}

fn terminal() -> Result<File, Unasked> {
    let terminal = File::options().read(true).write(true).open("/dev/tty").map_err(|_| Unasked::NoTerminal)?;
    // A process in the background that reads the terminal is stopped.
    match rustix::termios::tcgetpgrp(&terminal) {
        Ok(group) if group == rustix::process::getpgrp() => Ok(terminal),
        _ => Err(Unasked::NoTerminal),
    }
}

fn say(terminal: &mut File, text: &str) {
    let _ = terminal.write_all(text.as_bytes());
}

/// A terminal in another mode, until this is dropped. The key that interrupts is read like the others, so that the
/// terminal is never left like that.
struct Changed {
    terminal: File,
    before: Termios,
}

impl Changed {
    fn of(terminal: &File, change: impl FnOnce(&mut Termios)) -> Option<Self> {
        let terminal = terminal.try_clone().ok()?;
        let before = tcgetattr(&terminal).ok()?;
        let mut changed = before.clone();
        change(&mut changed);
        tcsetattr(&terminal, OptionalActions::Flush, &changed).ok()?;
        Some(Self { terminal, before })
    }
}

impl Drop for Changed {
    fn drop(&mut self) {
        // What was typed ahead belongs to nobody.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

/// Nothing is shown, and each key is handed over at once.
fn key_by_key(mode: &mut Termios) {
    mode.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
    mode.special_codes[SpecialCodeIndex::VMIN] = 1;
    mode.special_codes[SpecialCodeIndex::VTIME] = 0;
}

/// A line as ever, but that the key that interrupts ends it and is a part of it.
fn interrupt_ends_line(mode: &mut Termios) {
    mode.special_codes[SpecialCodeIndex::VEOL] = mode.special_codes[SpecialCodeIndex::VINTR];
    mode.special_codes[SpecialCodeIndex::VINTR] = DISABLED;
}

/// What a line means, where this key interrupts.
fn understood(line: &[u8], interrupt: u8) -> Result<String, Unasked> {
    if interrupt != DISABLED && line.ends_with(&[interrupt]) {
        return Err(Unasked::Interrupted);
    }
    let text = String::from_utf8_lossy(line).trim().to_owned();
    if text.is_empty() { Err(Unasked::Declined) } else { Ok(text) }
}

/// Reads keys up to the end of the line.
fn read_secret(terminal: &mut impl Read) -> Result<Secret, Unasked> {
    let mut secret = Zeroizing::new(Vec::with_capacity(SECRET));
    let mut key = Zeroizing::new([0]);
    let whole = loop {
        if !matches!(terminal.read(&mut *key), Ok(1)) {
            break false;
        }
        match key[0] {
            // The end of the line, or of all input.
            b'\n' | b'\r' | 0x04 => break true,
            // Interrupt, quit, suspend.
            0x03 | 0x1c | 0x1a => return Err(Unasked::Interrupted),
            // A character may be of several bytes, all but the first of one kind.
            0x08 | 0x7f => while secret.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            0x15 => secret.clear(),
            byte if secret.len() < SECRET => secret.push(byte),
            _ => break false,
        }
    };
    if whole && !secret.is_empty() { Ok(Secret::new(std::mem::take(&mut *secret))) } else { Err(Unasked::Declined) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(keys: &[u8]) -> Result<Vec<u8>, Unasked> {
        let mut keys = keys;
        read_secret(&mut keys).map(|secret| secret.reveal().to_vec())
    }

    #[test]
    fn a_line_is_an_answer_unless_the_interrupt_ends_it() {
        assert_eq!(understood(b" 300 \n", 3), Ok("300".to_owned()));
        for (line, why) in
            [(&b""[..], Unasked::Declined), (b" \n", Unasked::Declined), (b"30\x03", Unasked::Interrupted)]
        {
            assert_eq!(understood(line, 3), Err(why), "{line:?}");
        }
    }

    #[test]
    fn keys_make_a_line() {
        assert_eq!(typed(b"geheim\n rest"), Ok(b"geheim".to_vec()));
        assert_eq!(typed("a\u{e9}\u{7f}b\r".as_bytes()), Ok(b"ab".to_vec()));
        assert_eq!(typed(b"wrong\x15right\n"), Ok(b"right".to_vec()));
        assert_eq!(typed(b"p w\x04"), Ok(b"p w".to_vec()));
        for keys in [&b"\n"[..], b"\x04", b"geheim", &[b'x'; SECRET + 2]] {
            assert_eq!(typed(keys), Err(Unasked::Declined), "{keys:?}");
        }
        for keys in [&b"geheim\x03\n"[..], b"\x03", b"a\x1c", b"\x1a"] {
            assert_eq!(typed(keys), Err(Unasked::Interrupted), "{keys:?}");
        }
    }
}
