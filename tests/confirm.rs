//! What stands between a pattern that is too wide and its hosts: the number that is typed or said, and the policy.

use crate::alone::Alone;
use crate::support::{Bench, MCOM, Ran, outcomes};
use crate::terminal::AtTerminal;
use std::process::Command;

/// More hosts than a run starts on unasked.
const MANY: [&str; 4] = ["-h", "web[1-21]-dc1", "--", "true"];

const QUESTION: &str = "to run true on all of them, type the number of hosts: ";

/// A policy that has two hosts confirmed.
fn strict(bench: &Bench) -> String {
    bench.file("policy.toml", "confirm_above = 1\n")
}

fn under(bench: &Bench, args: &[&str]) -> Command {
    let mut command = bench.command(args);
    command.env("MCOM_POLICY", strict(bench));
    command
}

fn ran(mut command: Command) -> Ran {
    command.output().unwrap().into()
}

#[test]
fn the_number_of_hosts_is_typed() {
    let bench = Bench::grid(1, 2);
    let mut run = AtTerminal::of(&under(&bench, &["-h", "*", "--", "true"]));
    run.wait_for(QUESTION);
    assert!(bench.events().is_empty(), "nothing starts before it");
    run.key(b"2\n");
    run.expect(0);
    assert_eq!(outcomes(&bench), ["ok", "ok"]);
}

#[test]
fn anything_else_is_a_no() {
    let alone = Alone::new();
    for (keys, code, said) in [
        (&b"yes\n"[..], 4, "mcom: `yes` is not 21: nothing was started"),
        (b"2\n", 4, "mcom: `2` is not 21: nothing was started"),
        (b"\n", 4, "mcom: nothing was typed: nothing was started"),
        (b"\x04", 4, "mcom: nothing was typed: nothing was started"),
        (b"\x03", 130, "mcom: interrupted: nothing was started"),
        (b"21\x03", 130, "mcom: interrupted: nothing was started"),
    ] {
        let mut run = AtTerminal::of(&alone.command(&MANY));
        run.wait_for(QUESTION);
        run.key(keys);
        run.wait_for(said);
        run.expect(code);
    }
    assert!(!alone.has_runs());
}

#[test]
fn the_plan_above_the_question_has_twelve_lines_at_most() {
    let alone = Alone::new();
    let wide = ["-h", "web[1-2]-dc[1-30]", "--pick", "50@1", "--max-fail", "3", "--reason", "CHG1", "--", "true"];
    let mut run = AtTerminal::of(&alone.command(&wide));
    run.wait_for(QUESTION);
    run.key(b"\n");
    let screen = run.expect(4);
    let plan: Vec<&str> =
        screen.split(QUESTION).next().unwrap().lines().skip_while(|line| !line.starts_with("plan ")).collect();
    assert!(plan.len() <= 12, "{} lines: {screen}", plan.len());
    assert!(plan[0].contains("50 hosts in ") && plan[0].contains("CHG1"), "{screen}");
    assert!(screen.contains("more datacenters") && screen.contains("halts at more than 3 bad hosts"), "{screen}");
}

#[test]
fn without_a_terminal_it_is_refused() {
    let alone = Alone::new();
    let refused = alone.mcom(&MANY).expect(4);
    assert_eq!(
        refused.err,
        "mcom: 21 hosts are more than 20, and nobody can be asked here: nothing was started
  say how many you mean: --yes=21; any number: --yes
  confirm_above is 20 (built in)
"
    );
    // Standard output is no place to ask, and standard input is not read.
    let mut typed = alone.mcom_with_input(&MANY, "21\n").expect(4);
    assert!(typed.err.contains("nobody can be asked here"), "{}", typed.err);
    typed = alone.under("confirm_above = 2", &["-h", "web[1-3]", "--", "true"]).expect(4);
    assert!(typed.err.ends_with("confirm_above is 2 (HERE/policy/policy.toml:1)\n"), "{}", typed.err);
    assert!(!alone.has_runs());
}

#[test]
fn where_the_terminal_is_anothers_it_is_refused_and_never_stopped() {
    let alone = Alone::new();
    let run = format!("'{MCOM}' -h 'web[1-21]-dc1' -- true");
    // In the background of a terminal, and in a session that has none though its output leads to one.
    for text in [format!("set -m; {run} & wait $!"), format!("setsid --wait {run}")] {
        let mut shell = Command::new("bash");
        shell.arg("-c").arg(&text).current_dir(alone.path());
        shell.env("XDG_STATE_HOME", alone.path()).env("XDG_CONFIG_HOME", alone.path());
        let run = AtTerminal::of(&shell);
        run.wait_for("21 hosts are more than 20, and nobody can be asked here");
        run.expect(4);
    }
}

