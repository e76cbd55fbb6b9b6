//! Messages into bytes: small frames share one write, long ones are made only when there is room for them.

use bytes::BytesMut;
use mcom_wire::Message;
use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// Bytes that are gathered before they are written.
const GATHER: usize = 64 << 10;

/// What is queued for one direction of a link.
///
/// The queue has no bound of its own: what may be queued is bounded by the credit that the engine grants, and by the
/// number of hosts.
pub enum Outgoing<M> {
    /// A message.
    One(M),
    /// Messages that are made one by one as they are written: the pieces of a blob.
    Many(Box<dyn Iterator<Item = M> + Send>),
}

/// The end that messages are put in. When it is dropped, what is queued is still written.
#[derive(Debug)]
pub struct Writer<M>(UnboundedSender<Outgoing<M>>);

/// The end that a link takes them from.
#[derive(Debug)]
pub struct Queue<M>(UnboundedReceiver<Outgoing<M>>);

/// A queue for one direction of a link.
pub fn queue<M>() -> (Writer<M>, Queue<M>) {
    let (writer, queue) = unbounded_channel();
    (Writer(writer), Queue(queue))
}

impl<M> Writer<M> {
    /// Queues a message. A link that is gone says so itself, so nothing is said here.
    pub fn send(&self, message: M) {
        let _ = self.0.send(Outgoing::One(message));
    }

    /// Queues messages that are made when their turn comes.
    pub fn send_many(&self, messages: impl Iterator<Item = M> + Send + 'static) {
        let _ = self.0.send(Outgoing::Many(Box::new(messages)));
    }
}

impl<M: Message> Queue<M> {
    /// Waits until the [`Writer`] is dropped, for a link that is not open yet and so has nothing to write.
    pub(super) async fn closed(&mut self) {
        while self.0.recv().await.is_some() {}
    }

    /// Writes `first`, then what is queued until the [`Writer`] is dropped, then ends the stream.
    pub async fn write_after(&mut self, first: M, mut to: impl AsyncWrite + Unpin) -> std::io::Result<()> {
        let mut buffer = BytesMut::new();
        put(&first, &mut buffer)?;
        to.write_all_buf(&mut buffer).await?;
        while let Some(first) = self.0.recv().await {
            let mut next = Some(first);
            while let Some(outgoing) = next {
                match outgoing {
                    Outgoing::One(message) => put(&message, &mut buffer)?,
                    Outgoing::Many(messages) => {
                        for message in messages {
                            put(&message, &mut buffer)?;
                            if buffer.len() >= GATHER {
                                to.write_all_buf(&mut buffer).await?;
                            }
                        }
                    }
                }
                next = if buffer.len() < GATHER { self.0.try_recv().ok() } else { None };
            }
            to.write_all_buf(&mut buffer).await?;
            to.flush().await?;
        }
        to.shutdown().await
    }
}

fn put<M: Message>(message: &M, buffer: &mut BytesMut) -> std::io::Result<()> {
    message.encode(buffer).map_err(std::io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use mcom_wire::{Decoder, Down};

    #[tokio::test]
    async fn what_is_queued_arrives_in_order_after_the_writer_is_gone() {
        let (writer, mut queue) = queue();
        let pieces = (0..5u8).map(|n| Down::Blob { index: 0, bytes: Bytes::from(vec![n; 60_000]) });
        writer.send_many(pieces);
        writer.send(Down::Cancel);
        drop(writer);
        let mut written = Vec::new();
        queue.write_after(Down::Ping { seq: 1 }, &mut written).await.unwrap();
        let mut decoder = Decoder::<Down>::default();
        decoder.feed(&written);
        let mut seen = Vec::new();
        while let Some(message) = decoder.next_message().unwrap() {
            seen.push(match message {
                Down::Ping { seq } => format!("ping {seq}"),
                Down::Blob { bytes, .. } => format!("blob {} {}", bytes[0], bytes.len()),
                other => format!("{other:?}"),
            });
        }
        let expected =
            ["ping 1", "blob 0 60000", "blob 1 60000", "blob 2 60000", "blob 3 60000", "blob 4 60000", "Cancel"];
        assert_eq!(seen, expected);
    }

    #[tokio::test]
    async fn small_messages_share_a_write() {
        let (writer, mut queue) = queue();
        (0..100).for_each(|seq| writer.send(Down::Ping { seq }));
        drop(writer);
        let mut to = tokio_test_writes::Counting::default();
        queue.write_after(Down::Ping { seq: 100 }, &mut to).await.unwrap();
        assert_eq!(to.writes, 2);
    }

    /// A stream that counts how often it is written to.
    mod tokio_test_writes {
        use std::pin::Pin;
        use std::task::{Context, Poll};

        #[derive(Default)]
        pub(super) struct Counting {
            pub(super) writes: usize,
        }

        impl tokio::io::AsyncWrite for Counting {
            fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
                self.writes += 1;
                Poll::Ready(Ok(bytes.len()))
            }
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
                Poll::Ready(Ok(()))
            }
            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
                Poll::Ready(Ok(()))
            }
        }
    }
}
