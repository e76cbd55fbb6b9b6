//! `mcom hosts`.

use crate::alone::Alone;

const FLEET: &str = "
[[hosts]]
pattern = 'mail[1-3]-(dc1|dc2)'
groups = ['mail']
address = '%h.example.net'
[[hosts]]
pattern = 'gate1-dc1'
weight = 5
user = 'ops'
port = 2222
[groups]
first = 'mail1-*'
";

fn out(alone: &Alone, args: &[&str]) -> String {
    alone.mcom(args).expect(0).out
}

#[test]
fn expands_folds_and_counts() {
    let alone = Alone::new();
    let pattern = "mail[08-11]-(dc1|dc2)";
    assert_eq!(out(&alone, &["hosts", "-h", "web[1-2],db1"]), "db1\nweb1\nweb2\n");
    assert_eq!(out(&alone, &["hosts", "-h", pattern, "--count"]), "8\n");
    assert_eq!(out(&alone, &["hosts", "-h", pattern, "-x", "mail09-dc1", "--count"]), "7\n");
    assert_eq!(out(&alone, &["hosts", "-h", "mail-{dc1,dc2}", "-h", "mail-dc3", "--fold"]), "mail-dc[1-3]\n");
}

#[test]
fn explains_each_term() {
    let told = out(&Alone::new(), &["hosts", "-h", "mail[1-2]-(dc1|dc2) web1", "-x", "mail2-dc1", "--explain"]);
    assert_eq!(
        told,
        "mail[1-2]-(dc1|dc2)  4  the names mail, then 1 to 2, then -, then dc1 or dc2
,web1                1  and the host web1
-x mail2-dc1         1  without the host mail2-dc1
together:
dc1   1  mail1-dc1  (by the name's last label after -)
dc2   2  mail[1-2]-dc2  (by the name's last label after -)
none  1  web1  (no rule says a datacenter: one group)
4 hosts in 3 datacenters
"
    );
}

#[test]
fn json_says_what_is_known_and_why() {
    let alone = Alone::with_inventory(FLEET);
    assert_eq!(
        out(&alone, &["hosts", "-h", "gate1-dc1,root@mail1-dc2:22", "--json"]),
        "{\"host\":\"gate1-dc1\",\"dc\":\"dc1\",\"rule\":\"name-suffix\",\"user\":\"ops\",\"port\":2222,\"weight\":5}\n\
         {\"host\":\"mail1-dc2\",\"dc\":\"dc2\",\"rule\":\"name-suffix\",\"user\":\"root\",\"port\":22,\
         \"address\":\"mail1-dc2.example.net\",\"weight\":1}\n"
    );
}

#[test]
fn groups_wildcards_and_expressions_ask_the_inventory() {
    let alone = Alone::with_inventory(FLEET);
    let fold = |pattern: &str| out(&alone, &["hosts", "-h", pattern, "--fold"]);
    assert_eq!(fold("@mail"), "mail[1-3]-(dc1|dc2)\n");
    assert_eq!(fold("@fleet:mail&@dc=dc2"), "mail[1-3]-dc2\n");
    assert_eq!(fold("@first"), "mail1-(dc1|dc2)\n");
    assert_eq!(fold("*-dc1!gate*"), "mail[1-3]-dc1\n");
    assert_eq!(fold("/(gate|mail)1-dc./"), "gate1-dc1,mail1-(dc1|dc2)\n");
}

#[test]
fn an_exclusion_that_takes_nothing_away_is_said() {
    let alone = Alone::with_inventory(FLEET);
    alone.file("none.txt", "# nobody yet\n");
    for (exclude, said) in [
        ("mail1-dc1", ""),
        ("mail1-dc1,mial2-dc1", "mcom: -x mial2-dc1 takes no host away: none of them is called so\n"),
        ("gate1-dc1", "mcom: -x gate1-dc1 takes no host away: none of them is called so\n"),
        ("@mail&gate*", "mcom: -x @mail&gate* takes no host away: none of them is in it\n"),
        ("^none.txt", ""),
    ] {
        let ran = alone.mcom(&["hosts", "-h", "@mail", "-x", exclude, "--count"]).expect(0);
        assert_eq!(ran.err, said, "{exclude}");
    }
}

#[test]
fn files_and_standard_input_have_a_target_a_line() {
    let alone = Alone::new();
    alone.file("hosts.txt", "# the old ones\nweb1\nroot@web2:2222 # with a user\n\n");
    assert_eq!(out(&alone, &["hosts", "-h", "^hosts.txt"]), "web1\nweb2\n");
    let ran = alone.mcom_with_input(&["hosts", "-h", "-", "--count"], "web[1-5]\ndb1\n");
    assert_eq!(ran.expect(0).out, "6\n");
}

#[test]
fn a_pick_is_the_same_for_the_same_seed() {
    let alone = Alone::new();
    let picked = alone.mcom(&["hosts", "-h", "web[1-50]-(dc1|dc2)", "--pick", "2/dc"]).expect(0);
    let again = picked.err.rsplit(' ').next().unwrap().trim();
    assert_eq!(picked.err, format!("picked 4 of 100 hosts; the same again: --pick {again}\n"));
    assert!(again.starts_with("2/dc@"), "{again}");
    assert_eq!(out(&alone, &["hosts", "-h", "web[1-50]-(dc1|dc2)", "--pick", again]), picked.out);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let script = format!("'{}' hosts -h 'n[1-200000]' | head -n 1; echo ${{PIPESTATUS[0]}}", crate::support::MCOM);
    let output = std::process::Command::new("bash").arg("-c").arg(script).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "n1\n0\n");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
}
