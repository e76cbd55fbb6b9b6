//! One claim for ever, whole from the moment it is seen, and what may follow one that was given up.

use crate::spool::tests::{claim, host, place, run};
use crate::spool::{AttemptFolder, Claim, HostIdentity, Spool, SpoolError, Standing, Void};
use mcom_model::ReasonKind;

#[test]
fn twelve_claims_at_once_give_one() {
    let (_folder, place) = place();
    let go = std::sync::Barrier::new(12);
    let outcomes: Vec<Result<(AttemptFolder, Claim), SpoolError>> = std::thread::scope(|scope| {
        let claim = || {
            go.wait();
            claim(&Spool::open(&place, &host()).unwrap(), 1)
        };
        let threads: Vec<_> = (0..12).map(|_| scope.spawn(claim)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let losers = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(losers.clone().all(|error| error.kind() == ReasonKind::AlreadyClaimed), "{:?}", losers.collect::<Vec<_>>());
}

#[test]
fn a_claim_is_whole_and_held_from_the_moment_that_it_is_seen() {
    let (_folder, place) = place();
    let spool = Spool::open(&place, &host()).unwrap();
    let (seen, over) = (std::sync::atomic::AtomicU32::new(0), std::sync::atomic::AtomicBool::new(false));
    let claims = std::thread::scope(|scope| {
        let scanner = scope.spawn(|| {
            let spool = Spool::open(&place, &host()).unwrap();
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                for attempt in 1..=200 {
                    let Ok(folder) = AttemptFolder::open(&spool, &AttemptFolder::name_of(&run(1), attempt)) else {
                        continue;
                    };
                    assert_eq!(folder.claim_boot().unwrap(), Some(host().boot));
                    assert!(folder.is_claim_held().unwrap() && folder.read_spec().is_ok());
                    seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            }
        });
        let claims: Vec<_> = (1..=200).map(|attempt| claim(&spool, attempt).unwrap()).collect();
        while seen.load(std::sync::atomic::Ordering::Relaxed) < 1000 && !scanner.is_finished() {
            std::thread::yield_now();
        }
        over.store(true, std::sync::atomic::Ordering::Relaxed);
        claims
    });
    assert_eq!(claims.len(), 200);
}

#[test]
fn void_is_seen_by_the_next_holder_of_the_claim() {
    let (_folder, place) = place();
    let spool = Spool::open(&place, &host()).unwrap();
    let (attempt, mut held) = claim(&spool, 1).unwrap();
    assert!(attempt.void().unwrap().is_none());
    assert!(attempt.try_lock_claim().unwrap().is_none(), "two hold one claim");
    held.void(Void::Next).unwrap();
    let handed_on = held.hand_on().unwrap();
    drop(held);
    assert!(attempt.is_claim_held().unwrap(), "the flock did not go with the file");
    let second = attempt.lock_claim(Some(handed_on)).unwrap();
    assert!(attempt.is_claim_held().unwrap());
    drop(second);
    assert!(!attempt.is_claim_held().unwrap());
    assert!(attempt.try_lock_claim().unwrap().is_some());
    assert_eq!((attempt.void().unwrap(), attempt.claim_boot().unwrap()), (Some(Void::Next), Some(host().boot)));
}

#[test]
fn asking_voids_what_nobody_holds_and_sees_a_reboot() {
    use mcom_engine::attempt::Verdict;
    let (_folder, place) = place();
    let spool = Spool::open(&place, &host()).unwrap();
    let (attempt, supervisor) = claim(&spool, 1).unwrap();
    assert_eq!(attempt.ask(&host(), Void::Final).unwrap(), Verdict::Running);
    drop(supervisor);
    assert!(attempt.void().unwrap().is_none());
    let rebooted = HostIdentity { boot: "another boot".into(), ..host() };
    let verdict = attempt.ask(&rebooted, Void::Final).unwrap();
    assert!(matches!(&verdict, Verdict::Unknown(reason) if reason.kind == ReasonKind::Rebooted), "{verdict:?}");
    assert!(attempt.void().unwrap().is_none(), "what may have started was given up");
    assert_eq!(attempt.ask(&host(), Void::Final).unwrap(), Verdict::DidNotStart);
    assert_eq!(attempt.ask(&host(), Void::Next).unwrap(), Verdict::DidNotStart);
    assert_eq!(attempt.void().unwrap(), Some(Void::Final), "the first word counts");
}

#[test]
fn what_started_is_never_given_up() {
    use mcom_engine::attempt::Verdict;
    let (_folder, place) = place();
    let spool = Spool::open(&place, &host()).unwrap();
    let (attempt, supervisor) = claim(&spool, 1).unwrap();
    attempt.files().write_new("started", rustix::fs::Mode::RUSR, b"{}\n").unwrap();
    drop(supervisor);
    let standing = spool.standing(&run(1), Void::Next).unwrap();
    assert!(matches!(standing, Standing::Begun(_, Verdict::Unknown(_))), "{standing:?}");
    assert!(attempt.void().unwrap().is_none());
}

#[test]
fn attempts_that_were_given_up_make_room_for_the_next_and_never_after_the_last_word() {
    let (_folder, place) = place();
    let spool = Spool::open(&place, &host()).unwrap();
    let free = |spool: &Spool| match spool.standing(&run(1), Void::Next).unwrap() {
        Standing::Free { attempt } => attempt,
        other => panic!("{other:?}"),
    };
    assert_eq!((free(&spool), free(&spool)), (1, 1));
    for attempt in 1..4 {
        let (_, held) = claim(&spool, attempt).unwrap();
        assert!(matches!(spool.standing(&run(1), Void::Next).unwrap(), Standing::Begun(..)));
        drop(held);
        assert_eq!(free(&spool), attempt + 1);
    }
    // The first is gone: the later ones still say that it is not the first one's turn.
    std::fs::remove_dir_all(spool.runs().path().join(AttemptFolder::name_of(&run(1), 1))).unwrap();
    assert_eq!(free(&spool), 4);
    AttemptFolder::claim_void(&spool, &run(1), 4, 0).unwrap();
    for word in [Void::Next, Void::Final] {
        assert!(matches!(spool.standing(&run(1), word).unwrap(), Standing::Void));
    }
    for attempt in 5..=mcom_model::limits::ATTEMPTS {
        let folder = AttemptFolder::claim_void(&spool, &run(1), attempt, 0).unwrap();
        std::fs::write(folder.path("claim"), format!("{{\"boot\":\"{}\",\"claimed_ms\":1}}\nvoid next\n", host().boot))
            .unwrap();
    }
    assert!(matches!(spool.standing(&run(1), Void::Next).unwrap(), Standing::Exhausted));
}
