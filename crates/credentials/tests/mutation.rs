//! Whatever is changed in what was right: it is refused.

use crate::fixture::Fixture;
use crate::rules::RECORDED;
use proptest::prelude::*;

/// Every single byte, changed in its lowest and in its highest bit.
#[test]
fn every_byte_of_a_recorded_login_counts() {
    let fixture = Fixture::read("ed25519");
    for bit in [1, 0x80] {
        for at in 0..fixture.bind.len() {
            let mut bind = fixture.bind.clone();
            bind[at] ^= bit;
            assert!(fixture.judge_bytes(&bind, &fixture.request).is_err(), "byte {at} of the bind");
        }
        for at in 0..fixture.request.len() {
            let mut request = fixture.request.clone();
            request[at] ^= bit;
            assert!(fixture.judge_bytes(&fixture.bind, &request).is_err(), "byte {at} of the request");
        }
    }
}

proptest! {
    #[test]
    fn any_changed_byte_of_any_recorded_login_is_refused(
        name in prop::sample::select(&RECORDED[..]),
        at in any::<prop::sample::Index>(),
        flip in 1..=u8::MAX,
    ) {
        let fixture = Fixture::read(name);
        let (mut bind, mut request) = (fixture.bind.clone(), fixture.request.clone());
        match at.index(bind.len() + request.len()) {
            at if at < bind.len() => bind[at] ^= flip,
            at => request[at - fixture.bind.len()] ^= flip,
        }
        prop_assert!(fixture.judge_bytes(&bind, &request).is_err());
    }

    #[test]
    fn a_login_of_one_session_is_not_one_of_another(
        one in prop::sample::select(&RECORDED[..]),
        other in prop::sample::select(&RECORDED[..]),
    ) {
        let (one, other) = (Fixture::read(one), Fixture::read(other));
        prop_assert_eq!(one.judge_bytes(&one.bind, &other.request).is_ok(), one.request == other.request);
        prop_assert_eq!(one.judge_bytes(&other.bind, &one.request).is_ok(), one.bind == other.bind);
    }

    #[test]
    fn any_bytes_are_read_without_a_fault(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for (_, target) in crate::targets::ALL {
            target(&bytes);
        }
    }
}
