//! Asks the operator on the terminal, whatever standard input and output lead to.

use mcom_wire::Secret;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read, Write as _};
use zeroize::Zeroizing;

/// Bytes of a secret that are read: nobody types more, and none of them is copied to make room.
const SECRET: usize = 1024;

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

/// Asks for a secret: what is typed is not shown, and never kept in a buffer of the terminal.
pub fn secret(question: &str) -> Result<Secret, Unasked> {
    let mut terminal = terminal()?;
    let quiet = Quiet::new(terminal.try_clone().map_err(|_| Unasked::NoTerminal)?).ok_or(Unasked::NoTerminal)?;
    say(&mut terminal, question);
    let typed = read_secret(&mut terminal);
    drop(quiet);
    say(&mut terminal, "\n");
    typed
}

/// Asks for a line.
pub fn line(question: &str) -> Result<String, Unasked> {
    let mut terminal = terminal()?;
    say(&mut terminal, question);
    let mut line = String::new();
    match BufReader::new(terminal).read_line(&mut line) {
        Ok(1..) if !line.trim().is_empty() => Ok(line.trim().to_owned()),
        _ => Err(Unasked::Declined),
    }
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

/// A terminal that shows nothing and hands over each key at once. The key that interrupts is one of them, so that the
/// terminal is never left like that.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn new(terminal: File) -> Option<Self> {
        let before = tcgetattr(&terminal).ok()?;
        let mut quiet = before.clone();
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG;
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Flush, &quiet).ok()?;
        Some(Self { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // What was typed ahead belongs to nobody.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
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
