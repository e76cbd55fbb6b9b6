//! What stands on the screen while a run goes on.

use crate::fixture::{ERR, Memory, OUT, Scene, Screen, reason};
use crate::story::story;
use insta::assert_snapshot;
use mcom_model::{Exit, OutputMode, RunClock};
use mcom_report::{LineOptions, LineOrder, LiveReport, NextSteps, OutputStyle, Progress, ReportOptions};
use std::time::Duration;

/// A report and what it wrote.
pub struct Show {
    pub report: LiveReport,
    pub out: Screen,
    pub err: Screen,
}

pub fn show(scene: &Scene, options: ReportOptions) -> Show {
    let (out, err) = (Screen::default(), Screen::default());
    let report = LiveReport::new(scene.info.clone(), options, Box::new(out.clone()), Box::new(err.clone()));
    Show { report, out, err }
}

pub fn terminal() -> ReportOptions {
    ReportOptions {
        progress: Progress::Bar,
        out_tty: true,
        err_tty: true,
        size: (100, 30),
        next: NextSteps { log: true, ..NextSteps::default() },
        ..ReportOptions::default()
    }
}

/// Plays events up to a moment, ticking as the report asks.
pub fn play(show: &mut Show, scene: &Scene, from: u64, to: u64) {
    let events = scene.events.iter().filter(|event| (from..to).contains(&event.at.as_millis()));
    for event in events {
        show.report.event(event, &scene.bodies);
        show.report.tick(event.at, &scene.bodies);
    }
}

/// The frame with its control sequences in letters.
pub fn visible(frame: &str) -> String {
    frame.replace("\x1b[K", "").replace("\x1b[J", "<clear>").replace('\x1b', "<esc>").replace('\r', "")
}

