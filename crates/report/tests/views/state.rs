//! The state that events add up to.

use crate::fixture::{Scene, reason};
use crate::story::story;
use mcom_model::{Exit, HostEvent, HostId, Outcome, OutcomeKind, OutputMode, ReasonKind, RunClock, RunEvent, What};
use mcom_report::{Parent, Stage};

#[test]
fn counts_add_up_after_every_event() {
    let scene = story();
    let mut view = mcom_report::RunView::new(scene.info.clone());
    for event in &scene.events {
        view.apply(event);
        let stages = [Stage::Waiting, Stage::Linking, Stage::Linked, Stage::Running, Stage::Ended];
        assert_eq!(stages.iter().map(|&stage| view.at_stage(stage)).sum::<u64>(), scene.info.len() as u64);
        for stage in stages {
            let slow = view.hosts().filter(|(_, host)| host.stage == stage).count() as u64;
            assert_eq!(view.at_stage(stage), slow, "{stage:?} after {event:?}");
        }
        let running = view.hosts().filter(|(_, host)| host.stage == Stage::Running).count();
        assert_eq!(view.running().count(), running);
        assert_eq!(view.ended_hosts(), view.at_stage(Stage::Ended));
    }
    assert_eq!(view.tally().count(OutcomeKind::Failed), 3);
    assert_eq!(view.dcs()[1].heads, [scene.id("mail2-dc2")]);
    assert_eq!(view.dcs()[1].gave_way, [scene.id("mail1-dc2")]);
    let inner = view.host(scene.id("mail7-dc2")).unwrap();
    assert_eq!(inner.parent, Some(Parent::Host(scene.id("mail5-dc2"))));
    assert_eq!(view.results().0.get("changed"), Some(&8));
}

#[test]
fn an_outcome_is_final_and_strangers_are_ignored() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1"])], OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, Exit::Code(0), (b"", b""));
    scene.say(1100, "a1-dc1", HostEvent::Started);
    scene.say(1100, "a1-dc1", HostEvent::Linking { by: None });
    let late = Outcome::Unknown { reason: reason(ReasonKind::LinkLost, "late") };
    scene.end(1200, "a1-dc1", late, None);
    let what = What::Host { host: HostId(77), said: HostEvent::Started };
    scene.events.push(RunEvent { at: RunClock::from_millis(1300), what });
    let view = scene.view();
    assert_eq!(view.host(HostId(0)).unwrap().outcome, Some(Outcome::Ok));
    assert_eq!((view.tally().total(), view.running().count()), (1, 0));
    assert_eq!(view.host(HostId(77)), None);
}
