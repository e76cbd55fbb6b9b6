//! Whole lines out of pieces, for many hosts at once, in bounded memory.

use mcom_model::{HostId, Stream};
use std::collections::BTreeMap;

/// A line longer than this is given in pieces.
const LINE: usize = 64 << 10;

/// Bytes of begun lines of all hosts; beyond them a begun line is given before its end.
const ALL: usize = 8 << 20;

/// Begun lines by host and stream.
#[derive(Debug, Default)]
pub(crate) struct LineBuffer {
    begun: BTreeMap<(HostId, Stream), Vec<u8>>,
    bytes: usize,
}

impl LineBuffer {
    /// Takes in the next piece of a stream and gives every line that is whole now, without its newline.
    pub(crate) fn add(&mut self, host: HostId, stream: Stream, bytes: &[u8], mut line: impl FnMut(&[u8])) {
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            self.add_to_line(host, stream, &rest[..end], &mut line);
            line(&self.take(host, stream));
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            self.add_to_line(host, stream, rest, &mut line);
        }
    }

    /// Gives the line that was begun, when nothing more comes on a stream.
    pub(crate) fn end(&mut self, host: HostId, stream: Stream, mut line: impl FnMut(&[u8])) {
        let begun = self.take(host, stream);
        if !begun.is_empty() {
            line(&begun);
        }
    }

    /// Every stream with a begun line.
    pub(crate) fn begun(&self) -> Vec<(HostId, Stream)> {
        self.begun.keys().copied().collect()
    }

    fn add_to_line(&mut self, host: HostId, stream: Stream, mut part: &[u8], line: &mut impl FnMut(&[u8])) {
        loop {
            let begun = self.begun.entry((host, stream)).or_default();
            let fits = LINE - begun.len();
            if part.len() <= fits {
                begun.extend_from_slice(part);
                self.bytes += part.len();
                break;
            }
            begun.extend_from_slice(&part[..fits]);
            self.bytes += fits;
            part = &part[fits..];
            line(&self.take(host, stream));
        }
        if self.bytes > ALL {
            line(&self.take(host, stream));
        }
    }

    fn take(&mut self, host: HostId, stream: Stream) -> Vec<u8> {
        let begun = self.begun.remove(&(host, stream)).unwrap_or_default();
        self.bytes -= begun.len();
        begun
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: Stream = Stream::Out;

    fn lines(buffer: &mut LineBuffer, host: u32, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        buffer.add(HostId(host), OUT, bytes, |line| lines.push(String::from_utf8(line.to_vec()).unwrap()));
        lines
    }

    #[test]
    fn lines_come_when_they_are_whole() {
        let mut buffer = LineBuffer::default();
        assert_eq!(lines(&mut buffer, 1, b"one\ntw"), ["one"]);
        assert_eq!(lines(&mut buffer, 2, b"other\n\n"), ["other", ""]);
        assert_eq!(lines(&mut buffer, 1, b"o\nthr"), ["two"]);
        assert_eq!(buffer.begun(), [(HostId(1), OUT)]);
        buffer.end(HostId(1), OUT, |line| assert_eq!(line, b"thr"));
        buffer.end(HostId(1), OUT, |_| panic!("nothing is left"));
        assert_eq!(buffer.bytes, 0);
    }

    #[test]
    fn a_line_without_end_comes_in_pieces() {
        let mut buffer = LineBuffer::default();
        let mut pieces = Vec::new();
        for _ in 0..100 {
            buffer.add(HostId(1), OUT, &[b'x'; 10_000], |piece| pieces.push(piece.len()));
            assert!(buffer.bytes <= LINE);
        }
        assert_eq!(pieces, vec![LINE; 1_000_000 / LINE]);
    }

    #[test]
    fn ten_thousand_begun_lines_stay_within_bounds() {
        let mut buffer = LineBuffer::default();
        let mut given = 0;
        for host in 0..10_000 {
            buffer.add(HostId(host), OUT, &[b'x'; 3000], |piece| given += piece.len());
            assert!(buffer.bytes <= ALL);
        }
        assert_eq!(given + buffer.bytes, 30_000_000);
    }
}
