//! How many logins the coordinator judges and signs in a second. By hand, in a release build:
//! `cargo test --release -p mcom-credentials --test credentials -- --ignored --nocapture speed`.

use crate::maker::{Maker, private, public};
use std::time::{Duration, Instant};

#[test]
#[ignore = "a measurement: only a release build says anything"]
fn five_thousand_logins_a_second_are_judged_and_signed() {
    let key = private("other");
    let fixture = Maker { identities: vec![public("other")], ..Maker::default() }.fixture();
    let begin = Instant::now();
    let mut count = 0_u32;
    while begin.elapsed() < Duration::from_secs(2) {
        let grant = fixture.judge().unwrap();
        key.sign(&grant.sign.data, grant.sign.flags).unwrap();
        count += 1;
    }
    let rate = f64::from(count) / begin.elapsed().as_secs_f64();
    println!("{rate:.0} logins judged and signed a second, by one thread");
    assert!(rate >= 5000.0, "{rate:.0} a second");
}
