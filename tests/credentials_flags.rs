//! What is typed and configured about credentials: as which user a payload runs, and the password for that.

use crate::alone::Alone;
use crate::terminal::AtTerminal;

const SECRET: &str = "Geheimnis-7f3a";

#[test]
fn the_plan_says_as_whom() {
    let plan =
        |args: &[&str]| Alone::new().mcom(&[&["plan", "-h", "web1"], args, &["--", "id"]].concat()).expect(0).out;
    for (flag, text) in [
        ("--sudo", "as root by sudo"),
        ("--sudo=www-data", "as www-data by sudo"),
        ("--doas", "as root by doas"),
        ("--doas=app", "as app by doas"),
    ] {
        let head = plan(&[flag]);
        assert!(head.lines().next().unwrap().ends_with(&format!("(2 bytes)  {text}")), "{head}");
    }
    let json: serde_json::Value = serde_json::from_str(&plan(&["--sudo=www-data", "--json"])).unwrap();
    assert_eq!(json["payload"]["run_as"], serde_json::json!({"tool": "sudo", "user": "www-data"}));
}

#[test]
fn a_saved_plan_keeps_the_user() {
    let alone = Alone::new();
    alone.file("plan.json", alone.mcom(&["plan", "-h", "web1", "--doas=app", "--json", "--", "id"]).expect(0).out);
    let dry = alone.mcom(&["run", "--plan", "plan.json", "-n"]).expect(0).out;
    assert!(dry.starts_with("plan  1 host in 1 datacenter  id ") && dry.contains("  as app by doas\n"), "{dry}");
    let both = alone.mcom(&["run", "--plan", "plan.json", "--sudo"]).expect(2);
    assert!(both.err.contains("cannot be used with '--sudo[=<USER>]'"), "{}", both.err);
}

#[test]
fn the_password_is_asked_for_once_and_kept_nowhere() {
    let alone = Alone::new();
    let mut run = AtTerminal::of(&alone.command(&["-h", "web1-dc1,web2-dc1", "--sudo", "-K", "--flat", "--", "id"]));
    run.wait_for("password for sudo on 2 hosts: ");
    run.key(format!("{SECRET}\n").as_bytes());
    run.wait_for("UNREACHABLE 2");
    let screen = run.expect(11);
    assert!(!screen.contains("Geheimnis"), "what was typed is not shown: {screen}");
    assert_eq!(screen.matches("password for sudo").count(), 1);
    assert_eq!(files_with(&alone.path().join("state"), SECRET), Vec::<String>::new());
    assert!(!files_with(&alone.path().join("state"), "run_as").is_empty(), "the search finds what is there");
}

/// The files below a folder that have a text in them.
fn files_with(folder: &std::path::Path, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.is_symlink() {
            found.extend(files_with(&path, text));
        } else if String::from_utf8_lossy(&std::fs::read(&path).unwrap_or_default()).contains(text) {
            found.push(path.display().to_string());
        }
    }
    found
}

#[test]
fn who_types_nothing_starts_nothing() {
    for (keys, said, code) in [
        (&b"\n"[..], "mcom: no password was typed: nothing was started", 4),
        (b"half\x03", "mcom: interrupted: nothing was started", 130),
    ] {
        let alone = Alone::new();
        let mut run = AtTerminal::of(&alone.command(&["-h", "web1", "--sudo", "-K", "--", "id"]));
        run.wait_for("password for sudo on 1 host: ");
        run.key(keys);
        run.wait_for(said);
        run.expect(code);
        assert!(!alone.has_runs());
    }
}

#[test]
fn a_retry_asks_again_where_the_run_was_by_sudo() {
    let alone = Alone::new();
    alone.mcom(&["-h", "web1", "--", "id"]).expect(11);
    let none = alone.mcom(&["retry", "-K"]).expect(2);
    assert!(
        none.err.starts_with("mcom: -K asks for the password of sudo, and nothing is run by sudo\n"),
        "{}",
        none.err
    );
    alone.mcom(&["-h", "web1", "--sudo", "--", "id"]).expect(11);
    let mut retry = AtTerminal::of(&alone.command(&["retry", "-K"]));
    retry.wait_for("password for sudo on 1 host: ");
    retry.key(b"x\n");
    retry.expect(11);
}
