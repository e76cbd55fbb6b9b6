//! Frames between a node and its process of another user: `u32 length | u8 kind | body`, numbers big-endian. Both are the
//! same program, so there is one version of them.

use crate::supervisor::teller::Order;
use bytes::{Buf as _, BufMut as _, Bytes, BytesMut};
use mcom_engine::tree::{OwnEvent, OwnMode, OwnStart};
use mcom_model::{HostId, RunSpec, Stream, limits};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Bytes before a frame's body.
const HEADER: usize = 5;
/// JSON.
const CONTROL: u8 = 1;
/// Bytes of a blob, or of output behind its stream and offset.
const DATA: u8 = 2;
/// The stream and the offset of a piece of output.
const PREFIX: usize = 9;

/// What is to be done, as the first frame says it. Its blobs follow.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Begin {
    mode: Mode,
    spec: RunSpec,
    me: HostId,
    name: String,
    dc: String,
    from: [u64; 2],
    deadline_ms: Option<u64>,
    claimed_by: Option<u32>,
    /// `SSH_CONNECTION` of the node, which sudo and doas do not hand on.
    pub(super) link: Option<String>,
    /// The length of each blob.
    blobs: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
enum Mode {
    Start,
    Look,
    Void,
}

/// What an own attempt says, as JSON; output travels as it is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Said {
    /// The process is there, and awaits its work.
    Ready,
    /// Something has happened.
    Event(OwnEvent),
    /// Nothing more will.
    Over,
}

impl Begin {
    pub(super) fn new(start: &OwnStart, blobs: &[Bytes], link: Option<String>) -> Self {
        let mode = match start.mode {
            OwnMode::Start => Mode::Start,
            OwnMode::Look => Mode::Look,
            OwnMode::Void => Mode::Void,
        };
        Self {
            mode,
            spec: start.spec.clone(),
            me: start.me,
            name: start.name.clone(),
            dc: start.dc.clone(),
            from: start.from,
            deadline_ms: start.deadline_ms,
            claimed_by: start.claimed_by,
            link,
            blobs: blobs.iter().map(|blob| blob.len() as u64).collect(),
        }
    }

    pub(super) fn into_start(self) -> OwnStart {
        let mode = match self.mode {
            Mode::Start => OwnMode::Start,
            Mode::Look => OwnMode::Look,
            Mode::Void => OwnMode::Void,
        };
        let Self { spec, me, name, dc, from, deadline_ms, claimed_by, .. } = self;
        OwnStart { mode, spec, me, name, dc, from, deadline_ms, claimed_by }
    }
}

/// Frames out of a stream of bytes.
#[derive(Debug)]
pub(super) struct Frames<R> {
    from: R,
    buffer: BytesMut,
}

/// Frames into a stream of bytes.
#[derive(Debug)]
pub(super) struct Sink<W>(pub(super) W);

impl<R: AsyncRead + Unpin> Frames<R> {
    /// `buffer` is what was read already.
    pub(super) fn new(from: R, buffer: BytesMut) -> Self {
        Self { from, buffer }
    }

    /// The next frame; none at the end. It may be dropped and asked again without a loss.
    async fn next(&mut self) -> io::Result<Option<(u8, Bytes)>> {
        loop {
            if let Some(header) = self.buffer.get(..HEADER) {
                let len = u32::from_be_bytes([header[0], header[1], header[2], header[3]]) as usize;
                let kind = header[4];
                // Before anything is allocated for it.
                if len > longest(kind) {
                    return Err(bad("a frame of an unknown kind, or too long"));
                }
                if self.buffer.len() >= HEADER + len {
                    self.buffer.advance(HEADER);
                    return Ok(Some((kind, self.buffer.split_to(len).freeze())));
                }
            }
            if self.from.read_buf(&mut self.buffer).await? == 0 {
                return if self.buffer.is_empty() { Ok(None) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
            }
        }
    }

    async fn control<T: DeserializeOwned>(&mut self) -> io::Result<Option<T>> {
        match self.next().await? {
            None => Ok(None),
            Some((CONTROL, body)) => Ok(Some(serde_json::from_slice(&body)?)),
            Some(_) => Err(bad("bytes where a message was due")),
        }
    }

    /// The work, with its blobs.
    pub(super) async fn begin(&mut self) -> io::Result<Option<(Begin, Vec<Bytes>)>> {
        let Some(begin) = self.control::<Begin>().await? else { return Ok(None) };
        let most = begin.spec.payload.blobs().count();
        if begin.blobs.len() > most || begin.blobs.iter().any(|&len| len > limits::BLOB) {
            return Err(bad("blobs that belong to no payload"));
        }
        let mut blobs = Vec::with_capacity(begin.blobs.len());
        for &len in &begin.blobs {
            let mut blob = BytesMut::new();
            while (blob.len() as u64) < len {
                match self.next().await? {
                    Some((DATA, piece)) if (blob.len() + piece.len()) as u64 <= len => blob.extend_from_slice(&piece),
                    _ => return Err(bad("something else than the rest of a blob")),
                }
            }
            blobs.push(blob.freeze());
        }
        Ok(Some((begin, blobs)))
    }

    /// The next order; none when there will be no more.
    pub(super) async fn order(&mut self) -> io::Result<Option<Order>> {
        self.control().await
    }

    /// What is said next; none when all was said.
    pub(super) async fn said(&mut self) -> io::Result<Option<Said>> {
        match self.next().await? {
            None => Ok(None),
            Some((CONTROL, body)) => Ok(Some(serde_json::from_slice(&body)?)),
            Some((_, mut body)) if body.len() > PREFIX => {
                let stream = if body.get_u8() == 0 { Stream::Out } else { Stream::Err };
                let offset = body.get_u64();
                Ok(Some(Said::Event(OwnEvent::Output { stream, offset, bytes: body })))
            }
            Some(_) => Err(bad("a piece of output without any")),
        }
    }
}

impl<W: AsyncWrite + Unpin> Sink<W> {
    async fn send(&mut self, kind: u8, body: &[&[u8]]) -> io::Result<()> {
        let len: usize = body.iter().map(|part| part.len()).sum();
        if len > longest(kind) {
            return Err(bad("a message is too long for a frame"));
        }
        let mut frame = BytesMut::with_capacity(HEADER + len);
        frame.put_u32(u32::try_from(len).map_err(io::Error::other)?);
        frame.put_u8(kind);
        body.iter().for_each(|part| frame.put_slice(part));
        self.0.write_all(&frame).await?;
        self.0.flush().await
    }

