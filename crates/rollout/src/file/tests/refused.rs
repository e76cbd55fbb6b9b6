//! How wrong files are refused: the place, what is wrong, what to type.

use super::read;

const TOP: &str = "name = 'n'\nhosts = 'a'\ncommand = 'true'\n";
const STAGE: &str = "[[stage]]\nreach = 'all'\n";

fn table(cases: &[(String, &str)]) {
    for (text, message) in cases {
        let said = read(text).map_err(|error| error.to_string());
        assert_eq!(said, Err(format!("r.toml:{message}")), "{text}");
    }
}

/// Lines 4 and on of a file that is right but for them.
fn top(lines: &str) -> String {
    format!("{TOP}{lines}\n{STAGE}")
}

/// As well, with a script in place of the command.
fn script(lines: &str) -> String {
    top(lines).replace("command = 'true'", "script = 's'")
}

/// Stages alone; the first one's keys begin at line 5.
fn stages(lines: &str) -> String {
    format!("{TOP}{lines}\n")
}

#[test]
fn what_is_missing() {
    table(&[
        ("".into(), "1:1: nothing is run: add script = \"FILE\", or command = \"TEXT\" for /bin/sh"),
        ("command = 'true'".into(), "1:1: the rollout has no name: add name = \"nginx-fix\""),
        ("name = 'n'\ncommand = 'true'".into(), "1:1: the rollout has no hosts: add hosts = \"web[1-75]-(fra1|ams1)\""),
        (stages(""), "1:1: the rollout has no stages: add [[stage]] with reach = \"1\", and one with reach = \"all\""),
        (
            stages("[[stage]]\nname = 'x'"),
            "4:1: the stage does not say how far it reaches: add reach = \"1\", \"10/dc\", \"25%\" or \"all\", or host = \
             \"NAME\"",
        ),
        (
            top("[health]\nevery = '5s'"),
            "4:1: [health] asks nothing: add script = \"FILE\" to it, or a [health.global] with command = \"TEXT\"",
        ),
        (
            top("[health]\nscript = 'x'\n[health.global]"),
            "6:1: [health.global] asks nothing: add command = \"TEXT\" for /bin/sh on this machine",
        ),
        (top("cwd = ' '"), "4:7: `cwd` is empty: fill it in, or leave the line out"),
    ]);
}

#[test]
fn keys_that_are_not_known() {
    table(&[
        (top("reson = 'x'"), "4:1: unknown key `reson`: did you mean `reason`?"),
        (top("soak = '2h'"), "4:1: `soak` has no meaning here: it belongs in a [[stage]]"),
        (
            top("[health]\nscript = 'x'\nreason = 'x'"),
            "6:1: `reason` has no meaning here: it belongs at the top, above the first [section]",
        ),
        (top("[health]\ncommand = 'x'"), "5:1: `command` has no meaning here: it belongs in [health.global]"),
        (top("[policy]\nevry = 'x'"), "5:1: unknown key `evry` in [policy]: known here: on_fail, window"),
        (stages("[[stage]]\nreach = 'all'\nwindow = 'x'"), "6:1: `window` has no meaning here: it belongs in [policy]"),
        (stages("[[stage]]\nreech = 'all'"), "5:1: unknown key `reech` in [[stage]]: did you mean `reach`?"),
        (stages("[[stages]]\nreach = 'all'"), "4:3: unknown key `stages`: did you mean `stage`?"),
        (stages("[stage]\nreach = 'all'"), "4:1: `stage` is [stage], and must be a list of sections: [[stage]]"),
    ]);
}

#[test]
fn the_payload() {
    table(&[
        (
            top("bundle = 'dir'"),
            "4:10: a folder as payload is not supported: put it on the hosts first, and run a script",
        ),
        (top("script = 's'"), "4:10: `script` and `command` are both there: keep the one that is to run"),
        (top("args = ['x']"), "4:8: `args` are a script's: write them into the command's text"),
        (script("args = ['x', 3]"), "4:14: `args` is 3, and must be a text in quotes"),
        (top("sudo = 'a b'"), "4:8: `a b` cannot be the name of a user"),
        (top("sudo = 1"), "4:8: `sudo` is 1, and must be true, false or a text in quotes"),
        (top("sudo = true\ndoas = true"), "5:8: `sudo` and `doas` are both there: keep the one that the hosts have"),
        (top("env = ['A']"), "4:8: `A` has no `=`: write KEY=VALUE"),
        (
            top("[env]\n'A B' = 'x'"),
            "5:1: `A B` is not a name for the environment: letters, digits and _, no digit first",
        ),
        (top("[env]\nA = 1"), "5:5: `A` in [env] is 1, and must be a text in quotes"),
    ]);
    let pattern = read(&top("exclude = 'web[1-'")).unwrap_err().to_string();
    assert!(pattern.starts_with("r.toml:4:11: this [ is never closed"), "{pattern}");
    table(&[(
        top("").replace("'n'", "'a b'"),
        "1:8: `a b` is not a name: write letters, digits, `.`, `_` and `-`, a letter or digit first, 64 at most",
    )]);
}

