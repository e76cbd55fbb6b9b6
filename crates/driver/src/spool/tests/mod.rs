//! The spool's promises: safe places only, one claim for ever, errors with their class.

mod claims;

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
        credentials: mcom_model::Credentials::Own,
        inner: InnerLinks::default(),
        once: false,
        lock: mcom_model::HostLock::default(),
        undoes: None,
        looks: false,
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
