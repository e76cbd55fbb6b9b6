//! Payloads of other users: by sudo and doas, on hosts where an ordinary user logs in.

use crate::scene::{Part, Scene, until};
use crate::support::{Bench, Ran, ended_as};
use crate::terminal::AtTerminal;
use mcom_testbed::{Fleet, FleetBuilder, PASSWORD};
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

const LOGIN: &str = "mcom-test-alice";
const OTHER: &str = "mcom-test-bob";

/// May become everybody without a password.
const FREE: &str = "mcom-test-alice ALL=(ALL) NOPASSWD: ALL\n";
/// Has to give one.
const ASKED: &str = "mcom-test-alice ALL=(ALL) ALL\n";

/// Says that a test was left out here, and why.
#[allow(clippy::print_stderr, reason = "who reads a test's output has to know")]
fn skipped(why: &str) {
    eprintln!("skipped: {why}");
}

/// Hosts of one datacenter with these rules of sudo; none where this machine can have no such hosts.
fn fleet(hosts: usize, sudoers: &str) -> Option<FleetBuilder> {
    let there = |tool: &str| std::process::Command::new(tool).arg("-h").output().is_ok();
    if !mcom_testbed::is_root() || !there("sudo") || !there("doas") {
        skipped("this needs root, sudo and doas");
        return None;
    }
    let builder = Fleet::builder().grid("mail", 1, hosts);
    Some(builder.with_all(|host| host.login(LOGIN).user(OTHER).etc("sudoers.d/fleet", sudoers)))
}

fn bench(sudoers: &str) -> Option<Bench> {
    fleet(1, sudoers).map(Bench::of)
}

/// The spool of a user of the host who does not log in: root's lies elsewhere than the others'.
fn spool_of(bench: &Bench, host: &str, user: &str) -> PathBuf {
    let host = bench.fleet.dir().join("h").join(host);
    if user == "root" { host.join("lib/mcom") } else { host.join("vartmp/mcom-54322") }
}

/// Why hosts were refused in the last run: all of them by sudo or doas.
#[track_caller]
fn refusals(bench: &Bench) -> BTreeMap<String, String> {
    let hosts = bench.head()["plan"]["hosts"].clone();
    let refused = bench.events().into_iter().filter(|event| event["outcome"]["kind"] == "refused");
    let words = refused.map(|event| {
        let reason = &event["outcome"]["reason"];
        assert_eq!(reason["kind"], "run-as-refused", "{event}");
        let host = &hosts[usize::try_from(event["host"].as_u64().unwrap()).unwrap()]["name"];
        (host.as_str().unwrap().to_owned(), reason["text"].as_str().unwrap().to_owned())
    });
    words.collect()
}

#[test]
fn root_runs_it_where_sudo_asks_for_nothing() {
    let Some(bench) = bench(FREE) else { return };
    let text = "id -un; pwd; echo $HOME $USER $LOGNAME [$MCOM_SPOOL]; echo changed >$MCOM_RESULT; cat";
    let input = bench.file("input", "from a file\n");
    let ran = bench.mcom(&["-h", "*", "--sudo", "--stdin", &input, "-c", text]).expect(0);
    let home = bench.fleet.dir().join("h/mail1-dc1/homes/root").display().to_string();
    assert_eq!(ran.sorted()[..3], [home.as_str(), &format!("{home} root root []"), "from a file"], "{}", ran.out);
    let ended = bench.events().into_iter().find(|event| event["said"] == "ended").unwrap();
    assert_eq!(ended["receipt"]["result"], "changed", "{ended}");
    let claimed = bench.events().into_iter().find(|event| event["said"] == "claimed").unwrap();
    assert_eq!(claimed["uid"], 0, "{claimed}");
    assert_eq!(std::fs::metadata(spool_of(&bench, "mail1-dc1", "root")).unwrap().uid(), 0);
    assert!(!bench.fleet.spool("mail1-dc1").unwrap().join("history").exists(), "nothing of it is the login user's");
}

/// Newer systems set it: sudo then stands between the streams and a terminal that it makes.
#[test]
fn a_sudo_that_makes_a_terminal_changes_nothing() {
    for (rule, password) in [(FREE, None), (ASKED, Some(PASSWORD))] {
        let Some(bench) = bench(&format!("Defaults use_pty\n{rule}")) else { return };
        let args = ["-h", "*", "--flat", "--sudo", "-c", "id -un; head -c 100000 /dev/zero | tr '\\0' x; tty"];
        match password {
            None => drop(bench.mcom(&args).expect(10)),
            Some(password) => type_password(&bench.command(&[&["-K"], &args[..]].concat()), password, 10),
        }
        let out = bench.mcom(&["log", "latest"]).expect(0).out;
        assert!(out.contains("root") && out.contains("not a tty"), "{out}");
    }
}

