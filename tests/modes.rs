//! What mcom leaves on a host and at the operator's, seen by another user of the same machine: closed, while a run goes
//! on and when it has ended; and what another user has put in the spool's place is not used. All of it needs root, which
//! alone can become somebody else.

use crate::scene::{Scene, until};
use mcom_testbed::{Fleet, is_root};
use std::fs::{self, Permissions};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// `nobody`.
const OTHER: u32 = 65534;

/// A program that is run as another user.
fn as_other(program: &str) -> Command {
    let mut command = Command::new("setpriv");
    let other = OTHER.to_string();
    command.args(["--reuid", &other, "--regid", &other, "--clear-groups", program]);
    command
}

/// Everything below a folder, the folder itself included, but no links.
fn below(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(below(&entry.path())),
            Ok(kind) if !kind.is_symlink() => found.push(entry.path()),
            _ => {}
        }
    }
    found
}

/// A scene whose own folders another user can enter, so that nothing but mcom's own modes is in the way.
fn opened(builder: mcom_testbed::FleetBuilder) -> Scene {
    let scene = Scene::of(builder);
    let mut open = vec![scene.bench.path("")];
    for host in scene.bench.fleet.names() {
        let home = scene.bench.fleet.home(host).unwrap();
        open.extend(home.ancestors().skip(1).take(3).map(Path::to_owned));
        open.push(home.with_file_name("tmp"));
    }
    open.into_iter().for_each(|folder| fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap());
    scene
}

/// What mcom has made: spools, folders for sockets and configuration, and the ledger.
fn made(scene: &Scene, ledger: &Path, temporary: &Path) -> Vec<PathBuf> {
    let fleet = &scene.bench.fleet;
    let spools = fleet.names().map(|host| fleet.spool(host).unwrap());
    let places =
        fleet.names().map(|host| fleet.home(host).unwrap().with_file_name("tmp")).chain([temporary.to_owned()]);
    let folders = places.flat_map(|place| fs::read_dir(place).unwrap().map(|entry| entry.unwrap().path()));
    spools.chain(folders).chain([ledger.to_owned()]).filter(|path| path.exists()).collect()
}

/// Checks that another user can do nothing with any of this; returns how many files and sockets were looked at.
#[track_caller]
fn closed(roots: &[PathBuf]) -> (usize, usize) {
    let all: Vec<PathBuf> = roots.iter().flat_map(|root| below(root)).collect();
    let mut sockets = 0;
    for path in &all {
        // What has gone meanwhile is open to nobody.
        let Ok(about) = fs::symlink_metadata(path) else { continue };
        // What ssh itself writes is closed by the folder that it lies in.
        if roots.contains(path) || about.is_dir() || !path.to_string_lossy().contains("/mcom-") {
            assert_eq!(about.mode() & 0o077, 0, "{}: mode {:o}", path.display(), about.mode());
        }
        if about.file_type().is_socket() {
            sockets += 1;
            let asked = as_other("ssh-add").arg("-l").env("SSH_AUTH_SOCK", path).output().unwrap();
            let said = String::from_utf8_lossy(&asked.stderr).into_owned();
            assert!(said.contains("Permission denied") || !path.exists(), "{}: {said}", path.display());
        }
    }
    let list: String = all.iter().map(|path| format!("{}\n", path.display())).collect();
    let script =
        r#"while IFS= read -r p; do if test -r "$p" || test -w "$p" || test -x "$p"; then echo "$p"; fi; done"#;
    let mut shell = as_other("sh").args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    std::io::Write::write_all(&mut shell.stdin.take().unwrap(), list.as_bytes()).unwrap();
    let open = shell.wait_with_output().unwrap();
    assert!(open.status.success() && open.stdout.is_empty(), "open: {}", String::from_utf8_lossy(&open.stdout));
    (all.len(), sockets)
}

