//! Any bytes as the events of a run, or of a rollout: read or refused, by this version and as those of a newer one, and
//! what was read is written as it was.
#![no_main]

#[path = "../../tests/ledger/any_record.rs"]
mod any_record;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| any_record::check(bytes));
