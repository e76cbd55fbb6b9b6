//! `mcom doctor`: what is wrong with the admin host itself, and the line that lets parents in by certificate.

use crate::alone::Alone;
use crate::support::Bench;
use std::process::Command;

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