#[test]
fn what_was_said_beforehand_is_not_asked() {
    let bench = Bench::grid(1, 2);
    for yes in ["-y", "--yes", "--yes=2", "-y=2"] {
        ran(under(&bench, &["-h", "*", yes, "--", "true"])).expect(0);
    }
    ran(under(&bench, &["-h", "mail1-dc1", "--", "true"])).expect(0);
    let wrong = bench.mcom(&["-h", "*", "--yes=many", "--", "true"]).expect(2);
    assert!(wrong.err.contains("`many` is no number of hosts: write --yes=300, or --yes"), "{}", wrong.err);
}

#[test]
fn a_number_fails_closed_when_the_pattern_has_grown() {
    let alone = Alone::new();
    alone.file("hosts.txt", "web1\nweb2\nweb3\n");
    let args = ["-h", "^hosts.txt", "--yes=3", "-n", "--", "true"];
    alone.mcom(&args).expect(0);
    alone.file("hosts.txt", "web1\nweb2\nweb3\nweb4\n");
    // Also where so few would not have to be confirmed.
    let refused = alone.mcom(&["-h", "^hosts.txt", "--yes=3", "--", "true"]).expect(4);
    assert_eq!(
        refused.err,
        "mcom: --yes=3 was said, and there are 4 hosts: nothing was started
  which they are: the same with mcom plan in front, or mcom hosts -h PATTERN
  if they are right: --yes=4
"
    );
    assert!(!alone.has_runs());
}

#[test]
fn a_retry_is_a_run() {
    let bench = Bench::grid(1, 2);
    bench.mcom(&["-h", "*", "--", "false"]).expect(10);
    let refused = ran(under(&bench, &["retry"])).expect(4);
    assert!(refused.err.contains("2 hosts are more than 1"), "{}", refused.err);
    ran(under(&bench, &["retry", "--yes=3"])).expect(4);
    ran(under(&bench, &["retry", "-n"])).expect(0);
    ran(under(&bench, &["retry", "--yes=2"])).expect(10);
    // What asks or carries on is not held up.
    ran(under(&bench, &["who", "-h", "*"])).expect(0);
    ran(under(&bench, &["resume"])).expect(3);
}

#[test]
fn a_rule_says_what_breaks_it_where_it_stands_and_what_to_type() {
    let alone = Alone::new();
    let policy = "reason_above = 2\nstages_above = 3\n\n[[forbidden]]\nhosts = ['db*', 'gate1']\nat_most = 1\nwhy = 'the quorum'\n";
    let run = |args: &[&str]| alone.under(policy, args);
    let all = run(&["-h", "db[1-2],web[1-2]", "--", "true"]).expect(4);
    assert_eq!(
        all.err,
        "mcom: the policy refuses it: more than 2 hosts need a reason (reason_above, HERE/policy/policy.toml:1)
  say why: --reason TEXT; in a rollout's file: reason = \"TEXT\"
  and more than 3 hosts go in stages (stages_above, HERE/policy/policy.toml:2)
  in stages: --stages 1,1/dc,10/dc,all --soak 5m; from a file: mcom rollout init
  and one run has 2 hosts of db*,gate1, and may have 1 at most: the quorum (forbidden, HERE/policy/policy.toml:5)
  a few at a time: in stages, by --pick, or without some of them: -x 'db[1-2]'
"
    );
    for args in [
        &["-h", "db1,web[1-2]", "--reason", "CHG1"][..],
        &["-h", "db[1-2],web1", "-x", "db[1-2]", "--reason", "CHG1"],
        &["-h", "db1,web1"],
    ] {
        run(&[args, &["-n", "--", "true"]].concat()).expect(0);
    }
    assert!(!alone.has_runs());
}

#[test]
fn a_plan_that_its_run_would_be_refused_is_printed_and_refused() {
    let alone = Alone::new();
    let policy = "[[forbidden]]\nhosts = '@dc=dc2'\nwhy = 'it is being moved'\n";
    for verb in [&["plan"][..], &["run", "-n"]] {
        let args = [verb, &["-h", "web[1-2]-(dc1|dc2)", "--", "true"]].concat();
        let refused = alone.under(policy, &args).expect(4);
        assert!(refused.out.starts_with("plan  4 hosts in 2 datacenters"), "{}", refused.out);
        let text = "one run has 2 hosts of @dc=dc2, and may have none: it is being moved";
        assert!(refused.err.contains(text) && !refused.err.contains("--plan"), "{}", refused.err);
    }
    // What runs nothing breaks nothing.
    alone.under(policy, &["plan", "-h", "web[1-2]-(dc1|dc2)"]).expect(0);
    assert!(!alone.path().join("state").exists());
}

