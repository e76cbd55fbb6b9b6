//! What a group of hosts printed, below its heading: whole, or as the difference from a larger group.

use crate::bodies::{Bodies, read_small};
use crate::body_text::{BodyText, gutter};
use crate::fold::{Change, FoldIgnore, Group, difference};
use crate::sanitise::sanitise_line;
use crate::state::RunView;
use crate::style::{Line, Tone};
use mcom_model::{BodyRef, Digest, HostId, Stream};
use regex::bytes::Regex;
use std::io::{self, Read, Write};

/// Bytes of a body that is compared with another one, or masked.
const SMALL: u64 = 64 << 10;

/// How the output of groups and hosts is printed.
#[derive(Clone, Copy)]
pub(crate) struct OutputText<'a> {
    pub view: &'a RunView,
    pub bodies: &'a dyn Bodies,
    pub ignore: FoldIgnore,
    pub tty: bool,
    pub color: bool,
    pub grep: Option<&'a Regex>,
}

/// A source that has one body, in memory.
struct OneBody(Vec<u8>);

impl Bodies for OneBody {
    fn open(&self, _: &Digest) -> io::Result<Box<dyn Read + '_>> {
        Ok(Box::new(self.0.as_slice()))
    }
}

impl OutputText<'_> {
    /// Prints what a group printed; as the difference from `base` where there is one and the two are alike.
    pub(crate) fn group(
        self,
        out: &mut dyn Write,
        prefix: &str,
        group: &Group,
        base: Option<&Group>,
    ) -> io::Result<()> {
        let host = group.hosts[0];
        for stream in [Stream::Out, Stream::Err] {
            let changes = base.and_then(|base| self.changes(base, group, stream));
            match changes {
                Some(changes) => self.changed(out, prefix, stream, &changes)?,
                None if group.masked => self.masked(out, prefix, stream, group)?,
                None => self.body(out, prefix, host, stream, group.body(stream))?,
            }
        }
        Ok(())
    }

    /// Prints what one host printed.
    pub(crate) fn body(
        self,
        out: &mut dyn Write,
        prefix: &str,
        host: HostId,
        stream: Stream,
        body: &BodyRef,
    ) -> io::Result<()> {
        if body.len > 0
            && let Some(reason) = self.view.body_lost(&body.digest)
        {
            let reason = sanitise_line(reason.text.as_bytes());
            return writeln!(out, "{prefix}{}(this output was lost: {reason})", gutter(stream));
        }
        self.print(self.bodies, out, prefix, host, stream, body)
    }

    fn print(
        self,
        bodies: &dyn Bodies,
        out: &mut dyn Write,
        prefix: &str,
        host: HostId,
        stream: Stream,
        body: &BodyRef,
    ) -> io::Result<()> {
        let info = self.view.info();
        let see_all = format!("mcom log {} -h {} --raw", info.run, info.name(host));
        BodyText { bodies, tty: self.tty, grep: self.grep, see_all: &see_all }.print(out, prefix, stream, body)
    }

    fn masked(self, out: &mut dyn Write, prefix: &str, stream: Stream, group: &Group) -> io::Result<()> {
        let (host, body) = (group.hosts[0], group.body(stream));
        let Some(bytes) = self.masked_bytes(group, stream) else { return self.body(out, prefix, host, stream, body) };
        let body = BodyRef { len: bytes.len() as u64, ..*body };
        self.print(&OneBody(bytes), out, prefix, host, stream, &body)
    }

    fn masked_bytes(self, group: &Group, stream: Stream) -> Option<Vec<u8>> {
        let bytes = read_small(self.bodies, group.body(stream), SMALL).ok().flatten()?;
        Some(self.ignore.mask(self.view.info().name(group.hosts[0]), &bytes))
    }

    /// None where the stream is the same, or the texts are not alike.
    fn changes(self, base: &Group, group: &Group, stream: Stream) -> Option<Vec<Change>> {
        let (old, new) = (base.body(stream), group.body(stream));
        let comparable = old.len > 0 && new.len > 0 && self.grep.is_none() && new.dropped == 0;
        if !comparable {
            return None;
        }
        if old.digest == new.digest {
            return Some(Vec::new());
        }
        difference(&self.masked_bytes(base, stream)?, &self.masked_bytes(group, stream)?)
    }

    fn changed(self, out: &mut dyn Write, prefix: &str, stream: Stream, changes: &[Change]) -> io::Result<()> {
        for change in changes {
            let (sign, tone) = if change.added { ("+", Tone::Good) } else { ("-", Tone::Bad) };
            let gutter = gutter(stream).replace('|', sign);
            let text = if self.tty { sanitise_line(change.line.as_bytes()) } else { change.line.clone() };
            let line = Line::new().add(tone, format!("{gutter}{text}"));
            writeln!(out, "{prefix}{}", line.render(self.color))?;
        }
        Ok(())
    }
}
