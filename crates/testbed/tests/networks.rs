//! Fleets with networks of their own, and everything that can go wrong with a link.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "the helpers of a test are tests")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Output, Stdio};
use std::time::{Duration, Instant};

use mcom_testbed::{Fleet, FleetBuilder, FleetError, Line, Links, Signal, Way, namespaces_missing};

/// Says what is missing instead of testing what cannot be had here.
fn namespaces(builder: FleetBuilder) -> Option<Fleet> {
    match namespaces_missing() {
        None => Some(builder.namespaces().start().unwrap()),
        Some(what) => {
            let error = builder.namespaces().start().unwrap_err();
            assert!(matches!(error, FleetError::Network(_)), "{error}");
            println!("NOT TESTED HERE, this machine lacks {what}");
            None
        }
    }
}

fn ssh(fleet: &Fleet, host: &str, command: &str) -> Output {
    let mut ssh = fleet.command("ssh");
    ssh.arg("-F").arg(fleet.ssh_config()).args(["-n", "-o", "ConnectTimeout=2", "-o", "BatchMode=yes"]);
    ssh.args(["-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2", host, command]).output().unwrap()
}

fn text(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

/// A login that repeats what it is told, line by line.
struct Echo {
    ssh: Child,
    lines: std::sync::mpsc::Receiver<String>,
}

impl Echo {
    fn start(fleet: &Fleet, host: &str) -> Self {
        let mut ssh = fleet.command("ssh");
        ssh.arg("-F").arg(fleet.ssh_config()).args([host, "cat"]);
        let mut ssh = ssh.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (said, lines) = std::sync::mpsc::channel();
        let out = BufReader::new(ssh.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| said.send(line)));
        let mut echo = Self { ssh, lines };
        assert_eq!(echo.say("hello"), Some("hello".to_owned()));
        echo
    }

    fn tell(&mut self, word: &str) {
        writeln!(self.ssh.stdin.as_mut().unwrap(), "{word}").unwrap();
    }

    fn heard(&self, limit: Duration) -> Option<String> {
        self.lines.recv_timeout(limit).ok()
    }

    fn say(&mut self, word: &str) -> Option<String> {
        self.tell(word);
        self.heard(Duration::from_secs(20))
    }

    fn code(mut self) -> Option<i32> {
        drop(self.ssh.stdin.take());
        self.ssh.wait().unwrap().code()
    }
}

const SILENCE: Duration = Duration::from_millis(700);

#[test]
fn hosts_have_a_network_and_a_name_of_their_own() {
    let Some(fleet) = namespaces(Fleet::builder().grid("mail", 2, 3)) else { return };
    let (dc1, dc2) = ("mail2-dc1", "mail2-dc2");
    let seen = ssh(&fleet, dc2, "hostname; echo $HOME; ip -o -4 addr show eth0 | tr -s ' ' | cut -d' ' -f4; id -un");
    let home = fleet.home(dc2).unwrap();
    assert_eq!(text(&seen), format!("{dc2}\n{}\n10.2.0.2/16\nroot\n", home.display()));

    // Its own datacenter, as a parent would; another one is out of reach from there.
    let inner = |to: &str| {
        let config = fleet.ssh_config();
        format!("ssh -F {} -n -o ConnectTimeout=1 {to} hostname", config.display())
    };
    assert_eq!(text(&ssh(&fleet, dc1, &inner("mail3-dc1"))), "mail3-dc1\n");
    assert_eq!(ssh(&fleet, dc1, &inner("mail3-dc2")).status.code(), Some(255));

    // Another fleet beside it has the same addresses, and its own hosts.
    let other = Fleet::builder().grid("web", 1, 1).namespaces().start().unwrap();
    assert_eq!(other.address("web1-dc1").unwrap(), fleet.address("mail1-dc1").unwrap());
    assert_eq!(text(&ssh(&other, "web1-dc1", "hostname")), "web1-dc1\n");
    assert_eq!(text(&ssh(&fleet, "mail1-dc1", "hostname")), "mail1-dc1\n");
}

