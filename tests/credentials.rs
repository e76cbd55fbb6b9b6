//! Runs whose parents log in without keys of their own: by relay, by transit where an end is too old for that, with
//! certificates, and with a key that has a passphrase.

use crate::support::{Bench, count, outcomes};
use crate::terminal::AtTerminal;
use mcom_testbed::Fleet;
use std::path::Path;
use std::process::Command;

fn keygen(args: &[&str], file: &Path) {
    assert!(Command::new("ssh-keygen").arg("-q").args(args).arg("-f").arg(file).output().unwrap().status.success());
}

/// The operator's configuration with this below it.
fn configured(bench: &Bench, more: &str) -> String {
    let usual = std::fs::read_to_string(bench.fleet.client_config()).unwrap();
    // It names files beside it.
    let file = bench.fleet.client_config().with_file_name("more.toml");
    std::fs::write(&file, format!("{usual}\n{more}")).unwrap();
    file.display().to_string()
}

#[test]
fn a_host_that_is_too_old_for_relay_is_logged_in_on_from_here() {
    let bench = Bench::of(Fleet::builder().grid("mail", 1, 3).with("mail2-dc1", |host| host.old_sshd()));
    let run = ["-h", "mail[1-3]-dc1", "--parents", "mail1-dc1"];
    bench.mcom(&[&run[..], &["--", "true"]].concat()).expect(0);
    let events = bench.events();
    assert_eq!((count(&events, "said", "transit"), count(&events, "verdict", "granted")), (1, 1), "{events:?}");
    // Where relay was asked for, there is no other way, and the host is told from those that cannot be reached.
    let refused = bench.mcom(&[&run[..], &["--credentials", "relay", "--", "true"]].concat()).expect(11);
    assert_eq!(outcomes(&bench), ["ok", "ok", "refused"]);
    assert!(refused.err.contains("--credentials") || refused.out.contains("--credentials"), "{refused:?}");
    // Alone it has no parent. What is recorded is the way of the first run, unless another is typed.
    bench.mcom(&["retry", "--dry-run", "--credentials", "transit"]).expect(0);
    bench.mcom(&["retry"]).expect(0);
    assert_eq!(bench.head()["spec"]["credentials"], "relay");
}

#[test]
fn certificates_open_hosts_that_know_no_key() {
    let place = tempfile::tempdir().unwrap();
    let ca = place.path().join("ca");
    keygen(&["-t", "ed25519", "-N", ""], &ca);
    let trusts = format!("TrustedUserCAKeys {}.pub", ca.display());
    let closed = |host: &mut mcom_testbed::HostOptions| {
        host.sshd_config(&trusts).sshd_config("AuthorizedKeysFile none");
    };
    let fleet = Fleet::builder().grid("mail", 1, 3);
    let fleet = ["mail2-dc1", "mail3-dc1"].into_iter().fold(fleet, |fleet, name| {
        fleet.with(name, |host| {
            closed(host);
            host
        })
    });
    let bench = Bench::of(fleet);
    // On one machine every login comes from its loopback address.
    let more = format!("[certificate]\nca = '{}'\nsource = ['127.0.0.0/8']\n", ca.display());
    let file = configured(&bench, &more);
    let run = |way: &str| -> crate::support::Ran {
        let run = ["-h", "mail[1-3]-dc1", "--parents", "mail1-dc1", "--credentials", way, "--", "true"];
        bench.command(&run).env("MCOM_CONFIG", &file).output().unwrap().into()
    };
    run("certificate").expect(0);
    assert_eq!(count(&bench.events(), "ask", "certificate"), 2);
    run("relay").expect(11);
}

#[test]
fn a_passphrase_is_asked_for_once() {
    let bench = Bench::grid(1, 3);
    let key = bench.path("key");
    std::fs::rename(bench.fleet.dir().join("client_key"), &key).unwrap();
    keygen(&["-p", "-P", "", "-N", "sesam"], &key);
    let identity = key.display().to_string();
    // For the parents' links and for the links from here, whichever there are.
    for (way, granted) in [("relay", 2), ("transit", 0), ("own", 0)] {
        let args = ["-h", "mail[1-3]-dc1", "--credentials", way, "--identity", &identity, "--", "true"];
        let mut run = AtTerminal::of(&bench.command(&args));
        run.wait_for(&format!("passphrase of {identity}: "));
        run.key(b"sesam\n");
        run.wait_for("next: ");
        let screen = run.expect(if way == "own" { 11 } else { 0 });
        assert_eq!((screen.matches("passphrase of").count(), screen.matches("sesam").count()), (1, 0), "{screen}");
        assert_eq!(count(&bench.events(), "verdict", "granted"), granted, "{way}");
    }
}

#[test]
fn without_any_key_nothing_starts() {
    let bench = Bench::grid(1, 2);
    std::fs::remove_file(bench.fleet.dir().join("client_key")).unwrap();
    let mut command = bench.command(&["-h", "mail[1-2]-dc1", "--", "true"]);
    let ran: crate::support::Ran = command.env_remove("SSH_AUTH_SOCK").output().unwrap().into();
    let ran = ran.expect(1);
    assert!(ran.err.starts_with("mcom: no SSH key to log in with on the children:\n- "), "{}", ran.err);
    assert!(bench.events().is_empty());
}
