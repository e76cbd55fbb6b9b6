//! The state that events add up to.

use crate::fixture::{Scene, reason};
use crate::story::story;
use mcom_model::{
    BodyRef, EndedBy, Exit, HostEvent, HostId, Outcome, OutcomeKind, OutputMode, ReasonKind, Receipt, RunClock,
    RunEvent, Stream, Tally, What,
};
use mcom_report::{Parent, RunView, Stage, TermEnd, Turn};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Every count of a view, counted again from its hosts.
fn assert_counts(view: &RunView) {
    let mut tally = Tally::default();
    let mut results: BTreeMap<String, u64> = BTreeMap::new();
    for (_, host) in view.hosts() {
        assert_eq!(host.stage == Stage::Ended, host.outcome.is_some());
        assert_eq!(host.outcome.is_some(), host.ended_at.is_some());
        host.outcome.iter().for_each(|outcome| tally.add(outcome.kind()));
        let result = host.receipt.as_ref().and_then(|receipt| receipt.result.clone());
        result.into_iter().for_each(|result| *results.entry(result).or_default() += 1);
    }
    assert_eq!(view.tally(), &tally);
    assert_eq!(view.results(), (&results, 0));
    for kind in OutcomeKind::ALL {
        assert_eq!(view.dcs().iter().map(|dc| dc.count(kind)).sum::<u64>(), tally.count(kind));
    }
    for stage in Stage::ALL {
        let slow = view.hosts().filter(|(_, host)| host.stage == stage).count() as u64;
        assert_eq!(view.at_stage(stage), slow, "{stage:?}");
    }
    let running: Vec<HostId> =
        view.hosts().filter(|(_, host)| host.stage == Stage::Running).map(|(id, _)| id).collect();
    let mut told: Vec<HostId> = view.running().map(|(_, id)| id).collect();
    told.sort_unstable();
    assert_eq!(told, running);
    assert_eq!(view.ended_hosts(), view.at_stage(Stage::Ended));
}

