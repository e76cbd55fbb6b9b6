//! Every refusal: its own message, an exit code below 10, and no host touched.

use crate::alone::Alone;
use std::os::unix::fs::PermissionsExt as _;

/// Refused with this text and this code, and nothing recorded.
#[track_caller]
fn refused(alone: &Alone, args: &[&str], code: i32, text: &str) {
    let ran = alone.mcom(args).expect(code);
    assert_eq!(ran.err, text);
    assert_eq!(ran.out, "");
    assert!(!alone.has_runs(), "a refused run leaves no run");
}

const FIRST_STEPS: &str = "mcom: -h takes the hosts, and none were given; help is --help or -?
  mcom -h 'mail[1-100]-(dc1|dc2)' -s fix.sh
  mcom -h @web -- systemctl is-active nginx
  mcom hosts -h ^hosts.txt --count
";

#[test]
fn no_hosts() {
    for args in [&[][..], &["-h"], &["-h", "-s", "fix.sh"], &["-c", "true"], &["hosts"], &["plan"]] {
        refused(&Alone::new(), args, 2, FIRST_STEPS);
    }
    let who = "mcom: who asks hosts which run holds them, and none were given
  mcom who -h 'mail[1-100]-(dc1|dc2)'
  mcom who -h @web
";
    refused(&Alone::new(), &["who"], 2, who);
    let ping = "mcom: ping asks hosts whether they are there, and none were given
  mcom ping -h 'mail[1-100]-(dc1|dc2)'
  mcom ping -h @web
";
    refused(&Alone::new(), &["ping"], 2, ping);
}

#[test]
fn nothing_to_run() {
    let text = "mcom: there is nothing to run
  a script: -s FILE; a command: -- CMD ARG... or -c 'text for the shell'
  only to see the hosts: mcom hosts -h PATTERN; the tree: mcom plan -h PATTERN
";
    refused(&Alone::new(), &["-h", "web1"], 2, text);
}

#[test]
fn bare_words() {
    let alone = Alone::new();
    let uptime = "mcom: `uptime` belongs to no flag
  a remote command comes after -- or in -c: mcom -h PATTERN -- uptime
  a pattern with blanks, brackets or braces needs quotes: -h 'mail[1-3] web1'
";
    refused(&alone, &["-h", "web1", "uptime"], 2, uptime);
    let split = "mcom: `mail1-dc2` belongs to no flag
  the shell has split a pattern with braces: put it in quotes: -h 'mail1-(dc1|dc2)'
";
    refused(&alone, &["-h", "mail1-dc1", "mail1-dc2", "-s", "fix.sh"], 2, split);
    refused(&alone, &["pln", "-h", "web1"], 2, "mcom: `pln` is not a verb\n  did you mean `mcom plan`?\n");
}

#[test]
fn flags() {
    let alone = Alone::new();
    let unknown = "mcom: unexpected argument '--widht' found
  a similar argument exists: '--width'
  all flags: mcom --help
";
    refused(&alone, &["-h", "web1", "--widht", "3", "--", "true"], 2, unknown);
    let time =
        "mcom: invalid value '10' for '--connect-timeout <TIME>': `10` is not a time: write 500ms, 30s, 5m, 1h30m or 2d
  all flags: mcom --help
";
    refused(&alone, &["-h", "web1", "-t", "10", "--", "true"], 2, time);
    for (args, error) in [
        (&["--deadline", "0s"][..], "invalid value '0s' for '--deadline <TIME>': `0s` is not a time"),
        (&["--global-fanout", "0"], "invalid value '0' for '--global-fanout <N>': `0` is not a whole number from 1 on"),
        (&["--global-fanout", "x"], "invalid value 'x' for '--global-fanout <N>': `x` is not a whole number from 1 on"),
        (&["--max-fail=-1"], "invalid value '-1' for '--max-fail <N>': `-1` is not a whole number from 0 on"),
        (&["--max-fail", "-1"], "invalid value '-1' for '--max-fail <N>': `-1` is not a whole number from 0 on"),
        (
            &["--credentials", "agent"],
            "invalid value 'agent' for '--credentials <WAY>'\n  [possible values: auto, relay, ",
        ),
        (&["--sudo", "--doas"], "the argument '--sudo[=<USER>]' cannot be used with '--doas[=<USER>]'"),
        (&["--sudo=-u"], "invalid value '-u' for '--sudo[=<USER>]': `-u` cannot be the name of a user"),
        (&["--doas=a b"], "invalid value 'a b' for '--doas[=<USER>]': `a b` cannot be the name of a user"),
        (&["--depth", "9"], "invalid value '9' for '--depth <N>': `9` is not a whole number from 1 to 8"),
        (&["--max-fail", "3", "-k"], "the argument '--max-fail <N>' cannot be used with '--fail-fast'"),
        (&["--no-lock", "--lock-wait", "5m"], "the argument '--no-lock' cannot be used with '--lock-wait <TIME>'"),
    ] {
        let ran = alone.mcom(&[&["-h", "web1"], args, &["--", "true"]].concat()).expect(2);
        assert!(ran.err.starts_with(&format!("mcom: {error}")), "{}", ran.err);
    }
    let twice = "mcom: a command is given with -c and again after --
  give it once: -c 'text for the shell', or -- CMD ARG...
";
    refused(&alone, &["-h", "web1", "-c", "true", "--", "true"], 2, twice);
}

