//! `host: line` output.

use crate::fixture::{ERR, OUT, Scene, Screen};
use mcom_model::{Exit, HostEvent, OutputMode, RunClock, RunEvent, What};
use mcom_report::{LineOptions, LineOrder, LiveReport, OutputStyle, ReportOptions};

const OK: Exit = Exit::Code(0);

fn report(scene: &Scene, order: LineOrder, labels: bool, tty: bool) -> (LiveReport, Screen, Screen) {
    let output = OutputStyle::Lines(LineOptions { order, labels });
    let options = ReportOptions { output, out_tty: tty, ..ReportOptions::default() };
    let (out, err) = (Screen::default(), Screen::default());
    let report = LiveReport::new(scene.info.clone(), options, Box::new(out.clone()), Box::new(err.clone()));
    (report, out, err)
}

fn two_hosts(mode: OutputMode) -> Scene {
    Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], mode)
}

#[test]
fn whole_lines_as_they_are_printed_each_stream_to_its_own() {
    let mut scene = two_hosts(OutputMode::Live);
    let (mut report, out, err) = report(&scene, LineOrder::Printed, true, false);
    let (first, second) = (scene.id("a1-dc1"), scene.id("a2-dc1"));
    report.output(first, OUT, b"one\ntw");
    report.output(second, OUT, b"other\n");
    report.output(first, ERR, b"oops\n");
    assert_eq!((out.take().as_str(), err.take().as_str()), ("a1-dc1: one\na2-dc1: other\n", "a1-dc1: oops\n"));
    report.output(first, OUT, b"o\nlast");
    assert_eq!(out.take(), "a1-dc1: two\n");
    scene.exit(1000, "a1-dc1", 10, OK, (b"one\ntwo\nlast", b"oops\n"));
    scene.events.iter().for_each(|event| report.event(event, &scene.bodies));
    assert_eq!(out.take(), "a1-dc1: last\n");
}

#[test]
fn a_begun_line_waits_for_output_that_comes_after_the_end() {
    let mut scene = two_hosts(OutputMode::Live);
    let (mut report, out, _) = report(&scene, LineOrder::Printed, true, false);
    report.output(scene.id("a1-dc1"), OUT, b"be");
    scene.exit(1000, "a1-dc1", 10, OK, (b"begun", b""));
    scene.events.iter().for_each(|event| report.event(event, &scene.bodies));
    assert_eq!(out.take(), "");
    report.output(scene.id("a1-dc1"), OUT, b"gun");
    assert_eq!(out.take(), "a1-dc1: begun\n");
}

#[test]
fn host_by_host_when_the_output_is_here() {
    let mut scene = two_hosts(OutputMode::AtEnd);
    scene.exit(1000, "a2-dc1", 10, OK, (b"same\nlines\n", b""));
    scene.exit(1100, "a1-dc1", 10, OK, (b"same\nlines\n", b"err"));
    // The bodies come after the outcomes, as long ones do.
    scene.events.sort_by_key(|event| matches!(event.what, What::BodyStored { .. }));
    let (mut report, out, err) = report(&scene, LineOrder::Ended, true, false);
    let is_end = |event: &&RunEvent| matches!(event.what, What::Host { said: HostEvent::Ended { .. }, .. });
    scene.events.iter().filter(is_end).for_each(|event| report.event(event, &scene.bodies));
    assert_eq!(out.take(), "");
    scene.events.iter().filter(|event| !is_end(event)).for_each(|event| report.event(event, &scene.bodies));
    assert_eq!(out.take(), "a2-dc1: same\na2-dc1: lines\na1-dc1: same\na1-dc1: lines\n");
    assert_eq!(err.take(), "a1-dc1: err\n");
}

#[test]
fn in_order_of_hosts_and_without_labels() {
    let mut scene = two_hosts(OutputMode::AtEnd);
    scene.exit(1000, "a2-dc1", 10, OK, (b"second\n", b""));
    scene.exit(1100, "a1-dc1", 10, OK, (b"first", b""));
    for (labels, right) in [(true, "a1-dc1: first\na2-dc1: second\n"), (false, "first\nsecond\n")] {
        let (mut report, out, err) = report(&scene, LineOrder::ByHost, labels, false);
        scene.events.iter().for_each(|event| report.event(event, &scene.bodies));
        assert_eq!(out.take(), "");
        report.finish(&scene.bodies).unwrap();
        assert_eq!(out.take(), right);
        assert!(err.take().starts_with("2 hosts: 2 ok"));
    }
}

#[test]
fn a_pipe_gets_the_bytes_and_a_terminal_gets_what_is_safe() {
    let scene = two_hosts(OutputMode::Live);
    let hostile = "\u{1b}[2Jé\n";
    for (tty, right) in [(false, "a1-dc1: \u{1b}[2Jé\n"), (true, "a1-dc1: \\x1b[2Jé\n")] {
        let (mut report, out, _) = report(&scene, LineOrder::Printed, true, tty);
        hostile.as_bytes().iter().for_each(|byte| report.output(scene.id("a1-dc1"), OUT, &[*byte]));
        assert_eq!(out.take(), right);
    }
}

#[test]
fn output_that_cannot_be_read_is_said_and_the_others_are_given() {
    let mut scene = two_hosts(OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, OK, (b"gone\n", b""));
    scene.exit(1100, "a2-dc1", 10, OK, (b"here\n", b""));
    scene.bodies.0.retain(|_, body| body != b"gone\n");
    let (mut report, out, err) = report(&scene, LineOrder::Ended, true, false);
    scene.events.iter().for_each(|event| report.event(event, &scene.bodies));
    report.tick(RunClock::from_millis(1200), &scene.bodies);
    assert_eq!(out.take(), "a2-dc1: here\n");
    assert!(err.take().contains("a1-dc1: its output cannot be read from the ledger"));
}
