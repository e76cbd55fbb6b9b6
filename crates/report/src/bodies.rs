//! Where views get what hosts printed from, and reading it line by line in bounded memory.

use mcom_model::{BodyRef, Digest};
use std::io::{self, BufRead, BufReader, Read};

/// A source of bodies. The ledger is one; a closure over it will do.
pub trait Bodies {
    /// Opens a body. It may be long: it is read in pieces.
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + '_>>;
}

impl<F: Fn(&Digest) -> io::Result<Box<dyn Read>>> Bodies for F {
    fn open(&self, digest: &Digest) -> io::Result<Box<dyn Read + '_>> {
        self(digest)
    }
}

/// The whole body where it has at most `max` bytes; none where it has more.
pub(crate) fn read_small(bodies: &dyn Bodies, body: &BodyRef, max: u64) -> io::Result<Option<Vec<u8>>> {
    if body.len == 0 {
        return Ok(Some(Vec::new()));
    }
    if body.len > max {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    bodies.open(&body.digest)?.take(max + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= max).then_some(bytes))
}

/// Calls `each` with every line, without its newline, and the line's full length. A line longer than `cap` is given
/// cut to `cap` bytes.
pub(crate) fn for_each_line(
    reader: impl Read,
    cap: usize,
    mut each: impl FnMut(&[u8], u64) -> io::Result<()>,
) -> io::Result<()> {
    let mut reader = BufReader::with_capacity(64 << 10, reader);
    let (mut line, mut len) = (Vec::new(), 0_u64);
    loop {
        let buffer = reader.fill_buf()?;
        if buffer.is_empty() {
            return if len > 0 { each(&line, len) } else { Ok(()) };
        }
        let end = buffer.iter().position(|&byte| byte == b'\n');
        let piece = &buffer[..end.unwrap_or(buffer.len())];
        line.extend_from_slice(&piece[..piece.len().min(cap - line.len())]);
        len += piece.len() as u64;
        let used = piece.len() + usize::from(end.is_some());
        reader.consume(used);
        if end.is_some() {
            each(&line, len)?;
            line.clear();
            len = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_or_cut_and_the_last_needs_no_newline() {
        let mut lines = Vec::new();
        let text = b"one\n\nabcdefgh\nlast".as_slice();
        for_each_line(text, 5, |line, len| {
            lines.push((String::from_utf8(line.to_vec()).unwrap(), len));
            Ok(())
        })
        .unwrap();
        let right = [("one", 3), ("", 0), ("abcde", 8), ("last", 4)];
        assert_eq!(lines, right.map(|(line, len)| (line.to_owned(), len)));
    }
}
