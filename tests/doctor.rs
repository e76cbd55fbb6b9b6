//! `mcom doctor`: what is wrong with the admin host itself, and the line that lets parents in by certificate.

use crate::alone::Alone;
use crate::support::{Bench, Ran};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

fn key(alone: &Alone, name: &str, passphrase: &str) {
    let mut make = Command::new("ssh-keygen");
    make.args(["-q", "-t", "ed25519", "-C", "mcom_ca", "-N", passphrase, "-f"]).arg(alone.path().join(name));
    assert!(make.status().unwrap().success());
}

/// A machine on which a run can be made.
fn healthy() -> Alone {
    let alone = Alone::configured("fanout = 7\n[ssh]\nconfig = 'ssh_config'\nidentity = 'key'\n");
    alone.file("known", "mail1-dc1 ssh-ed25519 AAAA\n");
    alone.file("config/mcom/ssh_config", format!("UserKnownHostsFile {}\n", alone.path().join("known").display()));
    key(&alone, "config/mcom/key", "");
    alone
}

#[test]
fn a_healthy_machine() {
    let alone = healthy();
    let ran = alone.mcom(&["doctor"]).expect(0);
    for line in [
        "ok       configuration  HERE/config/mcom/config.toml",
        "ok       ssh            OpenSSH_",
        "ok       key files      HERE/config/mcom/key",
        "ok       known_hosts    HERE/known (1 keys)",
        "ok       nodes          for x86_64 (",
        "ok       ledger         HERE/state/mcom/runs",
        "ok       open files     ",
    ] {
        assert!(
            ran.out.contains(line) || line.contains("x86_64") && !cfg!(target_arch = "x86_64"),
            "{line}\n{}",
            ran.out
        );
    }
    assert!(!alone.has_runs() && !alone.path().join("state").exists(), "it changes nothing");
    let json = alone.mcom(&["doctor", "--json"]).expect(0).out;
    let checks: Vec<serde_json::Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((checks.len(), &checks[0]["check"], &checks[0]["ok"]), (8, &"configuration".into(), &true.into()));
    // The fleet of a test is a machine of the same kind.
    Bench::grid(1, 1).mcom(&["doctor"]).expect(0);
}

#[test]
fn what_is_wrong_comes_with_its_mend() {
    let alone = healthy();
    std::fs::remove_file(alone.path().join("config/mcom/key")).unwrap();
    std::fs::remove_file(alone.path().join("known")).unwrap();
    alone.file("state", "a file where the folder should be");
    let ran = alone.mcom(&["doctor"]).expect(1);
    for text in [
        "PROBLEM  agent          there is none\n         → make a key, and put it on the hosts: ssh-keygen",
        "PROBLEM  key files      there is none\n",
        "PROBLEM  known_hosts    no host is known, and none that is unknown is connected to\n         → look at the keys",
        "PROBLEM  ledger         HERE/state cannot be written, and the ledger would be HERE/state/mcom/runs\n",
    ] {
        assert!(ran.out.contains(text), "{text}\n{}", ran.out);
    }
    let alone = Alone::configured("fanuot = 7\n");
    let ran = alone.mcom(&["doctor"]).expect(1);
    let text =
        "PROBLEM  configuration  HERE/config/mcom/config.toml:1:1: unknown key `fanuot`: did you mean `fanout`?\n";
    assert!(ran.out.contains(text), "{}", ran.out);
}

