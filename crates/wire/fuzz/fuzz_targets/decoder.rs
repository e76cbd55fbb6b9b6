//! Any bytes, in both directions: messages or an error, and what was decoded decodes again after encoding.
#![no_main]

use bytes::BytesMut;
use mcom_wire::{Decoder, Down, Message, Up};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    check::<Up>(bytes);
    check::<Down>(bytes);
});

fn check<M: Message + PartialEq + std::fmt::Debug>(bytes: &[u8]) {
    let mut decoder = Decoder::<M>::default();
    decoder.feed(bytes);
    while let Ok(Some(message)) = decoder.next_message() {
        let mut frame = BytesMut::new();
        message.encode(&mut frame).expect("what was decoded fits a frame");
        let mut again = Decoder::<M>::default();
        again.feed(&frame);
        assert_eq!(again.next_message().expect("own frames are well formed"), Some(message));
    }
}