#[test]
fn times_and_numbers() {
    table(&[
        (
            top("command_timeout = 30"),
            "4:19: `command_timeout` is 30, and must be a time in quotes, such as \"30s\" or \"2h\"",
        ),
        (top("command_timeout = '30'"), "4:19: `30` is not a time: write 500ms, 30s, 5m, 1h30m or 2d"),
        (stages("[[stage]]\nreach = 'all'\nsoak = '1w'"), "6:8: `1w` is not a time: write 500ms, 30s, 5m, 1h30m or 2d"),
        (stages("[[stage]]\nreach = 'all'\nsoak = '1000d'"), "6:8: `soak` is 1000d, and must be 366d or less"),
        (
            stages("[[stage]]\nreach = 'all'\nmax_fail = -1"),
            "6:12: `max_fail` in [[stage]] is -1, and must be a whole number from 0 to 1000000",
        ),
        (
            stages("[[stage]]\nreach = 'all'\napprove = 'yes'"),
            "6:11: `approve` in [[stage]] is 'yes', and must be true or false",
        ),
        (
            top("[health]\nscript = 'x'\nevery = '10ms'"),
            "6:9: `every` must be 1s or more: hosts would do nothing but answer",
        ),
        (
            top("[health]\nscript = 'x'\nfails = 0"),
            "6:9: `fails` in [health] is 0, and must be a whole number from 1 to 100",
        ),
        (
            top("[health]\ncontrol = 3\n[health.global]\ncommand = 'x'"),
            "5:11: `control` hosts are asked by a script: add script = \"FILE\" to [health]",
        ),
    ]);
}

#[test]
fn how_far_stages_reach() {
    let wrong =
        "is not a reach: write 1 for one host, 10/dc for ten of each datacenter, 25% or 25%/dc for a share, or all";
    let wrong_at = |text: &str| (stages(&format!("[[stage]]\nreach = '{text}'")), format!("5:9: `{text}` {wrong}"));
    for text in
        ["", "0", "-1", "+1", "10/rack", "0%", "101%", "10 %", "all/dc", "web1", "1/dc/dc", "99999999999999999999"]
    {
        let (file, message) = wrong_at(text);
        table(&[(file, &message)]);
    }
    let shrinks = |first: &str, second: &str| stages(&format!("[[stage]]\nname = 'x'\n{first}\n[[stage]]\n{second}"));
    table(&[
        (
            stages("[[stage]]\nreach = 1"),
            "5:9: `reach` in [[stage]] is 1, and must be a text in quotes: \"1\", \"10/dc\", \"25%\" or \"all\"",
        ),
        (
            stages("[[stage]]\nreach = '1'\nhost = 'a1'"),
            "6:8: `reach` and `host` are both there: keep the one that is meant",
        ),
        (
            shrinks("reach = 'all'", "reach = '1/dc'"),
            "8:9: the stage reaches 1/dc, which `x` before it has done already: put it before that one, or leave it out",
        ),
        (
            shrinks("reach = '10/dc'", "reach = '5/dc'"),
            "8:9: the stage reaches 5/dc, which `x` before it has done already: reach counts from the beginning, so \
             write more",
        ),
        (
            shrinks("host = 'a1'", "host = 'a1'"),
            "8:8: the stage reaches a1, which `x` before it has done already: reach counts from the beginning, so write \
             more",
        ),
        (
            shrinks("reach = '1'", "name = 'x'\nreach = '2'"),
            "8:8: there is a stage `x` already: give this one another name",
        ),
        (
            stages(&format!("[[stage]]\nhost = '{}'", "a".repeat(65))),
            "5:8: this cannot be a stage's name, which is one line of 64 characters at most: add name = \"canary\"",
        ),
        (
            stages("[[stage]]\nreach = 'all'\napprove = true"),
            "6:11: nothing comes after the last stage that could wait: put `approve` into the stage before it",
        ),
    ]);
    for (first, second) in [("5", "6"), ("10/dc", "25%"), ("25%", "10/dc"), ("1/dc", "2"), ("99%", "all")] {
        read(&shrinks(&format!("reach = '{first}'"), &format!("reach = '{second}'"))).unwrap();
    }
}

#[test]
fn batches_and_orders() {
    let stage = |line: &str| stages(&format!("[[stage]]\nreach = 'all'\n{line}"));
    let wrong = "is not a batch: write 10%/dc for a tenth of each datacenter, 5/dc for five hosts of each";
    for text in ["", "0/dc", "101%/dc", "x", "5000000000/dc", "/dc", "%/dc"] {
        table(&[(stage(&format!("batch = '{text}'")), &format!("6:9: `{text}` {wrong}"))]);
    }
    table(&[
        (stage("batch = '10%'"), "6:9: `10%` is not a batch: batches are of each datacenter, write 10%/dc"),
        (stage("batch = 5"), "6:9: `batch` in [[stage]] is 5, and must be a text in quotes: \"10%/dc\" or \"5/dc\""),
        (
            stage("order = 'random'"),
            "6:9: `random` is not an order: write \"dc\" for one datacenter after another; without it all run at once",
        ),
    ]);
}

#[test]
fn what_follows_a_failure_and_windows() {
    let policy = |line: &str| top(&format!("[policy]\n{line}"));
    table(&[
        (policy("on_fail = 'stop'"), "5:11: `on_fail` is 'stop', and must be one of pause, abort, undo"),
        (
            policy("on_fail = 'abrt'"),
            "5:11: `on_fail` is 'abrt', and must be one of pause, abort, undo: did you mean `abort`?",
        ),
        (
            policy("on_fail = 'undo'"),
            "5:11: `on_fail` is 'undo', and nothing says how: add undo = \"FILE\" at the top, or write pause",
        ),
        (
            policy("window = 'Mon-Thu 09:00-16:00'"),
            "5:10: the window `Mon-Thu 09:00-16:00` has no time zone: add UTC or a name such as Europe/Amsterdam",
        ),
        (
            policy("window = 'Mon-Thu 09:00-16:00 Amsterdam'"),
            "5:10: there is no time zone `Amsterdam`: did you mean `Europe/Amsterdam`?",
        ),
    ]);
}
