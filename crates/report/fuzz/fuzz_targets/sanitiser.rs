//! Any bytes, on their way to a terminal: nothing in them is obeyed, whole or in pieces.
#![no_main]

#[path = "../../tests/views/any_bytes.rs"]
mod any_bytes;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_bytes::check(bytes));
