//! Nodes put on real hosts over real sshds, and what hosts that cannot have one are told apart by.

use crate::bed::{Bed, one, processes_with, spec};
use mcom_driver::bootstrap::{Allowed, open};
use mcom_model::{HostSpec, ReasonKind};
use std::path::Path;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_node_is_put_there_once_and_then_only_started() {
    let bed = Bed::new(one());
    let cold = bed.open("a").await.unwrap();
    assert!(cold.node_shipped);
    assert_eq!(cold.hello.node, bed.nodes.first());
    drop(cold);
    let warm = bed.open("a").await.unwrap();
    assert!(!warm.node_shipped);
    assert_eq!(bed.fleet.logins("a").unwrap(), 2, "one login for each link");
    let kept = std::fs::read_dir(bed.fleet.spool("a").unwrap().join("node")).unwrap();
    let kept: Vec<_> = kept.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(kept, [bed.nodes.first().to_string()]);
}

#[tokio::test]
async fn no_master_outlives_its_connection() {
    let bed = Bed::new(one());
    let folder = bed.client.folder().display().to_string();
    let opened = bed.open("a").await.unwrap();
    assert_eq!(processes_with(&folder).len(), 1, "the master");
    drop(opened);
    bed.client.close();
    assert_eq!(processes_with(&folder), Vec::<String>::new());
    assert!(Path::new(&folder).exists());
    drop(bed);
    assert!(!Path::new(&folder).exists());
}