#[test]
fn counts_add_up_after_every_event() {
    let scene = story();
    let mut view = RunView::new(scene.info.clone());
    for event in &scene.events {
        assert!(view.accept(event));
        assert_counts(&view);
    }
    assert_eq!(view.tally().count(OutcomeKind::Failed), 3);
    let heads: Vec<HostId> = view.dcs()[1].parents.heads().map(|term| term.host).collect();
    assert_eq!(heads, [scene.id("mail2-dc2")]);
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

const HOSTS: [(&str, &[&str]); 2] =
    [("dc1", &["a1-dc1", "a2-dc1", "a3-dc1", "a4-dc1"]), ("dc2", &["a1-dc2", "a2-dc2"])];

/// What may be said of a host, sensible or not.
fn any_said() -> impl Strategy<Value = HostEvent> {
    let lost = || reason(ReasonKind::LinkLost, "no answer for 15 s");
    let by = proptest::option::of((0..7_u32).prop_map(HostId));
    let receipt = |result: Option<String>| Receipt {
        exit: Exit::Code(0),
        run_ms: 1,
        cpu_ms: 1,
        max_rss_kib: 1,
        out: BodyRef::empty(),
        err: BodyRef::empty(),
        result,
        left_behind: 0,
    };
    prop_oneof![
        by.clone().prop_map(|by| HostEvent::Linking { by }),
        by.prop_map(|by| HostEvent::Linked { by, node_shipped: false, ms: 1 }),
        (0..4_u64).prop_map(|below| HostEvent::Chosen { below }),
        Just(HostEvent::GaveWay { reason: lost() }),
        Just(HostEvent::ParentLost { reason: lost() }),
        Just(HostEvent::LinkLost { reason: lost() }),
        Just(HostEvent::Attached { boot: "b".into() }),
        Just(HostEvent::Held { reason: reason(ReasonKind::Busy, "bob runs") }),
        Just(HostEvent::Claimed { boot: "b".into(), uid: None }),
        Just(HostEvent::Started),
        Just(HostEvent::Printed { stream: Stream::Out, len: 1 }),
        proptest::option::of("[ab]").prop_map(move |result| HostEvent::Ended {
            outcome: Outcome::Ok,
            receipt: Some(Box::new(receipt(result))),
        }),
        Just(HostEvent::Ended { outcome: Outcome::Unknown { reason: lost() }, receipt: None }),
        Just(HostEvent::Ended { outcome: Outcome::Unreachable { reason: lost() }, receipt: None }),
    ]
}

fn any_what() -> impl Strategy<Value = What> {
    let hosts = || proptest::collection::vec((0..7_u32).prop_map(HostId), 0..7);
    let resumed =
        hosts().prop_map(|hosts| What::Resumed { who: "bob".into(), ms: 1, hosts: hosts.into_iter().collect() });
    let intent = (hosts(), 0..7_u32)
        .prop_map(|(hosts, via)| What::Intent { hosts: hosts.into_iter().collect(), via: HostId(via) });
    let halted = reason(ReasonKind::Halted, "2 hosts are bad");
    prop_oneof![
        20 => (0..7_u32, any_said()).prop_map(|(host, said)| What::Host { host: HostId(host), said }),
        2 => intent,
        1 => resumed,
        1 => Just(What::Halted { by: EndedBy::MaxFail, reason: halted }),
        1 => Just(What::CancelAsked { by: None }),
        1 => Just(What::RunEnded { tally: Tally::default(), by: EndedBy::Itself }),
    ]
}

proptest! {
    #[test]
    fn counts_add_up_whatever_is_said_in_whatever_order(whats in proptest::collection::vec(any_what(), 0..60)) {
        let scene = Scene::new(&HOSTS, OutputMode::AtEnd);
        let mut view = RunView::new(scene.info.clone());
        for (what, at) in whats.into_iter().zip(0..) {
            let ends = matches!(what, What::Host { said: HostEvent::Ended { .. }, .. });
            let ended = view.ended_hosts();
            let taken = view.accept(&RunEvent { at: RunClock::from_millis(at), what });
            assert_counts(&view);
            // An end counts exactly once, and is refused otherwise.
            prop_assert!(!ends || view.ended_hosts() == ended + u64::from(taken));
        }
        // Whatever the tree looks like, every host stands in it exactly once.
        let options = mcom_report::LogOptions { order: None, verbose: 2, ..Default::default() };
        let log = crate::fixture::text(|out| mcom_report::nested_log(&view, &scene.bodies, &options, out));
        for id in scene.info.host_ids() {
            let name = scene.info.name(id);
            let is_its_own = |line: &&str| line.contains(&format!("─ {name}  ")) && !line.contains("parent of");
            prop_assert_eq!(log.lines().filter(is_its_own).count(), 1, "{} in {}", name, log);
        }
    }
}

#[test]
fn a_lost_parent_sends_those_below_it_back_and_no_others() {
    let mut scene = Scene::new(&HOSTS, OutputMode::AtEnd);
    scene.head(0, "a1-dc1", 3);
    scene.start(800, "a1-dc1");
    scene.link(800, "a2-dc1", Some("a1-dc1"));
    scene.say(1200, "a2-dc1", HostEvent::Chosen { below: 1 });
    scene.start(1200, "a2-dc1");
    scene.link(1300, "a3-dc1", Some("a2-dc1"));
    scene.say(1300, "a4-dc1", HostEvent::Linking { by: Some(scene.id("a1-dc1")) });
    scene.exit(1400, "a2-dc1", 100, Exit::Code(0), (b"", b""));
    scene.head(100, "a1-dc2", 1);
    scene.start(800, "a1-dc2");
    let lost = reason(ReasonKind::LinkLost, "no answer for 15 s");
    scene.say(20_000, "a1-dc1", HostEvent::ParentLost { reason: lost });
    let view = scene.view();
    let stage = |name: &str| view.host(scene.id(name)).unwrap().stage;
    // What may have begun is asked; what was not linked yet waits; an outcome is final.
    assert_eq!(
        ["a1-dc1", "a3-dc1", "a4-dc1", "a2-dc1"].map(stage),
        [Stage::Asking, Stage::Asking, Stage::Waiting, Stage::Ended]
    );
    assert_eq!(stage("a1-dc2"), Stage::Running);
    let terms = view.dcs()[0].parents.all();
    assert!(matches!(terms[0].until, Some((_, TermEnd::Lost(_)))));
    assert_eq!((terms[0].open, &terms[1].until), (3, &Some((RunClock::from_millis(20_000), TermEnd::LostAbove))));
    assert_eq!(view.dcs()[1].parents.all()[0].until, None);
}

#[test]
fn a_host_that_is_attached_again_runs_since_its_start() {
    let mut scene = Scene::new(&HOSTS, OutputMode::AtEnd);
    scene.link(0, "a1-dc1", None);
    scene.start(400, "a1-dc1");
    let lost = reason(ReasonKind::LinkLost, "reset");
    scene.say(5_000, "a1-dc1", HostEvent::LinkLost { reason: lost });
    assert_eq!(scene.view().running().count(), 0);
    scene.link(6_000, "a1-dc1", None);
    assert_eq!(scene.view().at_stage(Stage::Asking), 1);
    scene.say(6_400, "a1-dc1", HostEvent::Attached { boot: "b00t".into() });
    let view = scene.view();
    assert_eq!(view.running().collect::<Vec<_>>(), [(RunClock::from_millis(400), scene.id("a1-dc1"))]);
    let host = view.host(scene.id("a1-dc1")).unwrap();
    assert_eq!((host.times_lost, host.times_attached), (1, 1));
}

#[test]
fn a_resumed_run_withdraws_the_outcomes_of_the_hosts_it_names_once() {
    let mut scene = Scene::new(&HOSTS, OutputMode::AtEnd);
    scene.head(0, "a1-dc1", 3);
    let (via, hosts) = (scene.id("a1-dc1"), std::iter::once(scene.id("a2-dc1")).collect());
    scene.push(400, What::Intent { hosts, via });
    let unknown = |kind| Outcome::Unknown { reason: reason(kind, "the link was lost") };
    scene.exit_with(1000, "a1-dc1", 10, Exit::Code(0), (b"", b""), Some("changed"));
    scene.start(900, "a2-dc1");
    scene.end(2000, "a2-dc1", unknown(ReasonKind::LostWhileRunning), None);
    let far = reason(ReasonKind::NoRoute, "no route");
    scene.end(2000, "a3-dc1", Outcome::Unreachable { reason: far }, None);
    scene.push(2500, What::Halted { by: EndedBy::MaxFail, reason: reason(ReasonKind::Halted, "2 hosts are bad") });
    scene.finish(3000, EndedBy::MaxFail);
    let hosts = [scene.id("a2-dc1"), scene.id("a3-dc1")].into_iter().collect();
    scene.push(60_000, What::Resumed { who: "bob@bastion".into(), ms: 1, hosts });
    let view = scene.view();
    assert_counts(&view);
    assert_eq!((view.tally().total(), view.ended(), view.halted()), (1, None, None));
    let stage = |name: &str| view.host(scene.id(name)).unwrap().stage;
    assert_eq!(["a1-dc1", "a2-dc1", "a3-dc1"].map(stage), [Stage::Ended, Stage::Asking, Stage::Waiting]);
    assert!(matches!(view.turns().last(), Some((_, Turn::Resumed { asked: 1, to_start: 1, .. }))));
    // The word counts to the last event before it.
    assert_eq!(view.dcs()[0].parents.all()[0].until, Some((RunClock::from_millis(3000), TermEnd::RunEnded)));
    scene.exit_with(61_000, "a2-dc1", 10, Exit::Code(0), (b"", b""), Some("changed"));
    scene.exit_with(62_000, "a2-dc1", 10, Exit::Code(3), (b"", b""), Some("changed"));
    let view = scene.view();
    assert_counts(&view);
    assert_eq!(view.host(scene.id("a2-dc1")).unwrap().outcome, Some(Outcome::Ok));
    assert_eq!((view.tally().count(OutcomeKind::Ok), view.results().0.get("changed")), (2, Some(&2)));
}