#[test]
fn the_block_over_time() {
    let scene = story();
    let mut show = show(&scene, terminal());
    play(&mut show, &scene, 0, 500);
    show.err.take();
    play(&mut show, &scene, 500, 1900);
    show.err.take();
    show.report.tick(RunClock::from_millis(1900), &scene.bodies);
    assert_snapshot!(visible(&show.err.take()), @r#"
    <esc>[5Arun 8f3kabcd  fix.sh  0 of 17 ended  +1.9s
    dc1  ················  0/5    5 running  via mail1-dc1
    dc2  ················  0/8    4 running  3 connecting  1 waiting  via mail2-dc2
    dc3  ················  0/4    3 running  1 connecting  via mail1-dc3
    running longest: mail1-dc1 1.1s, mail1-dc3 1.0s, mail2-dc2 1.0s
    "#);
    play(&mut show, &scene, 1900, 2001);
    show.report.tick(RunClock::from_millis(2110), &scene.bodies);
    assert_snapshot!(visible(&show.err.take()), @r#"
    <esc>[5Arun 8f3kabcd  fix.sh  0 of 17 ended  +2.0s
    dc1  ················  0/5    5 running  via mail1-dc1
    dc2  ················  0/8    7 running  1 waiting  via mail2-dc2
    dc3  ················  0/4    3 running  1 connecting  via mail1-dc3
    running longest: mail1-dc1 1.2s, mail1-dc3 1.1s, mail2-dc2 1.1s
    <esc>[5A<clear>FAILED 1  mail3-dc2  exit 1  +2.0s  nginx: [emerg] bind() to 0.0.0.0:443 failed
    run 8f3kabcd  fix.sh  1 of 17 ended  1 FAILED  +2.1s
    dc1  ················  0/5    5 running  via mail1-dc1
    dc2  ██··············  1/8  1 FAILED  6 running  1 waiting  via mail2-dc2
    dc3  ················  0/4    3 running  1 connecting  via mail1-dc3
    running longest: mail1-dc1 1.3s, mail1-dc3 1.2s, mail2-dc2 1.2s
    "#);
    play(&mut show, &scene, 2001, 60_000);
    show.err.take();
    show.report.finish(&scene.bodies).unwrap();
    assert_snapshot!(visible(&show.err.take()), @r#"
    <esc>[5A<clear>17 hosts: 11 ok 3 FAILED 1 UNREACHABLE 1 UNKNOWN 1 NOT RUN in 58.1s
    results: changed 8, unchanged 1
    unknown, which is not failed: lost while running mail2-dc2
    VIOLATION by mail1-dc3: a result for host 99\x1b[2J, which is not below it
    next: mcom log 8f3kabcd
    "#);
    assert!(show.out.take().starts_with("FAILED 2  mail[3,8]-dc2  exit 1\n"));
}

#[test]
fn the_block_keeps_its_height_and_its_width() {
    let scene = story();
    for size in [(100, 30), (40, 30), (100, 5), (10, 3)] {
        let mut show = show(&scene, ReportOptions { size, ..terminal() });
        let mut heights = Vec::new();
        for at in 0..600 {
            play(&mut show, &scene, at * 100, at * 100 + 100);
            show.report.tick(RunClock::from_millis(at * 100 + 100), &scene.bodies);
            let frame = show.err.take();
            for line in frame.lines().filter(|line| line.ends_with("\x1b[K")) {
                let line = line.rsplit(['\r', '\x1b']).nth(1).unwrap_or_default();
                assert!(line.chars().count() < size.0, "{line:?} at {size:?}");
            }
            heights.extend((!frame.is_empty()).then(|| frame.matches("\x1b[K\n").count()));
        }
        let height = *heights.iter().min().unwrap();
        assert!(heights.iter().all(|several| several % height == 0), "{heights:?}");
        assert!(height < size.1.max(4), "{height} at {size:?}");
    }
}

#[test]
fn ten_frames_a_second_at_most_and_one_write_a_frame() {
    let scene = story();
    let mut show = show(&scene, terminal());
    for event in &scene.events {
        show.report.event(event, &scene.bodies);
    }
    for ms in 0..1000 {
        show.report.tick(RunClock::from_millis(ms), &scene.bodies);
    }
    assert!(show.err.writes().len() <= 10, "{:?}", show.err.writes());
    // Nothing happens: the clock of the block still moves, once a second.
    let wait = show.report.tick(RunClock::from_millis(1000), &scene.bodies).unwrap();
    assert!(wait > Duration::from_millis(100) && wait <= Duration::from_secs(1), "{wait:?}");
}

#[test]
fn without_a_terminal_a_line_now_and_then() {
    let scene = story();
    let mut show = show(&scene, ReportOptions { progress: Progress::Line, ..ReportOptions::default() });
    for at in (0..58_200).step_by(100) {
        play(&mut show, &scene, at, at + 100);
        show.report.tick(RunClock::from_millis(at + 100), &scene.bodies);
    }
    assert_snapshot!(show.err.take(), @r#"
    FAILED 1  mail3-dc2  exit 1  +2.0s  nginx: [emerg] bind() to 0.0.0.0:443 failed
    +2.5s  2 of 17 ended (11%): 1 ok, 1 failed; 13 running, 2 to come
    FAILED 1  mail3-dc3  signal 15 (TERM)  +2.6s  caught
    +2.7s  4 of 17 ended (23%): 2 ok, 2 failed; 11 running, 2 to come
    +4.1s  6 of 17 ended (35%): 4 ok, 2 failed; 9 running, 2 to come
    +4.2s  7 of 17 ended (41%): 5 ok, 2 failed; 8 running, 2 to come
    +4.3s  9 of 17 ended (52%): 7 ok, 2 failed; 6 running, 2 to come
    +4.4s  11 of 17 ended (64%): 9 ok, 2 failed; 4 running, 2 to come
    +4.6s  12 of 17 ended (70%): 10 ok, 2 failed; 3 running, 2 to come
    UNREACHABLE 1  mail4-dc3  connect to host mail4-dc3 port 22: Connection timed out  +11.2s
    +11.2s  14 of 17 ended (82%): 11 ok, 2 failed, 1 unreachable; 2 running, 1 to come
    FAILED 1  mail8-dc2  exit 1  +20.0s  nginx: [emerg] bind() to 0.0.0.0:443 failed
    dc2: parent mail2-dc2 lost +20.1s (Connection reset by peer), 1 host is asked again
    UNKNOWN 1  mail2-dc2  the link was lost while the payload ran  +20.1s
    "#);
}

#[test]
fn a_single_host_in_a_pipe_gives_its_bytes_and_nothing_else() {
    let mut scene = Scene::new(&[("dc1", &["web1"])], OutputMode::Live);
    scene.exit(1000, "web1", 10, Exit::Code(0), (b"5.10.0-28-amd64", b"note\n"));
    let mut show = show(&scene, ReportOptions { output: OutputStyle::Raw, ..ReportOptions::default() });
    show.report.output(scene.id("web1"), OUT, b"5.10.0-");
    show.report.output(scene.id("web1"), OUT, b"28-amd64");
    show.report.output(scene.id("web1"), ERR, b"note\n");
    play(&mut show, &scene, 0, 2000);
    show.report.finish(&scene.bodies).unwrap();
    assert_eq!((show.out.take(), show.err.take()), ("5.10.0-28-amd64".into(), "note\n".into()));
}

#[test]
fn a_single_host_that_fails_says_how_and_on_a_terminal_nothing_hostile_passes() {
    let mut scene = Scene::new(&[("dc1", &["web1"])], OutputMode::AtEnd);
    let hostile = [crate::story::HOSTILE, b"prompt> "].concat();
    scene.exit(1000, "web1", 10, Exit::Code(3), (&hostile, b""));
    let options = ReportOptions { output: OutputStyle::Raw, out_tty: true, err_tty: true, ..ReportOptions::default() };
    let mut show = show(&scene, options);
    play(&mut show, &scene, 0, 2000);
    show.report.finish(&scene.bodies).unwrap();
    assert_snapshot!(show.out.take(), @r#"
    \x1b[2J\x1b[H\x1b]0;owned\x07all fine\u{202e}
    \xff\xfe\r└─ ok 300
    prompt>
    "#);
    assert_eq!(show.err.take(), "\nweb1  FAILED  exit 3  10ms\n");
}

#[test]
fn output_above_the_block_waits_for_its_frame() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::Live);
    scene.start(500, "a1-dc1");
    let lines = LineOptions { order: LineOrder::Printed, labels: true };
    let mut show = show(&scene, ReportOptions { output: OutputStyle::Lines(lines), ..terminal() });
    play(&mut show, &scene, 0, 1000);
    show.report.tick(RunClock::from_millis(1000), &scene.bodies);
    show.err.take();
    show.report.output(scene.id("a1-dc1"), OUT, b"one\ntwo\n");
    show.report.tick(RunClock::from_millis(1050), &scene.bodies);
    assert_eq!(show.out.take(), "");
    show.report.tick(RunClock::from_millis(1100), &scene.bodies);
    assert_eq!(show.out.take(), "a1-dc1: one\na1-dc1: two\n");
    let redrawn = visible(&show.err.take());
    assert!(redrawn.starts_with("<esc>[3A<clear>run 8f3kabcd"), "{redrawn}");
}

#[test]
fn a_lost_reader_ends_the_printing_and_is_told_at_the_end() {
    let scene = story();
    let mut show = show(&scene, terminal());
    play(&mut show, &scene, 0, 2000);
    show.err.hang_up();
    show.out.hang_up();
    play(&mut show, &scene, 2000, 60_000);
    let writes = show.err.writes().len();
    assert_eq!(show.report.tick(RunClock::from_millis(60_000), &scene.bodies), None);
    assert_eq!(show.err.writes().len(), writes);
    assert_eq!(show.report.view().ended_hosts(), scene.info.len() as u64);
    assert_eq!(show.report.finish(&scene.bodies).unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn notices_stand_above_the_block() {
    let scene = story();
    let mut show = show(&scene, terminal());
    show.report.notice("nothing new starts; press again to cancel");
    show.report.tick(RunClock::ZERO, &scene.bodies);
    assert!(show.err.take().starts_with("nothing new starts; press again to cancel\nrun 8f3kabcd"));
    show.report.notice("cancelled");
    show.report.finish(&scene.bodies).unwrap();
    assert!(visible(&show.err.take()).starts_with("<esc>[5A<clear>cancelled\n17 hosts"));
}

#[test]
fn quiet_leaves_results_and_errors() {
    let quiet = ReportOptions { quiet: true, ..ReportOptions::default() };
    let mut well = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::AtEnd);
    well.exit(1000, "a1-dc1", 10, Exit::Code(0), (b"hi\n", b""));
    let mut silent = show(&well, quiet);
    play(&mut silent, &well, 0, 2000);
    silent.report.finish(&well.bodies).unwrap();
    assert_eq!((silent.out.take().as_str(), silent.err.take().as_str()), ("ok 1  a1-dc1\n    | hi\n", ""));
    let story = story();
    let mut loud = show(&story, quiet);
    play(&mut loud, &story, 0, 60_000);
    loud.report.finish(&Memory::default()).unwrap();
    assert!(loud.err.take().contains("3 FAILED"));
}

#[test]
fn ten_thousand_failures_are_a_few_lines_a_frame() {
    let names: Vec<String> = (0..10_000).map(|n| format!("mail{n}-dc1")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut scene = Scene::new(&[("dc1", &names)], OutputMode::AtEnd);
    for (name, n) in names.iter().zip(0..) {
        let text = format!("connect to host {name} port 22: Connection timed out");
        let reason = reason(mcom_model::ReasonKind::ConnectTimeout, &text);
        scene.end(1000 + n / 10, name, mcom_model::Outcome::Unreachable { reason }, None);
    }
    let mut show = show(&scene, terminal());
    play(&mut show, &scene, 0, 60_000);
    let text = show.err.take();
    // The hosts of one frame are one line: their reasons differ in nothing but their names.
    assert!(text.matches("UNREACHABLE 1000").count() > 5, "{}", &text[..2000]);
    assert!(text.matches("Connection timed out").count() <= 12);
    show.report.finish(&scene.bodies).unwrap();
    assert!(show.out.take().starts_with("UNREACHABLE 10000  mail[0-9999]-dc1  connect to host <host> port 22"));
}