#[test]
fn stages_are_what_a_rule_about_them_asks_for() {
    let alone = Alone::new();
    let policy = "stages_above = 3\n[[forbidden]]\nhosts = 'db*'\nat_most = 1\nwhy = 'the quorum'\n";
    let staged =
        |hosts: &str, stages: &str| alone.under(policy, &["-h", hosts, "--stages", stages, "-n", "--", "true"]);
    staged("web[1-4]-dc1", "1,all").expect(0);
    let one = staged("web[1-4]-dc1", "all").expect(4);
    assert!(
        one.err.contains("more than 3 hosts go in stages (stages_above, HERE/policy/policy.toml:1)"),
        "{}",
        one.err
    );
    let wide = staged("db[1-3]-dc1", "1,all").expect(4);
    assert!(wide.err.contains("has 2 hosts of db*, and may have 1 at most: the quorum"), "{}", wide.err);
    staged("db[1-3]-dc1", "1,2,3").expect(0);
    assert!(!alone.path().join("state/mcom/rollouts").exists());
}

#[test]
fn a_set_by_group_is_that_of_the_configured_inventory() {
    let alone = Alone::with_inventory("[[hosts]]\npattern = 'db[1-3]'\ngroups = ['quorum']\n");
    alone.file("mine.toml", "[[hosts]]\npattern = 'db[1-3]'\n");
    let policy = "[[forbidden]]\nhosts = '@quorum'\nwhy = 'they vote'\n";
    let run = ["-h", "db*", "-i", "mine.toml", "-n", "--", "true"];
    assert!(alone.under(policy, &run).expect(4).err.contains("they vote"));
    // A rule that nobody can apply is not passed over.
    let unknown = alone.under(&policy.replace("quorum", "quorom"), &run).expect(2);
    assert!(unknown.err.contains("HERE/policy/policy.toml:2: it cannot be told which hosts"), "{}", unknown.err);
}

#[test]
fn users_tighten_and_do_not_loosen() {
    let rows = |user: &str, site: &str| {
        let alone = Alone::configured(user);
        let shown = alone.under(site, &["config", "show", "--origin"]).expect(0).out;
        let rows = shown.lines().filter_map(|line| line.strip_prefix("policy."));
        rows.map(|row| row.split_whitespace().collect::<Vec<_>>().join(" ")).collect::<Vec<_>>()
    };
    let (mine, site) = ("HERE/config/mcom/config.toml", "HERE/policy/policy.toml");
    let forbidden = |hosts: &str| format!("\nhosts = '{hosts}'\nwhy = 'no'\n");
    assert_eq!(
        rows(
            &format!("[policy]\nconfirm_above = 5\nreason_above = 500\n[[policy.forbidden]]{}", forbidden("a1")),
            &format!("confirm_above = 50\nreason_above = 100\nstages_above = 9\n[[forbidden]]{}", forbidden("b1")),
        ),
        [
            format!("confirm_above 5 {mine}:2"),
            format!("reason_above 100 {site}:2"),
            format!("stages_above 9 {site}:3"),
            format!("forbidden {{ hosts = [\"b1\"], at_most = 0, why = \"no\" }} {site}:5"),
            format!("forbidden {{ hosts = [\"a1\"], at_most = 0, why = \"no\" }} {mine}:5"),
        ]
    );
    // Where no site says it, what is built in may be loosened.
    assert_eq!(rows("[policy]\nconfirm_above = 500\n", "")[0], format!("confirm_above 500 {mine}:2"));
}

#[test]
fn a_policy_is_trusted_like_a_configuration_and_read_whichever_that_is() {
    use std::os::unix::fs::PermissionsExt as _;
    let alone = Alone::new();
    alone.file("mine.toml", "[policy]\nconfirm_above = 500\n");
    let mut command = alone.command_under("confirm_above = 2\n", &["-h", "web[1-3]", "--", "true"]);
    command.env("MCOM_CONFIG", alone.path().join("mine.toml"));
    assert!(ran(command).expect(4).err.contains("3 hosts are more than 2"));

    let mut command = alone.command_under("confirm_above = 2\n", &["config", "show"]);
    let file = alone.path().join("policy/policy.toml");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    let distrusted = Ran::from(command.output().unwrap()).expect(4);
    assert!(distrusted.err.contains("policy.toml may be written by others (mode 0666)"), "{}", distrusted.err);
    std::fs::remove_file(&file).unwrap();
    let gone = ran(command).expect(1);
    assert!(gone.err.contains("cannot be read") && gone.err.contains("unset MCOM_POLICY"), "{}", gone.err);
}
