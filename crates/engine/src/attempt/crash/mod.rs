//! The promise of an attempt on a simulated disk: crash after any operation, forget any part of what was not flushed,
//! ask at any moment, start a second supervisor: nothing false is ever said, and nothing starts twice.

mod disk;
mod world;

use crate::attempt::Verdict;
use crate::attempt::crash::world::{Behaviour, HostStory, Story, Word, World, supervise};
use mcom_model::{Exit, HostLock, Outcome, ReasonKind};

fn stories() -> Vec<Story> {
    let payloads = [
        Behaviour::Exits(0),
        Behaviour::Exits(3),
        Behaviour::Hangs,
        Behaviour::HangsThroughTerm,
        Behaviour::CannotBeKilled,
        Behaviour::CannotExecute,
    ];
    let hosts = [
        HostStory::Free,
        HostStory::Held(9, HostLock::Take),
        HostStory::Held(9, HostLock::Without),
        HostStory::Held(2, HostLock::Wait { ms: 1000 }),
        HostStory::Held(usize::MAX, HostLock::Wait { ms: 250 }),
        HostStory::LittleTime,
        HostStory::LittleTimeAndHeld,
        HostStory::Has,
        HostStory::LookedAt,
    ];
    let moments = || std::iter::once(None).chain((0..26).map(Some));
    let mut stories = Vec::new();
    for (payload, host) in payloads.into_iter().flat_map(|payload| hosts.map(|host| (payload, host))) {
        for fails in moments() {
            let stops = moments().flat_map(|at| [Word::Cancel, Word::GiveUp].map(|word| at.map(|at| (at, word))));
            // A fault and a word together, at every two moments, on a host that is free.
            let stops = stops.filter(|stop| host == HostStory::Free || fails.is_none() || stop.is_none());
            stories.extend(stops.map(|stop_before| Story { fails, stop_before, payload, host }));
        }
    }
    stories
}

#[test]
fn crash_between_any_two_operations_and_ask() {
    let (mut did_not_start, mut ended, mut unknown, mut running) = (0, 0, 0, 0);
    let mut count = |verdict: Verdict| match verdict {
        Verdict::DidNotStart => did_not_start += 1,
        Verdict::Ended(_) => ended += 1,
        Verdict::Unknown(_) => unknown += 1,
        Verdict::Running => running += 1,
    };
    for story in stories() {
        for steps in 0.. {
            assert!(steps < 200, "a supervisor never left in {story:?}");
            let mut world = World::new(&story);
            let (_, left) = supervise(&mut world, &story, steps, None);
            count(world.clone().ask(true, true, &story));
            for mut cut in world.power_cut() {
                count(cut.ask(false, false, &story));
            }
            count(world.clone().ask(true, false, &story));
            // A second supervisor on what the first one left never executes the payload again.
            if world.truth.executions > 0 {
                supervise(&mut world, &Story { fails: None, stop_before: None, ..story.clone() }, 99, None);
                world.ask(true, false, &story);
            }
            if left {
                break;
            }
        }
    }
    assert!(did_not_start > 1000 && ended > 1000 && unknown > 1000 && running > 1000, "a verdict never occurred");
}

#[test]
fn ask_at_any_moment_of_a_living_supervisor() {
    let (mut voided, mut started) = (0, 0);
    for story in stories() {
        for asked_at in 0..30 {
            let mut world = World::new(&story);
            let (_, left) = supervise(&mut world, &story, 60, Some(asked_at));
            assert!(left, "a supervisor never left in {story:?}");
            if world.disk.void {
                voided += usize::from(world.truth.executions == 0);
            } else {
                started += 1;
            }
            world.ask(true, false, &story);
        }
    }
    assert!(voided > 100 && started > 100, "{voided} voided, {started} went on");
}

/// The story without a fault, how often the payload was executed, and what is said of it.
fn told(payload: Behaviour, host: HostStory, stop_before: Option<(usize, Word)>) -> (u32, Verdict, World) {
    let story = Story { fails: None, stop_before, payload, host };
    let mut world = World::new(&story);
    supervise(&mut world, &story, 99, None);
    (world.truth.executions, world.ask(true, false, &story), world)
}