#[test]
fn files_that_a_run_refuses_are_problems_and_nothing_is_said_of_what_they_hide() {
    let mode = |alone: &Alone, file: &str, mode: u32| {
        std::fs::set_permissions(alone.path().join(file), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let hidden = |alone: &Alone, check: &str, file: &str| {
        let out = alone.mcom(&["doctor"]).expect(1).out;
        let refused = alone.mcom(&["-h", "web1", "--", "id"]).expect(4).err;
        let (words, mend) = refused.trim_start_matches("mcom: ").split_once('\n').unwrap();
        assert!(out.contains(&format!("PROBLEM  {check:14} {words}\n         → {}\n", mend.trim())), "{out}{refused}");
        assert!(words.contains(file), "{refused}");
        for check in ["agent", "key files", "known_hosts"] {
            assert!(out.contains(&format!("-        {check:14} not looked at: ")), "{out}");
        }
        assert_eq!(out.matches("PROBLEM").count(), 1, "{out}");
    };
    let alone = healthy();
    mode(&alone, "config/mcom/ssh_config", 0o664);
    hidden(&alone, "ssh_config", "HERE/config/mcom/ssh_config");
    let alone = healthy();
    mode(&alone, "config/mcom/config.toml", 0o666);
    hidden(&alone, "configuration", "HERE/config/mcom/config.toml");
    let alone = healthy();
    mode(&alone, "config/mcom/key", 0o640);
    let out = alone.mcom(&["doctor"]).expect(1).out;
    let open = "PROBLEM  key files      HERE/config/mcom/key is open to others (mode 0640), and ssh does not use it\n         \
                → chmod 600 HERE/config/mcom/key\n";
    assert!(out.contains(open), "{out}");
}

#[test]
fn keys_that_take_a_passphrase_and_agents_that_are_of_no_use() {
    let alone = healthy();
    std::fs::remove_file(alone.path().join("config/mcom/key")).unwrap();
    let with_agent = |socket: &std::path::Path, code: i32| {
        let ran: Ran = alone.command(&["doctor"]).env("SSH_AUTH_SOCK", socket).output().unwrap().into();
        ran.expect(code).out
    };
    let gone = alone.path().join("gone");
    let out = with_agent(&gone, 1);
    assert!(out.contains(&format!("PROBLEM  agent          it does not answer at {}\n", gone.display())), "{out}");
    let socket = alone.path().join("agent");
    let mut agent = Command::new("ssh-agent").arg("-D").arg("-a").arg(&socket).stdout(Stdio::null()).spawn().unwrap();
    while std::os::unix::net::UnixStream::connect(&socket).is_err() {
        assert!(agent.try_wait().unwrap().is_none(), "the agent runs");
    }
    let empty = with_agent(&socket, 1);
    key(&alone, "config/mcom/key", "a passphrase");
    let locked = with_agent(&socket, 0);
    agent.kill().unwrap();
    agent.wait().unwrap();
    assert!(empty.contains("PROBLEM  agent          it holds no key\n         → load one: ssh-add FILE"), "{empty}");
    let file = alone.path().join("config/mcom/key").display().to_string();
    for line in [
        "ok       agent          it holds no key; to load one: ssh-add\n".to_owned(),
        format!("{file} (has a passphrase: asked for on a terminal; elsewhere ssh-add {file})\n"),
    ] {
        assert!(locked.contains(&line), "{line}{locked}");
    }
}

#[test]
fn the_line_that_lets_parents_in() {
    let alone = Alone::configured("[certificate]\nca = 'ca'\n[ssh]\nuser = 'deploy'\n");
    key(&alone, "config/mcom/ca", "a passphrase");
    let public = std::fs::read_to_string(alone.path().join("config/mcom/ca.pub")).unwrap();
    let public = public.trim();
    let lines = |user: &str| {
        format!(
            "cert-authority,principals=\"{user}\" {public}\n# or for every user, in sshd_config: TrustedUserCAKeys \
             /etc/ssh/mcom_ca.pub; and in that file: {public}\n"
        )
    };
    assert_eq!(alone.mcom(&["doctor", "--ca"]).expect(0).out, lines("deploy"));
    assert_eq!(alone.mcom(&["doctor", "--ca", "-l", "root"]).expect(0).out, lines("root"));
    // The public half is in the private file, too.
    std::fs::remove_file(alone.path().join("config/mcom/ca.pub")).unwrap();
    let again = alone.mcom(&["doctor", "--ca"]).expect(0).out;
    let kind_and_key = public.rsplit_once(' ').unwrap().0;
    assert!(again.starts_with(&format!("cert-authority,principals=\"deploy\" {kind_and_key}")), "{again}");
    let keys = alone.path().join("authorized_keys");
    std::fs::write(&keys, &again).unwrap();
    let read = Command::new("ssh-keygen").arg("-lf").arg(&keys).output().unwrap();
    assert!(read.status.success(), "ssh reads the line: {read:?}");
}