#[test]
fn a_long_link_is_late_narrow_and_loses_and_counts() {
    let line = Line { delay: Duration::from_millis(100), ..Line::default() };
    let Some(fleet) = namespaces(Fleet::builder().grid("mail", 1, 1).line(line)) else { return };
    let mut echo = Echo::start(&fleet, "mail1-dc1");
    let round_trip = |echo: &mut Echo| {
        let since = Instant::now();
        assert_eq!(echo.say("there and back"), Some("there and back".to_owned()));
        since.elapsed()
    };
    let late = round_trip(&mut echo);
    assert!(late >= Duration::from_millis(200) && late < Duration::from_secs(2), "{late:?}");

    fleet.set_line("dc1", |line| *line = Line { bits_per_second: Some(1_000_000), ..Line::default() }).unwrap();
    assert!(round_trip(&mut echo) < Duration::from_millis(200));
    let (since, before) = (Instant::now(), fleet.traffic("dc1").unwrap());
    let bytes = ssh(&fleet, "mail1-dc1", "head -c 100000 /dev/urandom").stdout.len();
    // 0.8 s at the rate, and the login beside it.
    assert_eq!(bytes, 100_000);
    assert!(since.elapsed() >= Duration::from_millis(800), "{:?}", since.elapsed());
    let after = fleet.traffic("dc1").unwrap();
    let carried = after.bytes_in - before.bytes_in;
    assert!((100_000..150_000).contains(&carried) && after.bytes_out - before.bytes_out < 30_000, "{carried}");

    fleet.set_line("dc1", |line| *line = Line { loss_percent: 10, ..Line::default() }).unwrap();
    assert_eq!(ssh(&fleet, "mail1-dc1", "head -c 1000000 /dev/zero").stdout.len(), 1_000_000);
    assert!(fleet.traffic("dc1").unwrap().lost > after.lost);
    fleet.heal().unwrap();
    assert!(round_trip(&mut echo) >= Duration::from_millis(200), "healed is as it was at the start");
}

#[test]
fn links_are_cut_in_silence_one_way_or_both_and_heal() {
    let Some(fleet) = namespaces(Fleet::builder().grid("mail", 2, 2)) else { return };
    let mut echo = Echo::start(&fleet, "mail1-dc1");
    let mut other = Echo::start(&fleet, "mail1-dc2");
    for ways in [Way::Both, Way::Out, Way::In] {
        fleet.partition("dc1", Some(ways)).unwrap();
        echo.tell("lost for now");
        assert_eq!(echo.heard(SILENCE), None, "{ways:?}");
        assert_eq!(other.say("not us"), Some("not us".to_owned()));
        fleet.partition("dc1", None).unwrap();
        assert_eq!(echo.heard(Duration::from_secs(20)), Some("lost for now".to_owned()), "{ways:?}");
    }

    fleet.unplug("mail1-dc1", true).unwrap();
    assert_eq!(ssh(&fleet, "mail1-dc1", "true").status.code(), Some(255));
    assert_eq!(text(&ssh(&fleet, "mail2-dc1", "echo still here")), "still here\n");
    fleet.heal().unwrap();
    assert_eq!(echo.say("back"), Some("back".to_owned()));

    let inner = format!("ssh -F {} -n -o ConnectTimeout=1 mail1-dc1 echo in", fleet.ssh_config().display());
    assert_eq!(text(&ssh(&fleet, "mail2-dc1", &inner)), "in\n");
    fleet.deafen("mail1-dc1", "mail2-dc1", true).unwrap();
    assert_eq!(ssh(&fleet, "mail2-dc1", &inner).status.code(), Some(255));
    assert_eq!(echo.say("only that"), Some("only that".to_owned()));
    fleet.heal().unwrap();
    assert_eq!(text(&ssh(&fleet, "mail2-dc1", &inner)), "in\n");
}

