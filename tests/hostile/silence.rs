//! Hosts that stop speaking in the middle of it: their links are dead after a while, and they are asked again.

use crate::hostile::stage::{Case, Stage, case};
use mcom_testbed::Fleet;

pub const CASES: &[Case] = &[
    case("half-a-frame", "ok", "", "link lost once"),
    case("silence", "ok", "", "link lost once"),
    case("silence-from-the-start", "unreachable", "connect-timeout", "said nothing"),
];

#[test]
fn who_falls_silent_is_asked_again() {
    let stage = Stage::of(Fleet::builder().grid("mail", 1, CASES.len() + 2));
    let hosts: Vec<String> = stage.scene.bench.fleet.names().skip(2).map(str::to_owned).collect();
    for (host, case) in hosts.iter().zip(CASES) {
        stage.capture(host, case.attack);
    }
    for (name, shape) in [("flat", "--flat"), ("deep", "--parents=mail1-dc1")] {
        let played = stage.play(name, &["-h", "*", shape, "--connect-timeout", "3s"], "echo done");
        played.came_to(hosts.iter().map(String::as_str).zip(CASES));
        played.others_are_ok(&hosts.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