#[test]
fn undisturbed_attempts_end_as_they_should() {
    let ended = |payload, stop_before| {
        let (starts, verdict, _) = told(payload, HostStory::Free, stop_before);
        (starts, verdict)
    };
    assert_eq!(ended(Behaviour::Exits(0), None), (1, Verdict::Ended(Outcome::Ok)));
    let failed = Outcome::Failed { exit: Exit::Code(3) };
    assert_eq!(ended(Behaviour::Exits(3), None), (1, Verdict::Ended(failed)));
    assert_eq!(ended(Behaviour::Hangs, None), (1, Verdict::Ended(Outcome::TimedOut)));
    assert_eq!(ended(Behaviour::HangsThroughTerm, None), (1, Verdict::Ended(Outcome::TimedOut)));
    assert_eq!(ended(Behaviour::Hangs, Some((11, Word::Cancel))), (1, Verdict::Ended(Outcome::Killed)));
    assert_eq!(ended(Behaviour::Exits(0), Some((11, Word::GiveUp))), (1, Verdict::Ended(Outcome::Ok)));
    for word in [Word::Cancel, Word::GiveUp] {
        let (starts, verdict) = ended(Behaviour::Hangs, Some((10, word)));
        assert!(starts == 0 && matches!(verdict, Verdict::Ended(Outcome::NotRun { .. })), "{verdict:?}");
    }
    let story = Story { fails: Some(8), stop_before: None, payload: Behaviour::Exits(0), host: HostStory::Free };
    let mut world = World::new(&story);
    supervise(&mut world, &story, 99, None);
    let verdict = world.ask(true, false, &story);
    assert!(matches!(verdict, Verdict::Ended(Outcome::Refused { .. })), "{verdict:?}");
    let (_, verdict) = ended(Behaviour::CannotBeKilled, None);
    assert!(matches!(verdict, Verdict::Ended(Outcome::Unknown { .. })), "{verdict:?}");
}

#[test]
fn a_host_that_is_held_is_refused_or_waited_for_or_shared_as_asked() {
    let of = |host| {
        let (starts, verdict, world) = told(Behaviour::Exits(0), host, None);
        (starts, verdict, world.held_said)
    };
    let busy = |verdict: &Verdict| matches!(verdict, Verdict::Ended(Outcome::Refused { reason }) if reason.kind == ReasonKind::Busy);
    let (starts, verdict, said) = of(HostStory::Held(9, HostLock::Take));
    assert!(starts == 0 && said == 0 && busy(&verdict), "{verdict:?}");
    assert_eq!(of(HostStory::Held(9, HostLock::Without)), (1, Verdict::Ended(Outcome::Ok), 0));
    assert_eq!(of(HostStory::Held(2, HostLock::Wait { ms: 1000 })), (1, Verdict::Ended(Outcome::Ok), 1));
    let (starts, verdict, said) = of(HostStory::Held(usize::MAX, HostLock::Wait { ms: 250 }));
    assert!(starts == 0 && said == 1 && busy(&verdict), "{verdict:?}");
    // The first try, and one after each pause that fits, and one when the time is up.
    assert_eq!(told(Behaviour::Exits(0), HostStory::Held(4, HostLock::Wait { ms: 250 }), None).0, 0);
    assert_eq!(told(Behaviour::Exits(0), HostStory::Held(3, HostLock::Wait { ms: 250 }), None).0, 1);
}

#[test]
fn a_wait_for_the_lock_ends_with_a_word_or_with_the_deadline() {
    let kind = |stop_before| {
        let (starts, verdict, _) = told(Behaviour::Exits(0), HostStory::LittleTimeAndHeld, stop_before);
        assert_eq!(starts, 0);
        match verdict {
            Verdict::Ended(Outcome::NotRun { reason }) => reason.kind,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(kind(None), ReasonKind::Deadline);
    assert_eq!(kind(Some((5, Word::Cancel))), ReasonKind::Cancelled);
    assert_eq!(kind(Some((5, Word::GiveUp))), ReasonKind::Halted);
}

#[test]
fn the_deadline_ends_what_runs_and_comes_before_a_longer_time_out() {
    let (starts, verdict, _) = told(Behaviour::Hangs, HostStory::LittleTime, None);
    assert_eq!((starts, verdict), (1, Verdict::Ended(Outcome::TimedOut)));
}

#[test]
fn what_the_host_has_is_skipped() {
    let (starts, verdict, _) = told(Behaviour::Exits(0), HostStory::Has, None);
    assert!(starts == 0 && matches!(verdict, Verdict::Ended(Outcome::Skipped { .. })), "{verdict:?}");
}

#[test]
fn what_only_looks_is_not_in_the_history() {
    for (host, lines) in [(HostStory::Free, 2), (HostStory::LookedAt, 0)] {
        let (starts, verdict, world) = told(Behaviour::Exits(0), host, None);
        assert_eq!((starts, verdict, world.noted), (1, Verdict::Ended(Outcome::Ok), lines));
    }
}
