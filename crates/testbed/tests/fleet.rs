//! Fleets come up, answer, obey, and leave nothing behind, however their owner ends.
#![allow(clippy::unwrap_used, reason = "the helpers of a test are tests")]

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use mcom_testbed::{Fleet, Signal};

const PROGRAM: &str = env!("CARGO_BIN_EXE_mcom-testbed");

fn ssh(config: &Path, host: &str, command: &str) -> Output {
    let mut ssh = Command::new("ssh");
    ssh.arg("-F").arg(config).args(["-n", "-o", "ConnectTimeout=2", "-o", "BatchMode=yes", host, command]);
    ssh.output().unwrap()
}

fn text(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// The processes whose environment or standard error names the folder.
fn processes_naming(dir: &Path) -> Vec<String> {
    let dir = format!("{}/", dir.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").unwrap().flatten() {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        let stderr = std::fs::read_link(entry.path().join("fd/2")).unwrap_or_default();
        if String::from_utf8_lossy(&environment).contains(&dir) || stderr.starts_with(&dir) {
            found.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    found
}

fn until(what: &str, limit: Duration, mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() {
        assert!(since.elapsed() < limit, "{what}: not within {limit:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_host_has_users_and_rules_of_its_own_and_the_machine_sees_none_of_them() {
    if !mcom_testbed::is_root() {
        return;
    }
    let rule = "mcom-test-alice ALL=(mcom-test-bob) NOPASSWD: ALL\n";
    let fleet = Fleet::builder()
        .host("dc1", "a")
        .host("dc1", "b")
        .with_all(|host| host.login("mcom-test-alice").user("mcom-test-bob"))
        .with("b", |host| host.etc("sudoers.d/fleet", rule))
        .start()
        .unwrap();
    let config = fleet.ssh_config();
    let dir = fleet.dir().to_owned();
    assert_eq!(text(&ssh(&config, "a", "id -un; cd; pwd; touch $MCOM_SPOOL/x && echo mine")).lines().count(), 3);
    let inner = format!("ssh -F {} -n b id -un", config.display());
    assert_eq!(text(&ssh(&config, "a", &inner)), "mcom-test-alice\n", "a parent can use the key");
    if Command::new("sudo").arg("-V").output().is_ok() {
        let as_bob = "sudo -n -H -u mcom-test-bob sh -c 'id -un; cd && touch x; setsid sleep 600 >/dev/null 2>&1 &'";
        assert_eq!(text(&ssh(&config, "b", as_bob)), "mcom-test-bob\n");
        assert_eq!(text(&ssh(&config, "a", as_bob)), "", "its rules are its own");
    }
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    assert!(!passwd.contains("mcom-test-") && !Path::new("/etc/sudoers.d/fleet").exists());
    drop(fleet);
    assert_eq!((processes_naming(&dir), dir.exists()), (vec![], false));
}

#[test]
fn twenty_hosts_answer_and_leave_nothing_behind() {
    let fleet = Fleet::builder().grid("mail", 2, 10).start().unwrap();
    let config = fleet.ssh_config();
    assert_eq!(fleet.names().count(), 20);
    assert_eq!(text(&ssh(&config, "mail3-dc2", "echo hi")), "hi\n");
    let spool = format!("{}\n", fleet.spool("mail3-dc2").unwrap().display());
    assert_eq!(text(&ssh(&config, "mail3-dc2", "echo $MCOM_SPOOL")), spool);
    assert_eq!(fleet.connections("mail3-dc2").unwrap(), 2);
    assert_eq!(fleet.logins("mail3-dc2").unwrap(), 2);
    assert_eq!(fleet.connections("mail4-dc2").unwrap(), 0);

    // From one host to another, as a parent does it.
    let inner = format!("ssh -F {} -n mail10-dc1 'echo $HOME'", config.display());
    let home = format!("{}\n", fleet.home("mail10-dc1").unwrap().display());
    assert_eq!(text(&ssh(&config, "mail1-dc1", &inner)), home);

    // Detached twice over: what a supervisor looks like.
    ssh(&config, "mail1-dc1", "setsid sh -c 'sleep 600 & sleep 600' </dev/null >/dev/null 2>&1 &");
    let dir = fleet.dir().to_owned();
    until("the detached processes run", Duration::from_secs(5), || fleet.processes("mail1-dc1").unwrap().len() >= 4);
    drop(fleet);
    assert!(!dir.exists());
    assert_eq!(processes_naming(&dir), Vec::<String>::new());
}

#[test]
fn odd_hosts_are_odd_in_the_way_that_was_asked() {
    let root = rustix::process::geteuid().is_root();
    let mut builder = Fleet::builder()
        .grid("odd", 1, 5)
        .with("odd1-dc1", |host| host.down())
        .with("odd2-dc1", |host| host.hanging())
        .with("odd3-dc1", |host| host.noisy("it's the \"login\" message"))
        .with("odd4-dc1", |host| host.command("uname", "echo riscv64").env("GREETING", "two words"))
        .max_sessions(3);
    if root {
        builder = builder.with("odd5-dc1", |host| host.noexec_spool());
    }
    let fleet = builder.start().unwrap();
    let config = fleet.ssh_config();

    let down = ssh(&config, "odd1-dc1", "true");
    assert_eq!(down.status.code(), Some(255));
    assert!(String::from_utf8_lossy(&down.stderr).contains("Connection refused"));

    let hanging = ssh(&config, "odd2-dc1", "true");
    assert_eq!(hanging.status.code(), Some(255));
    assert!(String::from_utf8_lossy(&hanging.stderr).contains("timed out"));

    assert_eq!(text(&ssh(&config, "odd3-dc1", "echo 'a  b'")), "it's the \"login\" message\na  b\n");
    assert_eq!(text(&ssh(&config, "odd4-dc1", "uname -m; echo $GREETING")), "riscv64\ntwo words\n");
    if root {
        let output = ssh(&config, "odd5-dc1", "cp /bin/true $MCOM_SPOOL/t && $MCOM_SPOOL/t");
        assert_eq!(output.status.code(), Some(126), "{output:?}");
    } else {
        let error = Fleet::builder().grid("odd", 1, 1).with_all(|host| host.noexec_spool()).start().unwrap_err();
        assert_eq!(error.to_string(), "unsupported here: a spool on a noexec file system needs root");
    }
}

#[test]
fn hosts_stop_start_freeze_and_lose_their_links() {
    let mut fleet = Fleet::builder().grid("web", 1, 2).start().unwrap();
    let config = fleet.ssh_config();

    fleet.stop_host("web1-dc1").unwrap();
    assert_eq!(fleet.processes("web1-dc1").unwrap(), Vec::<u32>::new());
    assert_eq!(ssh(&config, "web1-dc1", "true").status.code(), Some(255));
    fleet.start_host("web1-dc1").unwrap();
    assert_eq!(text(&ssh(&config, "web1-dc1", "echo back")), "back\n");

    fleet.signal_host("web1-dc1", Signal::Stop).unwrap();
    assert_eq!(ssh(&config, "web1-dc1", "true").status.code(), Some(255));
    fleet.signal_host("web1-dc1", Signal::Continue).unwrap();
    assert_eq!(text(&ssh(&config, "web1-dc1", "echo awake")), "awake\n");

    let mut long = Command::new("ssh");
    long.arg("-F").arg(&config).args(["web2-dc1", "echo up; exec sleep 600"]);
    let mut long = long.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(long.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    fleet.cut_links("web2-dc1").unwrap();
    assert_eq!(long.wait().unwrap().code(), Some(255));
    assert_eq!(text(&ssh(&config, "web2-dc1", "echo here")), "here\n");
}

#[test]
fn names_that_are_not_there_are_refused() {
    let error = Fleet::builder().grid("web", 1, 1).with("web2-dc1", |host| host.down()).start().unwrap_err();
    assert_eq!(error.to_string(), "the fleet has no host web2-dc1");
    let long = PathBuf::from(format!("/tmp/mt-{}", "x".repeat(60)));
    let error = Fleet::builder().grid("web", 1, 1).dir(&long).start().unwrap_err();
    std::fs::remove_dir(&long).unwrap();
    assert!(error.to_string().ends_with("at most 48 leave room for socket names: give a shorter --dir"), "{error}");
}

/// A running `mcom-testbed up`, and the folder of its fleet.
fn program_with_fleet() -> (std::process::Child, PathBuf) {
    let mut owner = Command::new(PROGRAM);
    owner.args(["up", "--dcs", "1", "--hosts", "3"]);
    let mut owner = owner.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(owner.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let dir = PathBuf::from(line.split_whitespace().nth(1).unwrap());
    assert_eq!(text(&ssh(&dir.join("ssh_config"), "mail1-dc1", "echo hi")), "hi\n");
    (owner, dir)
}

#[test]
fn a_fleet_dies_with_its_owner() {
    let (mut owner, dir) = program_with_fleet();
    ssh(&dir.join("ssh_config"), "mail2-dc1", "setsid sleep 600 </dev/null >/dev/null 2>&1 &");
    owner.kill().unwrap();
    owner.wait().unwrap();
    until("the guard removes the fleet", Duration::from_secs(20), || !dir.exists());
    assert_eq!(processes_naming(&dir), Vec::<String>::new());
}

#[test]
fn a_fleet_is_brought_down_from_outside() {
    let (mut owner, dir) = program_with_fleet();
    let down = Command::new(PROGRAM).arg("down").arg(&dir).status().unwrap();
    assert!(down.success());
    assert!(!dir.exists());
    assert!(owner.wait().unwrap().success());
    assert_eq!(processes_naming(&dir), Vec::<String>::new());
    let again = Command::new(PROGRAM).arg("down").arg("/").output().unwrap();
    assert!(String::from_utf8_lossy(&again.stderr).contains("is not the folder of a fleet"));
}

#[test]
fn a_command_has_its_exit_code_passed_on_and_its_leftovers_ended() {
    let mut owner = Command::new(PROGRAM);
    owner.args(["up", "--dcs", "1", "--hosts", "1", "--", "sh", "-c"]);
    owner.arg("sleep 600 >/dev/null & echo $MCOM_TESTBED_DIR; ssh -F $MCOM_TESTBED_DIR/ssh_config mail1-dc1 exit 7");
    let mut owner = owner.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let code = owner.wait().unwrap().code();
    let mut said = String::new();
    owner.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert_eq!(code, Some(7));
    let dir = PathBuf::from(said.trim());
    assert!(!dir.exists());
    assert_eq!(processes_naming(&dir), Vec::<String>::new());
}

#[test]
fn old_programs_lack_what_they_are_said_to_lack() {
    let builder = Fleet::builder().host("dc1", "new").host("dc1", "old");
    let fleet = builder.with("old", |host| host.old_sshd().old_ssh()).start().unwrap();
    let config = fleet.ssh_config();
    for (host, bound) in [("new", true), ("old", false)] {
        let mut ssh = Command::new("ssh");
        ssh.arg("-vvv").arg("-F").arg(&config).args(["-n", host, "grep -c session-bind@openssh.com $(command -v ssh)"]);
        let output = ssh.output().unwrap();
        assert_eq!(text(&output), if bound { "1\n" } else { "0\n" }, "the ssh of {host}");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(said.contains("using publickey-hostbound-v00@openssh.com"), bound, "{said}");
    }
}