    pub(super) async fn begin(&mut self, begin: &Begin, blobs: &[Bytes]) -> io::Result<()> {
        self.send(CONTROL, &[&serde_json::to_vec(begin)?]).await?;
        for piece in blobs.iter().flat_map(|blob| blob.chunks(limits::DATA_FRAME)) {
            self.send(DATA, &[piece]).await?;
        }
        Ok(())
    }

    pub(super) async fn order(&mut self, order: Order) -> io::Result<()> {
        self.send(CONTROL, &[&serde_json::to_vec(&order)?]).await
    }

    pub(super) async fn say(&mut self, said: &Said) -> io::Result<()> {
        let Said::Event(OwnEvent::Output { stream, offset, bytes }) = said else {
            return self.send(CONTROL, &[&serde_json::to_vec(said)?]).await;
        };
        self.send(DATA, &[&[u8::from(*stream == Stream::Err)], &offset.to_be_bytes(), bytes]).await
    }
}

const fn longest(kind: u8) -> usize {
    match kind {
        CONTROL => limits::CONTROL_FRAME,
        DATA => PREFIX + limits::DATA_FRAME,
        _ => 0,
    }
}

fn bad(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mcom_model::Outcome;

    /// What comes out of bytes that were written by a sink.
    async fn written(said: &[Said]) -> Vec<u8> {
        let mut sink = Sink(Vec::new());
        for one in said {
            sink.say(one).await.unwrap();
        }
        sink.0
    }

    fn frames(bytes: &[u8]) -> Frames<&[u8]> {
        Frames::new(bytes, BytesMut::new())
    }

    #[tokio::test]
    async fn what_is_said_arrives_in_order_and_output_as_it_is() {
        let output = OwnEvent::Output { stream: Stream::Err, offset: 1 << 40, bytes: Bytes::from_static(b"\0\xff\n") };
        let ended = OwnEvent::Ended { outcome: Outcome::Ok, receipt: None };
        let all = [Said::Ready, Said::Event(output), Said::Event(ended), Said::Over];
        let bytes = written(&all).await;
        assert!(bytes.windows(3).any(|three| three == b"\0\xff\n"), "not as digits");
        let mut frames = frames(&bytes);
        for one in &all {
            assert_eq!(format!("{:?}", frames.said().await.unwrap().unwrap()), format!("{one:?}"));
        }
        assert!(frames.said().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn orders_arrive() {
        let mut sink = Sink(Vec::new());
        let all = [Order::Allow(Stream::Err, u64::MAX), Order::GiveUp, Order::Cancel, Order::Forget];
        for order in all {
            sink.order(order).await.unwrap();
        }
        let mut frames = frames(&sink.0);
        for order in all {
            assert_eq!(frames.order().await.unwrap(), Some(order));
        }
        assert_eq!(frames.order().await.unwrap(), None);
    }

    #[tokio::test]
    async fn what_is_no_frame_is_an_error_and_takes_no_memory() {
        let ready = written(&[Said::Ready]).await;
        let cases: [&[u8]; 6] = [
            &[0xff, 0xff, 0xff, 0xff, CONTROL],
            &[0xff, 0xff, 0xff, 0xff, DATA],
            &[0, 0, 0, 1, 9, 0],
            &[0, 0, 0, 0, 9],
            &[0, 0, 0, 9, DATA, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            &ready[..ready.len() - 1],
        ];
        for bytes in cases {
            let mut frames = frames(bytes);
            assert!(frames.said().await.is_err(), "{bytes:?}");
            assert!(frames.buffer.capacity() < 4096);
        }
        let mut passwords = frames(b"correct horse\n");
        let error = passwords.begin().await.unwrap_err().to_string();
        assert!(!error.contains("horse"), "{error}");
    }
}
