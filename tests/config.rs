//! `mcom config show`.

use crate::alone::Alone;

#[test]
fn every_setting_says_where_it_comes_from() {
    let alone = Alone::configured("fanout = 7\n\n[ssh.inner]\nconfig = '/etc/mcom/inner'\n");
    let mut command = alone.command(&["config", "show", "--origin"]);
    let shown: crate::support::Ran = command.env("NO_COLOR", "1").output().unwrap().into();
    let shown = shown.expect(0).out.replace(&alone.path().display().to_string(), "HERE");
    let row = |key: &str| {
        let line = shown.lines().find(|line| line.starts_with(&format!("{key} "))).unwrap_or_default();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("fanout"), "fanout 7 HERE/config/mcom/config.toml:1");
    assert_eq!(row("width"), "width 32 built in");
    assert_eq!(row("color"), "color \"never\" $NO_COLOR");
    assert_eq!(row("ssh.inner.config"), "ssh.inner.config \"/etc/mcom/inner\" HERE/config/mcom/config.toml:4");
    assert_eq!(row("(ledger)"), "(ledger) \"HERE/state/mcom/runs\" $XDG_STATE_HOME");
    let plain = alone.mcom(&["config", "show"]).expect(0).out;
    assert!(plain.contains("fanout") && !plain.contains("built in"), "{plain}");
}

#[test]
fn a_file_named_by_the_environment_is_the_only_one() {
    let alone = Alone::configured("fanout = 7\n");
    alone.file("other.toml", "width = 3\n");
    let mut command = alone.command(&["config", "show"]);
    let shown: crate::support::Ran =
        command.env("MCOM_CONFIG", alone.path().join("other.toml")).output().unwrap().into();
    let words: Vec<String> = shown.expect(0).out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert!(words.contains(&"width3".to_owned()) && words.contains(&"fanout32".to_owned()), "{words:?}");
}

#[test]
fn a_file_of_the_environment_that_is_not_there_says_what_to_type() {
    let alone = Alone::new();
    let mut command = alone.command(&["config", "show"]);
    let ran: crate::support::Ran = command.env("MCOM_CONFIG", "/nonexistent/mcom.toml").output().unwrap().into();
    let text = "mcom: the configuration /nonexistent/mcom.toml cannot be read: no such file or directory
  MCOM_CONFIG names this file, and no other is read: correct it, or leave it out: unset MCOM_CONFIG
  the settings without it: env -u MCOM_CONFIG mcom config show --origin
";
    assert_eq!(ran.expect(1).err, text);
}

#[test]
fn the_examples_of_the_documentation_load() {
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/configuration.md")).unwrap();
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [config, policy, inventory] = blocks[..] else { panic!("{} examples", blocks.len()) };
    let alone = Alone::configured(config);
    alone.file("config/mcom/fleet.toml", inventory);
    let shown = alone.mcom(&["config", "show", "--origin"]).expect(0).out;
    let both = alone.under(policy, &["config", "show"]).expect(0).out;
    assert_eq!(both.lines().filter(|line| line.starts_with("policy.forbidden ")).count(), 2, "{both}");
    let unset: Vec<&str> = shown.lines().filter(|line| line.ends_with("built in")).collect();
    assert!(unset.is_empty(), "the example sets everything: {unset:?}");
    let inner = shown.lines().find(|line| line.starts_with("ssh.inner.options ")).unwrap_or_default();
    let line = config.lines().position(|line| line == "options = []").unwrap() + 1;
    assert!(inner.ends_with(&format!("config.toml:{line}")), "{inner}");
    let canary = alone.mcom(&["hosts", "-h", "@fleet:canary", "--json"]).expect(0).out;
    let host = "\"dc\":\"dc1\",\"rule\":\"inventory\",\"user\":\"ops\",\"port\":2222,";
    assert_eq!(canary.matches(host).count(), 2, "{canary}");
}
