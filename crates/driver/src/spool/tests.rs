//! The spool's promises: safe places only, one claim for ever, errors with their class.

use crate::spool::{AttemptFolder, AttemptSpec, Claim, HostIdentity, Spool, SpoolError, Standing, Void};
use mcom_model::{
    BlobRef, Digest, Holder, InnerLinks, OutputMode, Payload, PayloadKind, ReasonKind, RunId, RunLimits, RunSpec,
    TreeShape,
};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

fn host() -> HostIdentity {
    HostIdentity { machine: "machine-a".into(), boot: HostIdentity::read().unwrap().boot }
}

fn place() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("mcom");
    (folder, place)
}

fn run(attempt: u32) -> RunSpec {
    RunSpec {
        run: RunId::from_seed(7),
        attempt,
        who: "alice@bastion".into(),
        reason: None,
        payload: Payload {
            kind: PayloadKind::Command,
            name: "true".into(),
            blob: BlobRef { digest: Digest::of(b"true"), len: 4 },
            args: vec![],
            env: vec![],
            cwd: None,
            stdin: None,
            run_as: None,
        },
        limits: RunLimits::default(),
        shape: TreeShape { width: 32, depth: None },
        output: OutputMode::AtEnd,
        inner: InnerLinks::default(),
        once: false,
        lock: mcom_model::HostLock::default(),
        timers: mcom_model::Timers::default(),
    }
}

/// Claims an attempt of the run as a node does.
fn claim(spool: &Spool, attempt: u32) -> Result<(AttemptFolder, Claim), SpoolError> {
    let spec = AttemptSpec { run: run(attempt), host: "web1".into(), dc: "dc1".into(), deadline_ms: None };
    AttemptFolder::claim(spool, &spec, &[bytes::Bytes::from_static(b"true")], 0)
}

fn kind(result: Result<Spool, SpoolError>) -> ReasonKind {
    result.expect_err("is to be refused").kind()
}

#[test]
fn a_fresh_spool_is_closed_to_others_and_opens_again() {
    let (_folder, place) = place();
    Spool::open(&place, &host()).unwrap();
    assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
    Spool::open(&place, &host()).unwrap();
}

#[test]
fn links_in_the_spools_place_are_refused() {
    let (folder, place) = place();
    let elsewhere = folder.path().join("elsewhere");
    std::fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, &place).unwrap();
    assert_eq!(kind(Spool::open(&place, &host())), ReasonKind::SpoolUnsafe);
    assert_eq!(std::fs::read_dir(&elsewhere).unwrap().count(), 0, "something was written through the link");
    std::fs::remove_file(&place).unwrap();
    std::fs::write(&place, "a file").unwrap();
    assert_eq!(kind(Spool::open(&place, &host())), ReasonKind::SpoolUnsafe);
}

#[test]
fn links_inside_the_spool_are_refused() {
    let (folder, place) = place();
    let spool = Spool::open(&place, &host()).unwrap();
    let target = folder.path().join("target");
    std::fs::write(&target, "untouched").unwrap();
    for name in ["lock", "history"] {
        symlink(&target, place.join(name)).unwrap();
    }
    let me = Holder { attempt: "a.1".into(), who: "a".into(), what: "b".into(), reason: None, since_ms: 0 };
    assert_eq!(spool.lock(&me, 0).unwrap_err().kind(), ReasonKind::SpoolUnsafe);
    assert!(claim(&spool, 1).is_err());
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "untouched");
    std::fs::remove_dir_all(place.join("runs")).unwrap();
    symlink(folder.path(), place.join("runs")).unwrap();
    assert_eq!(kind(Spool::open(&place, &host())), ReasonKind::SpoolUnsafe);
}