#[test]
fn a_pattern_with_an_error_points_at_it() {
    let text = "mcom: 10-1 runs backwards
  mail[10-1]
       ^^^^
  type [1-10]
";
    refused(&Alone::new(), &["-h", "mail[10-1]", "--", "true"], 2, text);
}

#[test]
fn a_term_that_matches_nothing() {
    let alone = Alone::with_inventory("[[hosts]]\npattern = 'web[1-3]'\ngroups = ['web']\n");
    let wildcard = alone.mcom(&["-h", "web1,db*", "--", "true"]).expect(3);
    assert!(wildcard.err.starts_with("mcom: db* matches nothing\n  web1,db*\n       ^^^\n"), "{}", wildcard.err);
    let group = alone.mcom(&["-h", "@wbe", "--", "true"]).expect(3);
    assert!(
        group.err.starts_with("mcom: there is no group wbe\n") && group.err.ends_with("there are web\n"),
        "{}",
        group.err
    );
    let left = alone.mcom(&["-h", "web1", "-x", "web1", "--", "true"]).expect(3);
    assert!(left.err.starts_with("mcom: without web1, the pattern leaves no host\n"), "{}", left.err);
    let parents = "mcom: --parents names db1, and none of them is among the hosts: a parent runs the payload as well
  what a pattern matches: mcom hosts -h PATTERN --explain
";
    refused(&alone, &["-h", "web1", "--parents", "db1", "--", "true"], 3, parents);
}

#[test]
fn a_million_and_one_names() {
    let ran = Alone::new().mcom(&["-h", "n[1-1000001]", "--", "true"]).expect(2);
    assert!(ran.err.starts_with("mcom: 1,000,001 names are more than the limit of 1,000,000\n"), "{}", ran.err);
}

#[test]
fn a_file_that_was_meant_as_a_list() {
    let alone = Alone::new();
    alone.file("hosts.txt", "web1\n");
    let text = "mcom: `hosts.txt` is a file here, not a host\n  the hosts that it lists: -h ^hosts.txt\n";
    refused(&alone, &["-h", "hosts.txt", "--", "true"], 2, text);
}

#[test]
fn scripts() {
    let alone = Alone::new();
    alone.file("empty.sh", "\n");
    alone.file("crlf.sh", "#!/bin/bash\r\necho hi\r\n");
    alone.file("large.sh", vec![b'#'; (1 << 20) + 1]);
    std::fs::create_dir(alone.path().join("folder")).unwrap();
    for (script, code, text) in [
        ("missing.sh", 1, "mcom: the script missing.sh cannot be read: no such file or directory\n"),
        ("folder", 1, "mcom: the script folder is a folder\n"),
        ("empty.sh", 2, "mcom: the script empty.sh is empty\n  to see whether hosts answer: mcom -h PATTERN -- true\n"),
        (
            "crlf.sh",
            2,
            "mcom: the interpreter line of the script crlf.sh ends in CR LF: hosts would look for \"/bin/bash\\r\"\n  \
             write it with LF alone: sed -i 's/\\r$//' crlf.sh\n",
        ),
        (
            "large.sh",
            2,
            "mcom: the script large.sh is longer than 1024 KiB, the most that goes with a run\n  \
             put the bulk of it on the hosts first\n",
        ),
    ] {
        refused(&alone, &["-h", "web1", "-s", script], code, text);
    }
}

#[test]
fn an_unreadable_script() {
    let alone = Alone::new();
    alone.file("secret.sh", "echo hi\n");
    let path = alone.path().join("secret.sh");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o0)).unwrap();
    if std::fs::read(&path).is_ok() {
        // The superuser reads everything: there is nothing to see here.
        return;
    }
    refused(
        &alone,
        &["-h", "web1", "-s", "secret.sh"],
        1,
        "mcom: the script secret.sh cannot be read: permission denied\n",
    );
}

#[test]
fn standard_input_goes_to_one_flag() {
    let ran = Alone::new().mcom_with_input(&["-h", "-", "-s", "-"], "web1\n").expect(2);
    assert_eq!(ran.err, "mcom: standard input is wanted by -h - and by -s -\n  put one of them into a file\n");
}

