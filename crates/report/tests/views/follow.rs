//! Reports that follow a run from its record, take in what was told before, or are left before the end.

use crate::fixture::{Scene, Screen};
use crate::live::{show, terminal, visible};
use crate::story::story;
use insta::assert_snapshot;
use mcom_model::{Exit, OutputMode, RunClock};
use mcom_report::{LineOptions, LineOrder, LiveReport, NextSteps, OutputStyle, ReportOptions};

#[test]
fn a_report_may_live_on_a_thread_of_its_own() {
    fn sends<T: Send>(_: &T) {}
    sends(&show(&story(), terminal()).report);
}

#[test]
fn a_run_that_is_followed_from_its_record_tells_whole_outputs_as_their_bodies_come() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::Live);
    scene.exit(1000, "a1-dc1", 10, Exit::Code(0), (b"one\ntwo", b""));
    scene.exit(2000, "a2-dc1", 10, Exit::Code(0), (b"three\n", b""));
    // Its body comes after the end of the host.
    let late = scene.events.iter().position(|event| event.at.as_millis() == 2000).unwrap();
    scene.events.swap(late, late + 1);
    let lines = LineOptions { order: LineOrder::Printed, labels: true };
    let options = ReportOptions { output: OutputStyle::Lines(lines), ..ReportOptions::default() };
    let (out, err) = (Screen::default(), Screen::default());
    let mut report = LiveReport::of_record(scene.info.clone(), options, Box::new(out.clone()), Box::new(err.clone()));
    let mut told = scene.events.iter().map(|event| {
        report.event(event, &scene.bodies);
        out.take()
    });
    assert_eq!(told.by_ref().take(3).collect::<String>(), "a1-dc1: one\na1-dc1: two\n");
    assert_eq!(told.collect::<Vec<_>>(), ["", "a2-dc1: three\n"]);
    report.finish(&scene.bodies).unwrap();
    assert_eq!(out.take(), "");
}

#[test]
fn what_was_told_before_counts_and_is_not_told_again() {
    let scene = story();
    let lines = LineOptions { order: LineOrder::Ended, labels: true };
    let mut show = show(&scene, ReportOptions { output: OutputStyle::Lines(lines), ..terminal() });
    let (past, new) = scene.events.split_at(scene.events.len() - 1);
    past.iter().for_each(|event| show.report.past_event(event));
    new.iter().for_each(|event| show.report.event(event, &scene.bodies));
    show.report.tick(RunClock::from_millis(60_000), &scene.bodies);
    assert!(visible(&show.err.take()).starts_with("run 8f3kabcd  fix.sh  17 of 17 ended"));
    show.report.finish(&scene.bodies).unwrap();
    assert_eq!(show.out.take(), "");
    assert!(show.err.take().contains("17 hosts: 11 ok"));
}

#[test]
fn a_reader_may_leave_without_waiting_for_any_output() {
    struct NeverOpened;
    impl mcom_report::Bodies for NeverOpened {
        fn open(&self, _: &mcom_model::Digest) -> std::io::Result<Box<dyn std::io::Read + '_>> {
            panic!("a body was opened")
        }
    }
    let mut scene = story();
    scene.events.retain(|event| event.at.as_millis() < 3000);
    let next = NextSteps { watch: true, log: true, ..NextSteps::default() };
    let mut followed = show(&scene, ReportOptions { next, ..terminal() });
    scene.events.iter().for_each(|event| followed.report.event(event, &NeverOpened));
    followed.report.leave(true).unwrap();
    assert_eq!(followed.out.take(), "");
    assert_snapshot!(visible(&followed.err.take()), @r#"
    FAILED 1  mail3-dc2  exit 1
    FAILED 1  mail3-dc3  signal 15 (TERM)
    17 hosts: 2 ok 2 FAILED 13 NOT ENDED (11 of them running) in 2.7s  IT GOES ON
    VIOLATION by mail1-dc3: a result for host 99\x1b[2J, which is not below it
    next: mcom watch 8f3kabcd · mcom log 8f3kabcd
    "#);
    // For programs, the end of a host whose output was not read says so.
    let mut scene = Scene::new(&[("dc1", &["a1-dc1"])], OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, Exit::Code(0), (b"hi\n", b""));
    scene.events.retain(|event| !matches!(event.what, mcom_model::What::BodyStored { .. }));
    let mut json = show(&scene, ReportOptions { output: OutputStyle::Json, ..ReportOptions::default() });
    scene.events.iter().for_each(|event| json.report.event(event, &NeverOpened));
    json.report.leave(false).unwrap();
    let told = json.out.take();
    assert!(told.contains(r#""event":"ended""#) && told.contains(r#""lost":"not read"#), "{told}");
    assert_eq!(json.err.take(), "");
}
