//! Printing a body below a heading: each line behind a gutter, long ones cut in the middle.

use crate::bodies::{Bodies, for_each_line};
use crate::format;
use crate::sanitise::{sanitise, sanitise_line};
use mcom_model::{BodyRef, Stream};
use regex::bytes::Regex;
use std::collections::VecDeque;
use std::io::{self, Write};

/// Lines shown from the beginning and from the end of a long body.
const HEAD_LINES: u64 = 25;
const TAIL_LINES: usize = 15;

/// Bytes of a line that are shown on a terminal.
const LINE_BYTES: usize = 2000;

/// How bodies are printed.
#[derive(Clone, Copy)]
pub(crate) struct BodyText<'a> {
    pub bodies: &'a dyn Bodies,
    /// Whether the reader is a terminal: then bytes are sanitised and long bodies cut.
    pub tty: bool,
    /// Only lines that match.
    pub grep: Option<&'a Regex>,
    /// What to type for the whole body.
    pub see_all: &'a str,
}

/// What stands before each line of a stream's body: the two streams are told apart without colour.
pub(crate) const fn gutter(stream: Stream) -> &'static str {
    match stream {
        Stream::Out => "    | ",
        Stream::Err => "   2| ",
    }
}

impl BodyText<'_> {
    /// Prints a body, each line behind `prefix` and the stream's gutter.
    pub(crate) fn print(self, out: &mut dyn Write, prefix: &str, stream: Stream, body: &BodyRef) -> io::Result<()> {
        let gutter = format!("{prefix}{}", gutter(stream));
        if body.len > 0 {
            let reader = match self.bodies.open(&body.digest) {
                Ok(reader) => reader,
                Err(error) => return writeln!(out, "{gutter}(this output is not in the ledger: {error})"),
            };
            let mut printer = Printer { text: self, gutter: &gutter, shown: 0, skipped: 0, tail: VecDeque::new() };
            // The reader's error is not the writer's: a damaged body must not end the printing.
            let mut written = Ok(());
            let read = for_each_line(reader, if self.tty { LINE_BYTES } else { usize::MAX }, |line, len| {
                written = printer.line(out, line, len);
                if written.is_err() { Err(io::Error::other("stop")) } else { Ok(()) }
            });
            written?;
            printer.finish(out)?;
            if let Err(error) = read {
                writeln!(out, "{gutter}({})", sanitise_line(error.to_string().as_bytes()))?;
            }
        }
        if body.dropped > 0 {
            let dropped = format::bytes(body.dropped);
            writeln!(out, "{gutter}… {dropped} more were printed, beyond the output cap, and not kept")?;
        }
        Ok(())
    }

    fn write_line(self, out: &mut dyn Write, gutter: &str, line: &[u8], len: u64) -> io::Result<()> {
        out.write_all(gutter.as_bytes())?;
        if self.tty {
            out.write_all(sanitise(line).as_bytes())?;
        } else {
            out.write_all(line)?;
        }
        if len > line.len() as u64 {
            write!(out, "… (a line of {})", format::bytes(len))?;
        }
        out.write_all(b"\n")
    }
}

struct Printer<'a> {
    text: BodyText<'a>,
    gutter: &'a str,
    shown: u64,
    skipped: u64,
    tail: VecDeque<(Vec<u8>, u64)>,
}

impl Printer<'_> {
    fn line(&mut self, out: &mut dyn Write, line: &[u8], len: u64) -> io::Result<()> {
        if self.text.grep.is_some_and(|grep| !grep.is_match(line)) {
            return Ok(());
        }
        if !self.text.tty || self.shown < HEAD_LINES {
            self.shown += 1;
            return self.text.write_line(out, self.gutter, line, len);
        }
        if self.tail.len() == TAIL_LINES {
            self.tail.pop_front();
            self.skipped += 1;
        }
        self.tail.push_back((line.to_vec(), len));
        Ok(())
    }

    fn finish(&mut self, out: &mut dyn Write) -> io::Result<()> {
        if self.skipped > 0 {
            let (skipped, see_all) = (format::number(self.skipped), self.text.see_all);
            let lines = if self.skipped == 1 { "line" } else { "lines" };
            writeln!(out, "{}… {skipped} more {lines}: {see_all}", self.gutter)?;
        }
        for (line, len) in std::mem::take(&mut self.tail) {
            self.text.write_line(out, self.gutter, &line, len)?;
        }
        Ok(())
    }
}
