//! A rollout at a terminal: what is typed there and at others.

use crate::rollout::change::{Change, FOUR};
use crate::terminal::AtTerminal;

const STAGES: &str = "[[stage]]\nname = 'canary'\nhost = 'mail2-dc1'\nsoak = '10m'\napprove = true\n[[stage]]\nname = 'rest'\nreach = 'all'\n";

#[test]
fn paused_resumed_and_approved_from_another_terminal() {
    let change = Change::grid(2, 2);
    let file = change.file("fix", STAGES);
    let first = AtTerminal::of(&change.command(&["start", &file]));
    first.wait_for("soak");
    change.await_state("soaking 0");
    change.rollout(&["pause"]).expect(14);
    first.expect(14);
    let second = AtTerminal::of(&change.command(&["resume"]));
    change.await_state("soaking 0");
    change.rollout(&["approve", "--skip-soak", "--reason", "seen enough"]).expect(0);
    second.wait_for("mcom log ");
    second.expect(0);
    change.ran_once_everywhere();
}

#[test]
fn an_interrupt_pauses_and_what_runs_comes_to_its_end() {
    let change = Change::grid(1, 3);
    let payload = format!("{}; echo ended >>ended", change.waiting());
    let file = change.file_of("fix", &payload, "[[stage]]\nname = 'all'\nreach = 'all'\nbatch = '1/dc'\n");
    let mut terminal = AtTerminal::of(&change.command(&["start", &file]));
    change.await_starts(1);
    terminal.key(b"\x03");
    change.await_state("paused 0");
    assert_eq!(change.where_lines("ended"), []);
    change.go();
    terminal.wait_for("mcom rollout resume fix");
    terminal.expect(14);
    assert_eq!(change.where_lines("ended").len(), 1);
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
}

#[test]
fn a_second_interrupt_leaves_and_another_process_goes_on() {
    let change = Change::grid(1, 2);
    let file = change.file_of("fix", &change.waiting(), "[[stage]]\nname = 'all'\nreach = 'all'\n");
    let mut terminal = AtTerminal::of(&change.command(&["start", &file]));
    change.await_starts(2);
    terminal.key(b"\x03");
    change.await_state("paused 0");
    terminal.key(b"\x03");
    terminal.wait_for("mcom rollout resume fix");
    terminal.expect(130);
    change.go();
    change.rollout(&["resume"]).expect(0);
    change.ran_once_everywhere();
}

#[test]
fn the_number_of_hosts_is_typed() {
    let change = Change::grid(2, 3);
    let file = change.file("fix", FOUR);
    let config = confirmed_above(&change, 2);
    let command = |args: &[&str]| {
        let mut command = change.command(args);
        command.env("MCOM_CONFIG", &config);
        command
    };
    for (typed, code) in [("5\n", 4), ("6\n", 14)] {
        let mut terminal = AtTerminal::of(&command(&["start", &file]));
        terminal.wait_for("type the number of hosts");
        assert!(change.where_lines("runs").is_empty());
        terminal.key(typed.as_bytes());
        terminal.expect(code);
    }
    assert_eq!(change.state(), "awaiting-approval 0");
    assert_eq!(change.records().len(), 1);
}

#[test]
fn without_a_terminal_the_number_is_said_or_it_is_refused() {
    let change = Change::grid(2, 3);
    let file = change.file("fix", FOUR);
    let config = confirmed_above(&change, 2);
    let start = |args: &[&str]| {
        let mut command = change.command(&[&["start", &file], args].concat());
        command.env("MCOM_CONFIG", &config).output().map(crate::support::Ran::from).unwrap()
    };
    assert!(start(&[]).expect(4).err.contains("--yes=6"));
    assert!(start(&["--yes=5"]).expect(4).err.contains("there are 6 hosts"));
    assert!(change.records().is_empty() && change.where_lines("runs").is_empty());
    start(&["--yes=6"]).expect(14);
}

/// The fleet's configuration, with this limit.
fn confirmed_above(change: &Change, hosts: usize) -> String {
    let fleet = std::fs::read_to_string(change.bench.fleet.client_config()).unwrap();
    change.bench.file("config.toml", &format!("{fleet}\n[policy]\nconfirm_above = {hosts}\n"))
}
