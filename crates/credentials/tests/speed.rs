//! How many logins the coordinator judges and signs in a second of one core, however busy the machine is. By hand, in a
//! release build: `cargo test --release -p mcom-credentials --test credentials -- --ignored --nocapture speed`.

use crate::maker::{Maker, private, public};

/// Seconds that this thread has had a core.
fn on_a_core() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

#[test]
#[ignore = "a measurement: only a release build says anything"]
fn five_thousand_logins_a_second_are_judged_and_signed() {
    let key = private("other");
    let fixture = Maker { identities: vec![public("other")], ..Maker::default() }.fixture();
    let begin = on_a_core();
    let count = 10_000;
    for _ in 0..count {
        let grant = fixture.judge().unwrap();
        key.sign(&grant.sign.data, grant.sign.flags).unwrap();
    }
    let rate = f64::from(count) / (on_a_core() - begin);
    println!("{rate:.0} logins judged and signed in a second of one core");
    assert!(rate >= 5000.0, "{rate:.0} a second");
}