#[test]
fn any_other_user_runs_it_with_a_node_and_a_spool_of_its_own() {
    let Some(bench) = bench(FREE) else { return };
    let sudo = format!("--sudo={OTHER}");
    let ran = bench.mcom(&["-h", "*", &sudo, "-c", "id -un; pwd"]).expect(0);
    assert!(ran.out.contains(OTHER) && ran.out.contains(&format!("homes/{OTHER}")), "{}", ran.out);
    let spool = spool_of(&bench, "mail1-dc1", OTHER);
    assert_eq!(
        (std::fs::metadata(&spool).unwrap().mode() & 0o777, std::fs::read_dir(spool.join("node")).unwrap().count()),
        (0o700, 1)
    );
}

#[test]
fn a_payload_of_many_hosts_runs_as_root_through_a_parent() {
    let Some(fleet) = fleet(3, FREE) else { return };
    let bench = Bench::of(fleet);
    for way in ["relay", "own"] {
        let ran = bench.mcom(&["-h", "*", "--credentials", way, "--sudo", "-c", "id -un"]).expect(0);
        let events = bench.events();
        assert!(ended_as(&events).values().all(|kind| kind == "ok"), "{}", ran.err);
        let by_a_parent = events.iter().filter(|event| event["said"] == "linked" && event["by"].is_u64()).count();
        let by_root = events.iter().filter(|event| event["said"] == "claimed" && event["uid"] == 0).count();
        assert_eq!((by_a_parent, by_root), (2, 3), "{events:?}");
        assert!(ran.out.contains("root"), "{}", ran.out);
    }
}

#[test]
fn who_and_history_ask_the_spool_of_the_user() {
    let Some(bench) = bench(FREE) else { return };
    bench.mcom(&["-h", "*", "--sudo", "--reason", "CHG7", "-c", "true"]).expect(0);
    let of_root = bench.mcom(&["history", "-h", "*", "--sudo"]).expect(0);
    assert!(of_root.out.contains("CHG7"), "{}", of_root.out);
    assert!(!bench.mcom(&["history", "-h", "*"]).out.contains("CHG7"));
    let free = bench.mcom(&["who", "-h", "*", "--sudo"]).expect(0);
    assert!(!free.out.contains("CHG7"), "{}", free.out);
    let history = std::fs::read_to_string(spool_of(&bench, "mail1-dc1", "root").join("history")).unwrap();
    assert!(history.contains("\"from\":\""), "it says where the login came from: {history}");
}

#[test]
fn sudo_that_lets_nobody_in_is_told_in_its_own_words() {
    let rules = [
        ("", "sudo: a password is required"),
        (ASKED, "sudo: a password is required"),
        ("mcom-test-alice ALL=(mcom-test-bob) NOPASSWD: ALL\n", "sudo: a password is required"),
        ("mcom-test-alice ALL=(ALL) NOPASSWD: /bin/true\n", "sudo: a password is required"),
        (
            "Defaults requiretty\nmcom-test-alice ALL=(ALL) NOPASSWD: ALL\n",
            "sudo: sorry, you must have a tty to run sudo",
        ),
    ];
    let Some(fleet) = fleet(rules.len() + 1, FREE) else { return };
    let name = |place: usize| format!("mail{}-dc1", place + 1);
    let with_rules = |fleet: FleetBuilder, (place, (rule, _)): (usize, &(&str, &str))| {
        fleet.with(&name(place), |host| host.etc("sudoers.d/fleet", rule))
    };
    let bench = Bench::of(rules.iter().enumerate().fold(fleet, with_rules));
    let ran = bench.mcom(&["-h", "*", "--flat", "--sudo", "-c", "touch ran"]).expect(11);
    assert!(ran.err.contains("without a password"), "the mend: {}", ran.err);
    let reasons = refusals(&bench);
    let expected = rules.iter().enumerate().map(|(place, (_, words))| (name(place), (*words).to_owned()));
    assert_eq!(reasons, expected.collect(), "all but the last host");
    bench.mcom(&["-h", &name(rules.len()), "--sudo=mcom-test-nobody", "-c", "true"]).expect(11);
    assert_eq!(
        refusals(&bench),
        [(
            name(rules.len()),
            "sudo: unknown user mcom-test-nobody (make the user mcom-test-nobody there, or name another one)"
                .to_owned()
        )]
        .into()
    );
}

