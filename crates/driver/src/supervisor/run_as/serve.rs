//! The process of the other user: what it is told on standard input, and what happens on standard output.

use crate::link::own_streams;
use crate::supervisor::own::{OwnAttempt, OwnPlace};
use crate::supervisor::run_as::frame::{Frames, Said, Sink};
use crate::supervisor::teller::Order;
use bytes::BytesMut;
use std::io;
use tokio::net::unix::pipe;
use tokio::sync::mpsc::{Receiver, channel};

/// Events that wait for standard output.
const WAITING: usize = 4;

/// Sees to one attempt for the node that started this process through sudo or doas, until that node leaves or all is
/// said.
pub async fn attach() -> io::Result<()> {
    let (from, to) = own_streams()?;
    let (mut frames, mut sink) = (Frames::new(from, BytesMut::new()), Sink(to));
    sink.say(&Said::Ready).await?;
    let Some((begin, blobs)) = frames.begin().await? else { return Ok(()) };
    let place = OwnPlace { link: begin.link.clone(), ..OwnPlace::default() };
    let (events, said) = channel(WAITING);
    let attempt = OwnAttempt::start_here(place, begin.into_start(), blobs, events);
    tokio::select! {
        told = tell(said, sink) => told,
        ordered = obey(&mut frames, attempt) => ordered,
    }
}

async fn tell(mut said: Receiver<mcom_engine::tree::OwnEvent>, mut sink: Sink<pipe::Sender>) -> io::Result<()> {
    while let Some(event) = said.recv().await {
        sink.say(&Said::Event(event)).await?;
    }
    sink.say(&Said::Over).await
}

/// Carries out orders until there will be no more.
async fn obey(frames: &mut Frames<pipe::Receiver>, attempt: OwnAttempt) -> io::Result<()> {
    while let Some(order) = frames.order().await? {
        match order {
            Order::Allow(stream, upto) => attempt.allow(stream, upto),
            Order::GiveUp => attempt.give_up(),
            Order::Cancel => attempt.cancel(),
            Order::Forget => {
                attempt.forget().await;
                return Ok(());
            }
        }
    }
    Ok(())
}