/// What proxied hosts can be done to, whatever network they are in.
fn proxied(fleet: &Fleet) {
    let mut echo = Echo::start(fleet, "mail1-dc1");
    for ways in [Way::Out, Way::In, Way::Both] {
        fleet.stall("mail1-dc1", Links::FromAdmin, Some(ways)).unwrap();
        echo.tell("held");
        assert_eq!(echo.heard(SILENCE), None, "{ways:?}");
        fleet.stall("mail1-dc1", Links::FromAdmin, None).unwrap();
        assert_eq!(echo.heard(Duration::from_secs(20)), Some("held".to_owned()), "{ways:?}");
    }

    // What other hosts use is apart from what the admin host uses.
    let config = fleet.dir().join("ssh_config_inner");
    let inner = format!("ssh -F {} -n -o ConnectTimeout=1 mail1-dc1 echo in", config.display());
    fleet.refuse("mail1-dc1", Links::Inside, true).unwrap();
    assert_eq!(ssh(fleet, "mail2-dc1", &inner).status.code(), Some(255));
    assert_eq!(echo.say("admin"), Some("admin".to_owned()));
    fleet.refuse("mail1-dc1", Links::Inside, false).unwrap();
    assert_eq!(text(&ssh(fleet, "mail2-dc1", &inner)), "in\n");

    fleet.reset("mail1-dc1", Links::FromAdmin).unwrap();
    assert_eq!(echo.code(), Some(255));
    assert_eq!(text(&ssh(fleet, "mail1-dc1", "echo again")), "again\n");

    for bytes in [0, 1, 30, 1000, 3000] {
        // The last words of the connection before would be cut instead.
        let since = std::time::Instant::now();
        while !fleet.sessions("mail1-dc1").unwrap().is_empty() {
            assert!(since.elapsed().as_secs() < 30, "the connection before never ends");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        let (before, cuts) = fleet.passed("mail1-dc1", Links::FromAdmin).unwrap();
        fleet.cut_after("mail1-dc1", Links::FromAdmin, bytes).unwrap();
        let cut = ssh(fleet, "mail1-dc1", "echo never");
        assert_eq!((cut.status.code(), text(&cut)), (Some(255), ""), "after {bytes} bytes");
        assert_eq!(fleet.passed("mail1-dc1", Links::FromAdmin).unwrap(), (before + bytes, cuts + 1));
    }
    assert_eq!(text(&ssh(fleet, "mail1-dc1", "echo whole")), "whole\n");

    fleet.partition("dc1", Some(Way::Both)).unwrap();
    assert_eq!(ssh(fleet, "mail2-dc1", "true").status.code(), Some(255));
    fleet.heal().unwrap();
    assert_eq!(text(&ssh(fleet, "mail2-dc1", "head -c 3000000 /dev/zero | wc -c")), "3000000\n");
    assert_eq!(ssh(fleet, "mail2-dc1", "head -c 3000000 /dev/zero").stdout.len(), 3_000_000);
}

#[test]
fn ports_that_stall_and_cut_on_loopback() {
    let fleet = Fleet::builder().grid("mail", 1, 2).proxied().start().unwrap();
    proxied(&fleet);
    let error = fleet.set_line("dc1", |line| line.loss_percent = 5).unwrap_err();
    assert_eq!(error.to_string(), "unsupported here: a long link needs a fleet in network namespaces");
    let plain = Fleet::builder().grid("mail", 1, 1).start().unwrap();
    let error = plain.reset("mail1-dc1", Links::All).unwrap_err();
    assert_eq!(error.to_string(), "unsupported here: stalling or cutting a link needs hosts that are `proxied`");
}

#[test]
fn ports_that_stall_and_cut_in_namespaces() {
    let Some(fleet) = namespaces(Fleet::builder().grid("mail", 1, 2).proxied()) else { return };
    proxied(&fleet);
}

#[test]
fn a_reboot_ends_everything_and_changes_the_boot_id() {
    if !rustix::process::geteuid().is_root() {
        let mut fleet = Fleet::builder().grid("web", 1, 1).start().unwrap();
        let error = fleet.reboot("web1-dc1").unwrap_err();
        assert_eq!(error.to_string(), "unsupported here: another boot id needs root");
        return;
    }
    for builder in [Fleet::builder(), Fleet::builder().best_network()] {
        let mut fleet = builder.grid("web", 1, 2).start().unwrap();
        let boot_id = |fleet: &Fleet, host| {
            let said = ssh(fleet, host, "cat /proc/sys/kernel/random/boot_id");
            assert_eq!(text(&said).trim().len(), 36, "{said:?}");
            text(&said).to_owned()
        };
        let before = boot_id(&fleet, "web1-dc1");
        assert_eq!(boot_id(&fleet, "web2-dc1"), before);
        let detached = "echo kept >$MCOM_SPOOL/kept; setsid sleep 600 </dev/null >/dev/null 2>&1 &";
        ssh(&fleet, "web1-dc1", detached);
        let sleeping = |fleet: &Fleet| {
            let all = fleet.process_list("web1-dc1").unwrap();
            all.into_iter().find(|process| process.command == "sleep 600")
        };
        let until = Instant::now() + Duration::from_secs(5);
        while sleeping(&fleet).is_none() {
            assert!(Instant::now() < until);
            std::thread::sleep(Duration::from_millis(10));
        }
        fleet.reboot("web1-dc1").unwrap();
        assert_eq!(sleeping(&fleet), None);
        let after = boot_id(&fleet, "web1-dc1");
        assert_ne!(after, before);
        assert_eq!(boot_id(&fleet, "web2-dc1"), before);
        assert_eq!(text(&ssh(&fleet, "web1-dc1", "cat $MCOM_SPOOL/kept")), "kept\n");
        fleet.reboot("web1-dc1").unwrap();
        assert_ne!(boot_id(&fleet, "web1-dc1"), after);
    }
}

#[test]
fn single_processes_and_sessions_are_signalled() {
    let fleet = Fleet::builder().grid("web", 1, 1).best_network().start().unwrap();
    let mut echo = Echo::start(&fleet, "web1-dc1");
    let cat = || {
        let all = fleet.process_list("web1-dc1").unwrap();
        all.into_iter().find(|process| process.command == "cat").unwrap()
    };
    cat().signal(Signal::Stop);
    echo.tell("later");
    assert_eq!(echo.heard(SILENCE), None);
    cat().signal(Signal::Continue);
    assert_eq!(echo.heard(Duration::from_secs(5)), Some("later".to_owned()));
    assert!(!fleet.sessions("web1-dc1").unwrap().is_empty());
    fleet.cut_links("web1-dc1").unwrap();
    assert_eq!(echo.code(), Some(255));
    assert_eq!(fleet.sessions("web1-dc1").unwrap(), []);
}

#[test]
fn hosts_are_odd_in_the_ways_that_need_root() {
    if !rustix::process::geteuid().is_root() {
        let error = Fleet::builder().grid("odd", 1, 1).with_all(|host| host.no_proc()).start().unwrap_err();
        assert_eq!(error.to_string(), "unsupported here: a host with a login shell or without /proc needs root");
        return;
    }
    for builder in [Fleet::builder(), Fleet::builder().best_network()] {
        let shell = tempfile::tempdir().unwrap();
        let path = shell.path().join("oddsh");
        std::fs::write(&path, "#!/bin/sh\necho odd; exec /bin/sh \"$@\"\n").unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let fleet = builder
            .grid("odd", 1, 4)
            .with("odd1-dc1", |host| host.shell(&path))
            .with("odd2-dc1", |host| host.no_proc())
            .with("odd3-dc1", |host| host.home_file(".bashrc", "echo noise\n"))
            .with("odd4-dc1", |host| host.spool_on_tmpfs("size=64k,nr_inodes=5"))
            .start()
            .unwrap();
        assert_eq!(text(&ssh(&fleet, "odd1-dc1", "echo $0")), format!("odd\n{}\n", "/bin/sh"));
        assert_eq!(text(&ssh(&fleet, "odd2-dc1", "ls /proc")), "");
        assert_eq!(text(&ssh(&fleet, "odd3-dc1", "echo quiet")), "noise\nquiet\n");
        let files = "cd $MCOM_SPOOL && for i in 1 2 3 4 5 6; do echo >$i || break; done 2>/dev/null; ls | wc -l";
        assert_eq!(text(&ssh(&fleet, "odd4-dc1", files)), "4\n");
        fleet.remount_spool("odd4-dc1", "nr_inodes=50").unwrap();
        let fill = "cat /dev/zero >$MCOM_SPOOL/1 2>/dev/null; wc -c <$MCOM_SPOOL/1";
        assert!(text(&ssh(&fleet, "odd4-dc1", fill)).trim().parse::<u32>().unwrap() < 65_536);
        fleet.remount_spool("odd4-dc1", "ro").unwrap();
        assert_ne!(ssh(&fleet, "odd4-dc1", "echo >$MCOM_SPOOL/2").status.code(), Some(0));
    }
}

#[test]
fn what_a_killed_owner_and_its_killed_guard_leave_is_swept_by_the_next_fleet() {
    let program = env!("CARGO_BIN_EXE_mcom-testbed");
    let mut owner = std::process::Command::new(program);
    owner.args(["up", "--dcs", "1", "--hosts", "1"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut owner = owner.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(owner.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let dir = std::path::PathBuf::from(line.split_whitespace().nth(1).unwrap());
    // The guard is the one child of the owner that is a shell.
    let mut children = String::new();
    let path = format!("/proc/{0}/task/{0}/children", owner.id());
    std::fs::File::open(path).unwrap().read_to_string(&mut children).unwrap();
    let guard = children.split_whitespace().find(|pid| {
        let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).contains("mcom-testbed-guard")
    });
    let kill = std::process::Command::new("kill").args(["-9", guard.unwrap()]).status().unwrap();
    assert!(kill.success());
    owner.kill().unwrap();
    owner.wait().unwrap();
    assert!(dir.join("h/mail1-dc1").exists());
    drop(Fleet::builder().grid("web", 1, 1).start().unwrap());
    assert!(!dir.exists());
}