#[test]
fn doas_does_it_where_its_rule_says_nopass_and_its_words_are_told_where_not() {
    let Some(fleet) = fleet(1, "") else { return };
    let rule = |options: &str| format!("permit {options} setenv {{ MCOM_TESTBED }} {LOGIN}\n");
    let free = Bench::of(fleet.clone().with("mail1-dc1", |host| host.etc("doas.conf", &rule("nopass"))));
    for (user, name) in [("--doas", "root"), ("--doas=mcom-test-bob", OTHER)] {
        let ran = free.mcom(&["-h", "*", user, "-c", "id -un; pwd; echo $USER"]).expect(0);
        assert!(ran.out.contains(name) && ran.out.contains(&format!("homes/{name}")), "{}", ran.out);
    }
    let asking = Bench::of(fleet.with("mail1-dc1", |host| host.etc("doas.conf", &rule(""))));
    asking.mcom(&["-h", "*", "--doas", "-c", "true"]).expect(11);
    let text = refusals(&asking).remove("mail1-dc1").unwrap();
    assert!(text.starts_with("doas: Authentication required") && text.contains("nopass"), "{text}");
}

#[test]
fn an_ordinary_users_cancel_ends_what_is_roots() {
    let Some(fleet) = fleet(2, FREE) else { return };
    let scene = Scene::of(fleet);
    let mut run = scene.start(
        "cancel",
        &["-h", "*", "--credentials", "own", "--sudo"],
        "trap '' TERM; sleep 600 & echo $! >child; wait",
    );
    run.wait("started", 2);
    let cancel: Ran = scene.command(&run.state, &["cancel"]).output().unwrap().into();
    cancel.expect(0);
    run.ended().expect(130);
    assert_eq!(run.tally(), [("killed".to_owned(), 2)].into());
    for host in run.hosts() {
        assert_eq!(scene.part(&host, Part::Payload), [], "{host}");
        let child = scene.bench.fleet.dir().join("h").join(&host).join("homes/root/child");
        let pid = std::fs::read_to_string(child).unwrap();
        assert!(!PathBuf::from(format!("/proc/{}", pid.trim())).exists(), "{host}");
    }
}

#[test]
fn a_killed_coordinator_leaves_it_running_and_resume_finds_it() {
    let Some(fleet) = fleet(2, FREE) else { return };
    let scene = Scene::of(fleet);
    let gate = scene.bench.fleet.dir().join("go");
    let wait = format!("until [ -e {} ]; do sleep 0.05; done; echo done", gate.display());
    let mut run = scene.start("resumed", &["-h", "*", "--credentials", "own", "--sudo"], &wait);
    run.wait("started", 2);
    assert!(run.kill());
    until("the nodes have left", || run.hosts().iter().all(|host| scene.part(host, Part::Node).is_empty()));
    for host in run.hosts() {
        assert_eq!(scene.part(&host, Part::Supervisor).len(), 1, "{host}");
    }
    std::fs::write(&gate, "").unwrap();
    scene.settle(&run);
    assert_eq!(run.tally(), [("ok".to_owned(), 2)].into());
    for host in run.hosts() {
        let runs = scene.bench.fleet.dir().join("h").join(&host).join("homes/root/runs");
        assert_eq!(std::fs::read_to_string(runs).unwrap().lines().count(), 1, "{host} started once");
    }
}

#[test]
fn sudo_is_given_the_password_that_it_asks_for_and_it_stays_nowhere() {
    let Some(bench) = bench(ASKED) else { return };
    let mut command = bench.command(&["-h", "*", "--flat", "--sudo", "-K", "-c", "id -un; env; ps -ef"]);
    command.env("MCOM_TRACE", bench.fleet.dir().join("trace"));
    type_password(&command, PASSWORD, 0);
    assert!(bench.mcom(&["log", "latest"]).expect(0).out.contains("root"));
    let found = std::process::Command::new("grep").args(["-rlF", PASSWORD]).arg(bench.fleet.dir()).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "", "no file has it, and so no environment and no argument");
}

#[test]
fn by_transit_the_password_comes_to_hosts_behind_a_parent() {
    let Some(fleet) = fleet(3, ASKED) else { return };
    let bench = Bench::of(fleet);
    let args = ["-h", "*", "--credentials", "transit", "--sudo", "-K", "-c", "id -un"];
    type_password(&bench.command(&args), PASSWORD, 0);
    let ended = ended_as(&bench.events());
    assert_eq!((ended.len(), ended.values().all(|kind| kind == "ok")), (3, true), "{ended:?}");
}

#[test]
fn a_wrong_password_is_tried_once() {
    let Some(bench) = bench(ASKED) else { return };
    type_password(&bench.command(&["-h", "*", "--flat", "--sudo", "-K", "-c", "true"]), "not the horse", 11);
    let text = &refusals(&bench)["mail1-dc1"];
    assert!(text.starts_with("sudo: 1 incorrect password attempt (not the right one there: "), "{text}");
}

fn type_password(command: &std::process::Command, password: &str, code: i32) {
    let mut asked = AtTerminal::of(command);
    asked.wait_for("password for sudo on ");
    asked.key(format!("{password}\n").as_bytes());
    let screen = asked.expect(code);
    assert!(!screen.contains(password), "{screen}");
}