#[test]
fn no_ssh_here() {
    let alone = Alone::new();
    let mut command = alone.command(&["-h", "web1", "--", "true"]);
    let ran: crate::support::Ran = command.env("PATH", alone.path()).output().unwrap().into();
    assert_eq!(
        ran.expect(1).err,
        "mcom: there is no `ssh` in PATH on this machine
  install OpenSSH's client (openssh-client, openssh-clients), or correct PATH
"
    );
    assert!(!alone.has_runs());
}

#[test]
fn passwords() {
    let alone = Alone::new();
    let one = |args: &[&'static str]| [&["-h", "web1"][..], args, &["--", "id"]].concat();
    let none = "mcom: -K asks for the password of sudo, and nothing is run by sudo
  as root: --sudo -K; as another user: --sudo=USER -K
";
    refused(&alone, &one(&["-K"]), 2, none);
    let doas = "mcom: -K: doas takes a password from a terminal alone
  let it do without on the hosts, in doas.conf: permit nopass USER
  or become that user by sudo: --sudo
";
    refused(&alone, &one(&["-K", "--doas"]), 2, doas);
    let seen = "mcom: -K: parents would see the password: they log in on some of the hosts
  log in on every host from here, through its parent: --credentials transit
  or without parents: --flat
";
    for way in ["auto", "relay", "certificate", "own"] {
        let args = ["-h", "web[1-2]-dc1", "-K", "--sudo", "--credentials", way, "--", "id"];
        refused(&alone, &args, 4, seen);
        refused(&alone, &[&["-n"], &args[..]].concat(), 4, seen);
    }
    let mixed = Alone::with_inventory("[[hosts]]\npattern = 'web[1-3]-dc1'\ncredentials = 'own'\n");
    refused(&mixed, &["-h", "web[1-3]-dc1", "-K", "--sudo", "--credentials=transit", "--", "id"], 4, seen);
    // Without a session of its own the program has the terminal of whoever runs the tests.
    let no_terminal = "mcom: -K asks for a password, and there is no terminal to ask at
  run it at a terminal, or let sudo do without on the hosts: NOPASSWD in sudoers
";
    let mut command = std::process::Command::new("setsid");
    let mcom = alone.command(&["-h", "web[1-2]-dc1", "-K", "--sudo", "--credentials=transit", "--", "id"]);
    command.args(["--wait"]).arg(mcom.get_program()).args(mcom.get_args()).env_clear();
    command.envs(mcom.get_envs().filter_map(|(key, value)| Some((key, value?))));
    let ran: crate::support::Ran = command.output().unwrap().into();
    assert_eq!(ran.expect(2).err, no_terminal);
    let payload = "mcom: -e, --cwd, --stdin, --sudo and --doas belong to a payload, and there is none
  a script: -s FILE; a command: -- CMD or -c TEXT
";
    refused(&alone, &["plan", "-h", "web1", "--sudo"], 2, payload);
    assert!(!alone.has_runs());
}

#[test]
fn certificates() {
    let alone = Alone::new();
    let none = "mcom: credentials certificate: no certificate authority is configured
  name its key in the configuration: [certificate] ca = \"~/.ssh/mcom_ca\"
  without one: --credentials auto
";
    let args = ["-h", "web[1-2]-dc1", "--credentials", "certificate", "--", "id"];
    for verb in [&[][..], &["-n"], &["plan"]] {
        refused(&alone, &[verb, &args[..]].concat(), 2, none);
    }
    let no_ca = "mcom: no certificate authority is configured
  make its key: ssh-keygen -t ed25519 -f ~/.ssh/mcom_ca -C mcom_ca
  name it in the configuration: [certificate] ca = \"~/.ssh/mcom_ca\"
";
    refused(&alone, &["doctor", "--ca"], 2, no_ca);
    let gone = "mcom: the key of the certificate authority, HERE/config/mcom/ca: no such file or directory
  name another: [certificate] ca in the configuration
";
    refused(&Alone::configured("[certificate]\nca = 'ca'\n"), &["doctor", "--ca"], 2, gone);
    let alone = Alone::configured("[certificate]\nsource = ['10.0.0.0/8', 'mail']\n");
    let source = "mcom: HERE/config/mcom/config.toml:2:25: `mail` is no place that a parent may log in from: write an \
                  address or a range, such as 10.0.0.0/8 or fd00::/8
  the settings in force: mcom config show --origin
";
    refused(&alone, &["-h", "web1", "--", "id"], 2, source);
}

#[test]
fn configurations_that_others_may_write() {
    let run = &["-h", "web1", "--", "true"];
    let alone = Alone::configured("fanout = 3\n");
    let mode = |path: &str, mode| {
        std::fs::set_permissions(alone.path().join(path), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let file = "mcom: the configuration HERE/config/mcom/config.toml may be written by others (mode 0664), who could \
                have you run anything
  if what it says is right: chmod go-w HERE/config/mcom/config.toml
";
    mode("config/mcom/config.toml", 0o664);
    refused(&alone, run, 4, file);
    mode("config/mcom/config.toml", 0o600);
    mode("config/mcom", 0o777);
    let folder = "mcom: the configuration HERE/config/mcom/config.toml lies in HERE/config/mcom, which may be written \
                  by others (mode 0777), who could have you run anything
  if what it says is right: chmod go-w HERE/config/mcom
";
    refused(&alone, run, 4, folder);
    mode("config/mcom", 0o755);
    alone.file("ssh_config", "");
    mode("ssh_config", 0o666);
    let ssh =
        "mcom: the ssh configuration HERE/ssh_config may be written by others (mode 0666), who could have you run \
               anything
  if what it says is right: chmod go-w HERE/ssh_config
";
    refused(&alone, &["-h", "web1", "-F", "ssh_config", "--", "true"], 4, ssh);
    // Only the superuser can give a file away.
    if std::os::unix::fs::chown(alone.path().join("config/mcom/config.toml"), Some(65534), None).is_ok() {
        let owner =
            "mcom: the configuration HERE/config/mcom/config.toml belongs to another user (uid 65534), who could \
                     have you run anything
  if what it says is right: chown 0 HERE/config/mcom/config.toml
";
        refused(&alone, run, 4, owner);
    }
}

#[test]
fn settings() {
    let run = &["-h", "web1", "--", "true"];
    let alone = Alone::configured("width = 3\nfanuot = 3\n");
    let unknown = "mcom: HERE/config/mcom/config.toml:2:1: unknown key `fanuot`: did you mean `fanout`?
  the settings in force: mcom config show --origin
";
    refused(&alone, run, 2, unknown);
    let alone = Alone::with_inventory("[[hosts]]\npattern = 'web1'\nprot = 22\n");
    refused(
        &alone,
        run,
        2,
        "mcom: HERE/config/mcom/fleet.toml:3:1: unknown key `prot` in [[hosts]]: did you mean `port`?\n",
    );
    let alone = Alone::with_inventory("[[hosts]]\npattern = 'web1'\ncredentials = 'agent'\n");
    let way = "mcom: HERE/config/mcom/fleet.toml:3:15: `credentials` is 'agent', and must be one of auto, relay, transit, \
               certificate, own\n";
    refused(&alone, run, 2, way);
    let alone = Alone::configured("inventory = 'gone.toml'\n");
    let gone = "mcom: the inventory HERE/config/mcom/gone.toml cannot be read: no such file or directory\n";
    refused(&alone, run, 1, gone);
    let rule = "mcom: --dc-from: `web(` is not a regular expression: unclosed group\n  all flags: mcom --help\n";
    refused(&Alone::new(), &["plan", "-h", "web1", "--dc-from", "web("], 2, rule);
}

#[test]
fn a_ledger_that_cannot_be_written() {
    let alone = Alone::new();
    alone.file("state", "a file where the folder should be");
    let ran = alone.mcom(&["-h", "web1", "--", "true"]).expect(1);
    assert!(ran.err.starts_with("mcom: cannot write the ledger at HERE/state/mcom"), "{}", ran.err);
}

#[test]
fn no_run_to_show() {
    let alone = Alone::new();
    let none = "mcom: no run is recorded under HERE/state/mcom/runs\n  run something first: mcom -h PATTERN -- CMD\n";
    refused(&alone, &["log"], 3, none);
    let history = alone.mcom(&["history"]).expect(0);
    assert_eq!((history.out.as_str(), history.err.as_str()), ("", "no run is recorded under HERE/state/mcom/runs\n"));
    let ran = alone.mcom(&["-h", "@run:latest/failed", "--", "true"]);
    assert!(ran.err.contains("no run is recorded under HERE/state/mcom/runs"), "{}", ran.err);
    let regex = alone.mcom(&["log", "--grep", "("]).expect(2);
    assert!(regex.err.starts_with("mcom: --grep `(` is not a regular expression: unclosed group\n"), "{}", regex.err);
}

#[test]
fn help_names_every_verb_and_touches_nothing() {
    let alone = Alone::new();
    let help = alone.mcom(&["--help"]).expect(0).out;
    for verb in ["run", "plan", "hosts", "log", "history", "config", "help"] {
        assert!(help.contains(&format!("\n  {verb}")), "{verb} in {help}");
    }
    assert_eq!(help, alone.mcom(&["help"]).expect(0).out);
    assert!(alone.mcom(&["-?"]).expect(0).out.contains("Usage: mcom [run] -h PATTERN"));
    assert!(alone.mcom(&["plan", "--help"]).expect(0).out.contains("--dc-from"));
    assert!(alone.mcom(&["--version"]).expect(0).out.starts_with("mcom "));
}