#[test]
fn another_user_can_neither_read_nor_write_nor_connect() {
    if !is_root() {
        return;
    }
    // The one that hangs keeps its parent's ssh, and the private agent for it, waiting.
    let scene = opened(Fleet::builder().grid("mail", 1, 3).with("mail3-dc1", mcom_testbed::HostOptions::hanging));
    let (state, temporary) = (scene.bench.path("state"), scene.bench.path("tmp"));
    for folder in [&state, &temporary] {
        fs::create_dir(folder).unwrap();
        fs::set_permissions(folder, Permissions::from_mode(0o755)).unwrap();
    }
    let gate = scene.gate("gate");
    let payload = format!("echo secret; {}", gate.shell());
    let args = ["-h", "*", "--parents", "mail1-dc1", "--credentials", "relay", "--connect-timeout", "30s"];
    let mut run = scene.command(&state, &args);
    run.args(["-O", "none", "-c", &payload]).env("TMPDIR", &temporary).stdout(Stdio::null()).stderr(Stdio::null());
    let mut run = run.spawn().unwrap();
    let ledger = state.join("mcom");
    let started = || {
        let events = fs::read_to_string(ledger.join("runs/latest/events.ndjson")).unwrap_or_default();
        events.matches(r#""said":"started""#).count()
    };
    until("two payloads run", || started() == 2);
    let (files, sockets) = closed(&made(&scene, &ledger, &temporary));
    assert!(files > 30 && sockets >= 3, "{files} files and {sockets} sockets: a link, a run's control, an agent");
    gate.open();
    assert!(run.wait().unwrap().code().is_some());
    let (files, sockets) = closed(&made(&scene, &ledger, &temporary));
    assert!(files > 20, "the spools and the ledger are there: {files} files");
    assert_eq!(sockets, 0, "no socket is left");
}

/// The outcome of the one host in whose spool's place something else stands; the other one is ok.
#[track_caller]
fn refused(spoil: impl FnOnce(&Scene, &Path)) -> String {
    let scene = Scene::grid(1, 2).warm();
    spoil(&scene, &scene.bench.fleet.spool("mail1-dc1").unwrap());
    let mut run = scene.start("run", &["-h", "*"], "true");
    run.ended();
    let outcomes = run.outcomes();
    assert_eq!(outcomes["mail2-dc1"]["kind"], "ok", "{outcomes:?}");
    assert_eq!(outcomes["mail1-dc1"]["reason"]["kind"], "spool-unsafe", "{outcomes:?}");
    assert_eq!(scene.lines("mail1-dc1", &run.id()), 0, "nothing has run there");
    outcomes["mail1-dc1"]["reason"]["text"].as_str().unwrap().to_owned()
}

/// Another user's folder, as that user would have made it in a folder where everybody may.
fn of_other(folder: &Path) {
    std::os::unix::fs::chown(folder, Some(OTHER), Some(OTHER)).unwrap();
}

fn moved_away(folder: &Path) -> PathBuf {
    let away = folder.with_file_name("away");
    fs::rename(folder, &away).unwrap();
    away
}

#[test]
fn a_spool_that_another_user_has_made_is_not_used() {
    if !is_root() {
        return;
    }
    assert!(refused(|_, spool| of_other(spool)).contains("belongs to"));
    let full = refused(|_, spool| {
        moved_away(spool);
        fs::create_dir(spool).unwrap();
        of_other(spool);
    });
    assert!(full.contains("belongs to"), "{full}");
}

#[test]
fn links_in_the_place_of_a_spool_or_its_folders_are_not_followed() {
    if !is_root() {
        return;
    }
    refused(|_, spool| symlink(moved_away(spool), spool).unwrap());
    for folder in ["node", "runs"] {
        refused(|_, spool| symlink(moved_away(&spool.join(folder)), spool.join(folder)).unwrap());
    }
}

#[test]
fn a_spool_that_others_may_write_is_not_used() {
    if !is_root() {
        return;
    }
    refused(|_, spool| fs::set_permissions(spool, Permissions::from_mode(0o777)).unwrap());
}

/// Another user's program under the node's name is not started: the real one takes its place.
#[test]
fn a_node_of_another_user_is_replaced() {
    if !is_root() {
        return;
    }
    let scene = Scene::grid(1, 1).warm();
    let folder = scene.bench.fleet.spool("mail1-dc1").unwrap().join("node");
    let node = fs::read_dir(&folder).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&node).unwrap();
    fs::write(&node, "#!/bin/sh\necho mine >>$HOME/taken\n").unwrap();
    fs::set_permissions(&node, Permissions::from_mode(0o755)).unwrap();
    of_other(&node);
    let mut run = scene.start("run", &["-h", "*"], "true");
    run.ended().expect(0);
    assert!(!scene.bench.fleet.home("mail1-dc1").unwrap().join("taken").exists());
    assert_eq!(fs::metadata(&node).unwrap().uid(), 0);
}
