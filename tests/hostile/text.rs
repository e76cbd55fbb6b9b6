//! Text that a terminal would obey, and text without an end: shown as what it is, cut, and never in the way.

use crate::hostile::stage::{Case, Stage, case};
use crate::terminal::AtTerminal;
use mcom_testbed::Fleet;

/// What a captured host says, and what becomes of it: the words stand in the log.
pub const CASES: &[Case] = &[
    case("escapes-in-a-reason", "refused", "cannot-execute", "evil-was-here"),
    case("escapes-in-a-hello", "ok", "", "ok"),
    case("escapes-in-a-result", "ok", "", "evil-was-here"),
    case("a-long-reason", "refused", "cannot-execute", "long long"),
    case("a-long-result", "ok", "", "long long"),
    case("a-long-boot", "ok", "", "ok"),
];

/// What may not reach a terminal from a host: a title, a cleared screen, a control character of eight bits, a turn of
/// direction.
const OBEYED: [&str; 4] = ["\x1b]0;", "\x07", "\u{9b}", "\u{202e}"];

/// Longer than any line that is shown, with room for many of them.
const RECORD: u64 = 64 << 10;

fn stage() -> (Stage, Vec<String>) {
    let stage = Stage::of(Fleet::builder().grid("mail", 1, CASES.len() + 2));
    let hosts: Vec<String> = stage.scene.bench.fleet.names().skip(2).map(str::to_owned).collect();
    for (host, case) in hosts.iter().zip(CASES) {
        stage.capture(host, case.attack);
    }
    (stage, hosts)
}

#[test]
fn what_hosts_say_is_shown_and_not_obeyed() {
    let (stage, hosts) = stage();
    for (name, shape) in [("flat", "--flat"), ("deep", "--parents=mail1-dc1")] {
        let played = stage.play(name, &["-h", "*", shape], "echo done");
        played.came_to(hosts.iter().map(String::as_str).zip(CASES));
        played.others_are_ok(&hosts.iter().map(String::as_str).collect::<Vec<_>>());
        for text in [&played.log, &played.ran.err] {
            assert!(!text.contains(char::is_control) || text.chars().all(|c| !c.is_control() || c == '\n'), "{text}");
            assert!(OBEYED.iter().all(|obeyed| !text.contains(obeyed)), "{text}");
        }
        let record = played.run.record();
        assert!(record.len() < usize::try_from(RECORD).unwrap(), "{} bytes are recorded", record.len());
    }
}

/// While it runs, and in what it prints.
#[test]
fn a_terminal_obeys_no_host() {
    let (stage, _) = stage();
    let payload = r"printf 'evil-output \033]0;owned\007\033[2J\302\2331m\342\200\256gpj.exe\n'; sleep 1";
    let args = ["-h", "*", "--flat", "-O", "stream", "-c", payload];
    let screen = AtTerminal::of(&stage.scene.command(&stage.scene.bench.path("run"), &args)).expect(11);
    assert!(screen.contains("evil-output \\x1b]0;owned\\x07"), "{screen}");
    assert!(screen.contains("evil-was-here"), "{screen}");
    assert!(OBEYED.iter().all(|obeyed| !screen.contains(obeyed)), "{screen}");
}