#[tokio::test]
async fn an_attempt_that_is_given_up_leaves_no_ssh() {
    let builder = one().with("a", |host| host.hanging());
    let bed = Bed::with_options(builder, &[], Duration::from_secs(30));
    let attempt = bed.open("a");
    assert!(tokio::time::timeout(Duration::from_millis(500), attempt).await.is_err());
    let folder = bed.client.folder().display().to_string();
    let until = Instant::now() + Duration::from_secs(5);
    // The kernel takes a moment to take the killed process off its list.
    while !processes_with(&folder).is_empty() && Instant::now() < until {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(processes_with(&folder), Vec::<String>::new());
}

#[tokio::test]
async fn several_may_put_it_there_at_once() {
    let bed = Bed::new(one());
    let (a, b, c, d) = tokio::join!(bed.open("a"), bed.open("a"), bed.open("a"), bed.open("a"));
    let shipped = [a, b, c, d].into_iter().filter(|opened| opened.as_ref().unwrap().node_shipped).count();
    assert!(shipped >= 1, "somebody brought it");
    assert_eq!(std::fs::read_dir(bed.fleet.spool("a").unwrap().join("node")).unwrap().count(), 1);
}

#[tokio::test]
async fn one_session_at_a_time_is_enough() {
    let bed = Bed::new(one().max_sessions(1));
    assert!(bed.open("a").await.unwrap().node_shipped);
}

#[tokio::test]
async fn noise_of_the_login_shell_is_refused_with_its_first_line() {
    let bed = Bed::new(one().with("a", |host| host.noisy("Welcome to the machine")));
    let cold = bed.refused("a").await;
    assert_eq!(cold.kind, ReasonKind::LoginShellNoise);
    assert!(cold.text.contains("Welcome to the machine"), "{cold}");
}

#[tokio::test]
async fn an_account_that_runs_nothing_is_told_from_noise() {
    for command in ["echo This account is currently not available.; exit 1", "/bin/false", "exit 0"] {
        let bed = Bed::new(one().with("a", |host| host.sshd_config(&format!("ForceCommand {command}"))));
        let reason = bed.refused("a").await;
        assert_eq!(reason.kind, ReasonKind::NoShell, "{command}: {reason}");
    }
}

#[tokio::test]
async fn a_host_of_another_architecture_is_refused() {
    let fake = "#!/bin/sh\necho Linux mips64\n";
    let bed = Bed::new(one().with("a", |host| host.command("uname", fake)));
    let reason = bed.refused("a").await;
    assert_eq!(reason.kind, ReasonKind::NoNodeForArchitecture);
    assert!(reason.text.contains("Linux mips64") && reason.text.contains("mcom-node"), "{reason}");
}

#[tokio::test]
async fn a_spool_that_may_not_execute_is_refused() {
    if !rustix::process::geteuid().is_root() {
        eprintln!("not run: mounting a noexec file system needs root");
        return;
    }
    let bed = Bed::new(one().with("a", |host| host.noexec_spool()));
    let reason = bed.refused("a").await;
    assert_eq!(reason.kind, ReasonKind::SpoolNoexec, "{reason}");
}

#[tokio::test]
async fn a_node_that_arrives_damaged_is_refused_and_not_kept() {
    // The host's own tool says another digest than the node's.
    let fake = "#!/bin/sh\necho 0000 -\n";
    let bed = Bed::new(one().with("a", |host| host.command("sha256sum", fake)));
    let reason = bed.refused("a").await;
    assert_eq!(reason.kind, ReasonKind::NodeDigestMismatch, "{reason}");
    assert_eq!(std::fs::read_dir(bed.fleet.spool("a").unwrap().join("node")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_stands_in_the_spools_place_is_refused() {
    let bed = Bed::new(one());
    let spool = bed.fleet.spool("a").unwrap();
    let _ = std::fs::remove_dir_all(&spool);
    std::fs::write(&spool, "").unwrap();
    let file = bed.refused("a").await;
    assert_eq!(file.kind, ReasonKind::SpoolUnsafe, "{file}");
    std::fs::remove_file(&spool).unwrap();
    std::os::unix::fs::symlink(bed.fleet.dir(), &spool).unwrap();
    let link = bed.refused("a").await;
    assert_eq!(link.kind, ReasonKind::SpoolUnsafe, "{link}");
    assert!(link.text.contains("symbolic link"), "{link}");
}

#[tokio::test]
async fn hosts_that_cannot_be_reached_say_why() {
    let builder = one().host("dc1", "down").host("dc1", "slow").host("dc1", "up");
    let builder = builder.with("down", |host| host.down()).with("slow", |host| host.hanging());
    let bed = Bed::with_options(builder, &[], Duration::from_secs(1));
    assert_eq!(bed.unreachable("down").await.kind, ReasonKind::ConnectionRefused);
    assert_eq!(bed.unreachable("slow").await.kind, ReasonKind::ConnectTimeout);
    assert_eq!(bed.unreachable("nowhere.invalid").await.kind, ReasonKind::NameNotResolved);
}

#[tokio::test]
async fn credentials_and_host_keys_that_do_not_fit_say_so() {
    let none = Bed::with_options(one(), &["PubkeyAuthentication=no"], Duration::from_secs(10));
    assert_eq!(none.unreachable("a").await.kind, ReasonKind::AuthRefused);

    let unknown = Bed::with_options(one(), &["UserKnownHostsFile=/dev/null"], Duration::from_secs(10));
    assert_eq!(unknown.unreachable("a").await.kind, ReasonKind::HostKeyUnknown);

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("known_hosts");
    let key = "AAAAC3NzaC1lZDI1NTE5AAAAIJ0kdTZXmBzXzfHJvVvBxwBzjr3ZcYvCJnVYXUsD2nP1";
    std::fs::write(&file, format!("a ssh-ed25519 {key}\n")).unwrap();
    let option = format!("UserKnownHostsFile={}", file.display());
    let changed = Bed::with_options(one(), &[&option], Duration::from_secs(10));
    let reason = changed.refused("a").await;
    assert_eq!(reason.kind, ReasonKind::HostKeyChanged);
    assert!(reason.text.contains(&format!("{}:1", file.display())), "{reason}");
}

#[tokio::test]
async fn an_inventory_may_give_address_port_and_user() {
    let bed = Bed::new(one());
    let address = bed.fleet.address("a").unwrap();
    // A name that ssh's configuration does not know: its host key is looked up by it.
    let known = std::fs::read_to_string(bed.fleet.dir().join("known_hosts")).unwrap();
    std::fs::write(bed.fleet.dir().join("known_hosts"), known.replace("a,[", "renamed,[")).unwrap();
    let user = String::from_utf8(std::process::Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    let host = HostSpec {
        address: Some(address.ip().to_string()),
        port: Some(address.port()),
        user: Some(user.trim().to_owned()),
        ..spec("renamed")
    };
    let connection = bed.client.connect(&host).await.unwrap();
    assert!(open(connection, &bed.nodes, Allowed::Everything).await.unwrap().node_shipped);
}