#[test]
fn a_spool_that_others_may_write_is_refused() {
    let (_folder, place) = place();
    std::fs::create_dir(&place).unwrap();
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(kind(Spool::open(&place, &host())), ReasonKind::SpoolUnsafe);
    std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
    Spool::open(&place, &host()).unwrap();
    assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_spool_of_another_user_is_refused() {
    if !rustix::process::geteuid().is_root() {
        // Only root can make a folder of another user; without it there is `/`, which is root's.
        assert_eq!(kind(Spool::open(std::path::Path::new("/usr"), &host())), ReasonKind::SpoolUnsafe);
        return;
    }
    let (_folder, place) = place();
    std::fs::create_dir(&place).unwrap();
    std::os::unix::fs::chown(&place, Some(12345), None).unwrap();
    assert_eq!(kind(Spool::open(&place, &host())), ReasonKind::SpoolUnsafe);
}

#[test]
fn a_spool_of_another_machine_is_refused() {
    let (_folder, place) = place();
    Spool::open(&place, &host()).unwrap();
    let other = HostIdentity { machine: "machine-b".into(), ..host() };
    let error = Spool::open(&place, &other).unwrap_err();
    assert_eq!(error.kind(), ReasonKind::SpoolUnsafe);
    assert!(error.to_string().contains("another machine"), "{error}");
}

#[test]
fn a_missing_parent_folder_is_classified() {
    let (_folder, place) = place();
    assert_eq!(kind(Spool::open(&place.join("deeper"), &host())), ReasonKind::SpoolReadOnly);
}

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
        scope.spawn(|| {
            let spool = Spool::open(&place, &host()).unwrap();
            while !over.load(std::sync::atomic::Ordering::Relaxed) {
                for attempt in 1..=200 {
                    let Ok(folder) = AttemptFolder::open(&spool, &AttemptFolder::name_of(&run(1).run, attempt)) else {
                        continue;
                    };
                    assert_eq!(folder.claim_boot().unwrap(), Some(host().boot));
                    assert!(folder.is_claim_held().unwrap() && folder.read_spec().is_ok());
                    seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            }
        });
        let claims: Vec<_> = (1..=200).map(|attempt| claim(&spool, attempt).unwrap()).collect();
        while seen.load(std::sync::atomic::Ordering::Relaxed) < 1000 {
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
    std::fs::remove_dir_all(spool.runs().path().join(AttemptFolder::name_of(&run(1).run, 1))).unwrap();
    assert_eq!(free(&spool), 4);
    AttemptFolder::claim_void(&spool, &run(1).run, 4, 0).unwrap();
    for word in [Void::Next, Void::Final] {
        assert!(matches!(spool.standing(&run(1), word).unwrap(), Standing::Void));
    }
    for attempt in 5..=mcom_model::limits::ATTEMPTS {
        let folder = AttemptFolder::claim_void(&spool, &run(1).run, attempt, 0).unwrap();
        std::fs::write(folder.path("claim"), format!("{{\"boot\":\"{}\",\"claimed_ms\":1}}\nvoid next\n", host().boot))
            .unwrap();
    }
    assert!(matches!(spool.standing(&run(1), Void::Next).unwrap(), Standing::Exhausted));
}

#[test]
fn the_second_holder_is_told_who_what_why_and_since_when() {
    let (_folder, place) = place();
    let spool = Spool::open(&place, &host()).unwrap();
    let me = Holder {
        attempt: "8f3k.1".into(),
        who: "alice@bastion".into(),
        what: "fix.sh".into(),
        reason: Some("CHG123".into()),
        since_ms: 1000,
    };
    let lock = spool.lock(&me, 1000).unwrap().unwrap();
    let busy = spool.lock(&me, 61_000).unwrap().unwrap_err();
    assert_eq!(busy.kind, ReasonKind::Busy);
    for part in ["8f3k.1", "alice@bastion", "fix.sh", "CHG123", "60 s"] {
        assert!(busy.text.contains(part), "{part} is missing: {}", busy.text);
    }
    drop(lock);
    spool.lock(&me, 0).unwrap().unwrap();
}

#[test]
fn old_attempts_are_removed_once_a_day_and_never_claimed_again() {
    let (_folder, place) = place();
    let spool = Spool::open(&place, &host()).unwrap();
    let (folders, mut claims): (Vec<_>, Vec<_>) = (1..=3).map(|attempt| claim(&spool, attempt).unwrap()).unzip();
    // The second one's supervisor lives.
    claims.remove(2);
    claims.remove(0);
    let begin = format!(r#"{{"event":"begin","attempt":"{}","ms":1}}"#, folders[0].name());
    std::fs::write(place.join("history"), begin + "\n").unwrap();
    let week_ago = SystemTime::now() - Duration::from_secs(8 * 24 * 3600);
    for folder in &folders[..2] {
        std::fs::File::open(folder.place()).unwrap().set_modified(week_ago).unwrap();
    }
    assert_eq!(spool.remove_old(SystemTime::now()).unwrap(), 1);
    assert!(!folders[0].place().exists() && folders[1].place().exists() && folders[2].place().exists());
    assert_eq!(spool.remove_old(SystemTime::now() + Duration::from_secs(3600)).unwrap(), 0);
    let again = claim(&spool, 1).unwrap_err();
    assert_eq!(again.kind(), ReasonKind::AlreadyClaimed);
    for folder in &folders[1..] {
        std::fs::remove_dir_all(folder.place()).unwrap();
    }
    assert!(matches!(spool.standing(&run(1), Void::Next).unwrap(), Standing::Gone));
}

#[test]
fn full_read_only_noexec_and_inodeless_spools_are_classified() {
    let (_folder, place) = place();
    std::fs::create_dir(&place).unwrap();
    let Some(mount) = TmpfsMount::new(&place, "size=64k,nr_inodes=24") else { return };
    let spool = Spool::open(&place.join("s"), &host()).unwrap();
    let (attempt, held) = claim(&spool, 1).unwrap();
    drop(held);
    let full = attempt.files().write_new("big", rustix::fs::Mode::RUSR, &vec![0; 1 << 20]).unwrap_err();
    assert_eq!(full.kind(), ReasonKind::SpoolFull);
    let no_inode = (2..20).find_map(|n| claim(&spool, n).err()).unwrap();
    assert_eq!(no_inode.kind(), ReasonKind::SpoolFull, "{no_inode}");
    mount.remount("ro");
    let read_only = Spool::open(&place.join("s"), &host()).and_then(|s| claim(&s, 50));
    assert_eq!(read_only.unwrap_err().kind(), ReasonKind::SpoolReadOnly);
    mount.remount("rw,noexec");
    assert_eq!(kind(Spool::open(&place.join("s"), &host())), ReasonKind::SpoolNoexec);
}

/// A small file system for a test, where this user may mount one.
struct TmpfsMount(PathBuf);

impl TmpfsMount {
    fn new(place: &std::path::Path, options: &str) -> Option<Self> {
        let mounted = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("mode=0700,{options}"), "tmpfs"])
            .arg(place)
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(place.to_owned()))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let status = std::process::Command::new("mount").args(["-o", &options]).arg(&self.0).status();
        assert!(status.unwrap().success());
    }
}

impl Drop for TmpfsMount {
    fn drop(&mut self) {
        let unmounted = std::process::Command::new("umount").arg(&self.0).status();
        assert!(unmounted.is_ok_and(|status| status.success()), "a test file system stays mounted");
    }
}
