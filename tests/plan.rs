//! `mcom plan`, and plans that were saved.

use crate::alone::Alone;
use crate::support::{Bench, Ran, outcomes};
use std::os::unix::fs::PermissionsExt as _;

fn with_script() -> Alone {
    let alone = Alone::new();
    alone.file("fix.sh", "#!/bin/sh\necho fixed\n");
    alone
}

#[test]
fn the_tree_with_the_reason_for_each_choice() {
    let ran =
        with_script().mcom(&["plan", "-h", "mail[1-100]-(dc1|dc2)", "-s", "fix.sh", "--reason", "CHG123"]).expect(0);
    assert_eq!(
        ran.out,
        "plan  200 hosts in 2 datacenters  fix.sh 380946 (21 bytes)  \"CHG123\"
├─ dc1  100 hosts  (by the name's last label after -)
│  hosts    mail[1-100]-dc1
│  parent   mail77-dc1: first by stable hash of 100 with weight 1
│  else     mail48-dc1, mail83-dc1, mail54-dc1, then 96 more
│  level 2  10 parents with up to 9 children each: mail[7,20,48,50,54,62,64,75,83,90]-dc1
│  level 3  89 children
│  link     1 connection, 1 copy of 21 bytes
└─ dc2  100 hosts  (by the name's last label after -)
   hosts    mail[1-100]-dc2
   parent   mail39-dc2: first by stable hash of 100 with weight 1
   else     mail66-dc2, mail71-dc2, mail58-dc2, then 96 more
   level 2  10 parents with up to 9 children each: mail[32-33,38,47,58,66,71,78,80,100]-dc2
   level 3  89 children
   link     1 connection, 1 copy of 21 bytes
up to 2x32 at once, opening with 8 per datacenter; 10s to connect; no time limit for the payload
credentials auto: 2 hosts from here, 198 by relay (transit where an end lacks it)
"
    );
}

#[test]
fn hosts_are_counted_by_the_way_they_are_reached() {
    let alone = Alone::with_inventory(
        "[[hosts]]\npattern = 'mail[1-5]-dc2'\nweight = 0\ncredentials = 'transit'\n[[hosts]]\npattern = 'mail[1-4]-dc1'\n\
         weight = 0\ncredentials = 'own'\n",
    );
    // A plan with certificates is refused where nobody makes them.
    alone.file("config/mcom/config.toml", "inventory = 'fleet.toml'\n[certificate]\nca = 'ca'\n");
    let plan = |args: &[&str]| alone.mcom(&[&["plan", "-h", "mail[1-10]-(dc1|dc2)"], args].concat()).expect(0).out;
    let line = |args: &[&str]| plan(args).lines().last().unwrap_or_default().to_owned();
    for (way, text) in [
        ("auto", "9 by relay (transit where an end lacks it), 5 by transit through the parent's sshd"),
        ("relay", "9 by relay, 5 by transit through the parent's sshd"),
        ("certificate", "5 by transit through the parent's sshd, 9 by certificate"),
    ] {
        let expected = format!("credentials {way}: 2 hosts from here, {text}, 4 by parents with their own SSH keys");
        assert_eq!(line(&["--credentials", way]), expected);
    }
    let own = "credentials own: 2 hosts from here, 5 by transit through the parent's sshd, 13 by parents with their own \
               SSH keys";
    assert_eq!(line(&["--credentials=own"]), own);
    assert_eq!(line(&["--credentials=relay", "--flat"]), "credentials relay: 20 hosts from here");
    let links = plan(&["--credentials=transit"]);
    assert!(links.contains("   link     10 connections (9 through the parent)\n"), "{links}");
    let json = plan(&["--credentials=relay", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let ways = serde_json::json!({"here": 2, "auto": 0, "relay": 9, "transit": 5, "certificate": 0, "own": 4});
    assert_eq!((&json["ways"], &json["credentials"]), (&ways, &serde_json::json!("relay")));
}

#[test]
fn the_setting_of_the_credentials_is_the_flags_then_the_files() {
    let alone = Alone::configured("credentials = 'transit'\n");
    let word = |args: &[&str]| {
        let out = alone.mcom(&[&["plan", "-h", "mail[1-2]-dc1"], args].concat()).expect(0).out;
        let line = out.lines().last().unwrap_or_default().to_owned();
        line.split(':').next().unwrap_or_default().to_owned()
    };
    assert_eq!(word(&[]), "credentials transit");
    assert_eq!(word(&["--credentials", "relay"]), "credentials relay");
}

#[test]
fn weights_and_parents_by_hand() {
    let alone = Alone::with_inventory("[[hosts]]\npattern = 'gate1-dc1'\nweight = 5\n");
    let parent = |args: &[&str]| {
        let out = alone.mcom(&[&["plan", "-h", "gate1-dc1,mail[1-9]-dc1"], args].concat()).expect(0).out;
        out.lines().find(|line| line.contains("parent")).unwrap_or_default().trim().to_owned()
    };
    assert_eq!(parent(&[]), "parent   gate1-dc1: highest weight 5");
    assert_eq!(parent(&["--parents", "mail4-dc1"]), "parent   mail4-dc1: --parents");
    assert_eq!(parent(&["--depth", "1"]), "parent   none: depth 1");
}

#[test]
fn fan_out_never_changes_the_tree() {
    let tree = |fanout: &str| {
        let out = Alone::new().mcom(&["plan", "-h", "mail[1-500]-dc1", "-f", fanout, "--width", "8"]).expect(0).out;
        let (tree, pace) = out.split_once("up to ").unwrap();
        // The first line with a width is a level; the pace stands after the last.
        let last = out.rsplit("up to ").next().unwrap_or(pace).to_owned();
        (tree.to_owned(), out[..out.len() - last.len()].to_owned(), last)
    };
    let (one, two) = (tree("1"), tree("200"));
    assert_eq!(one.1, two.1);
    assert!(one.2.starts_with("1x1 at once") && two.2.starts_with("1x200 at once"), "{one:?}");
}

#[test]
fn what_bounds_and_stops_a_run_is_said() {
    let alone = with_script();
    let pace = |args: &[&str]| {
        let out = alone.mcom(&[&["plan", "-h", "mail[1-40]-(dc1|dc2)", "-s", "fix.sh"], args].concat()).expect(0).out;
        let from = out.find("\nup to ").unwrap() + 1;
        out[from..out.rfind("credentials auto").unwrap()].to_owned()
    };
    let default = "up to 2x32 at once, opening with 8 per datacenter; 10s to connect; no time limit for the payload\n";
    assert_eq!(pace(&[]), default);
    assert_eq!(
        pace(&["--global-fanout", "40", "--deadline", "90m", "--max-fail", "3", "--lock-wait", "5m"]),
        "up to 2x32 at once, no more than 40 over all datacenters, opening with 8 per datacenter; 10s to connect; \
         no time limit for the payload\n\
         deadline 90m for the whole run; halts at more than 3 bad hosts; waits 5m for a host \
         that another run holds\n"
    );
    let few = pace(&["-f", "4", "-k", "--no-lock", "--global-fanout", "100"]);
    assert!(few.starts_with("up to 2x4 at once; 10s"), "{few}");
    assert!(few.ends_with("\nhalts at the first bad host; no lock: runs beside other runs\n"), "{few}");
}

#[test]
fn a_saved_plan_keeps_what_bounds_and_stops_it() {
    let alone = with_script();
    let bounds = ["--deadline", "1h", "-k", "--global-fanout", "1", "--lock-wait", "1m", "--credentials", "relay"];
    let plan = [&["plan", "-h", "mail[1-2]-dc1", "-s", "fix.sh"][..], &bounds].concat();
    let saved = alone.mcom(&[&plan[..], &["--json"]].concat()).expect(0).out;
    alone.file("plan.json", saved);
    let dry = alone.mcom(&["run", "--plan", "plan.json", "--dry-run"]);
    let fresh = alone.mcom(&plan);
    assert_eq!((dry.out, dry.code), (fresh.out, Some(0)));
    for flag in [
        "--deadline=1h",
        "-k",
        "--max-fail=1",
        "--global-fanout=2",
        "--once",
        "--no-lock",
        "--lock-wait=1m",
        "--credentials=own",
    ] {
        let both = alone.mcom(&["run", "--plan", "plan.json", flag]).expect(2);
        assert!(both.err.starts_with("mcom: the argument '--plan <ID|FILE>' cannot be used with "), "{}", both.err);
    }
}

#[test]
fn flat_and_rules_by_hand() {
    let out =
        |args: &[&str]| Alone::new().mcom(&[&["plan", "-h", "mail[1-40]-(dc1|dc2)"], args].concat()).expect(0).out;
    let flat = out(&["--flat"]);
    assert!(flat.contains("all  80 hosts  (flat: every host is connected to from here)"), "{flat}");
    assert!(flat.contains("link     80 connections"), "{flat}");
    let by_number = out(&["--dc-from", "mail(?<dc>[0-9])[0-9]*-dc[12]"]);
    assert!(by_number.contains("9 datacenters") && by_number.contains("(by the configured expression)"), "{by_number}");
}

#[test]
fn a_saved_plan_is_carried_out_only_where_it_still_holds() {
    let alone = with_script();
    let plan = |hosts: &str| alone.mcom(&["plan", "-h", hosts, "-s", "fix.sh", "--json"]).expect(0).out;
    alone.file("hosts.txt", "web1\nweb2\n");
    alone.file("plan.json", plan("^hosts.txt"));
    let dry = alone.mcom(&["run", "--plan", "plan.json", "--dry-run"]).expect(0);
    assert!(dry.out.starts_with("plan  2 hosts in 1 datacenter  fix.sh 380946"), "{}", dry.out);

    alone.file("hosts.txt", "web2\nweb3\n");
    alone.file("fix.sh", "#!/bin/sh\necho other\n");
    let stale = alone.mcom(&["run", "--plan", "plan.json"]).expect(4);
    assert_eq!(
        stale.err,
        "mcom: the plan in plan.json no longer holds
  not in the plan: web3
  no longer there: web1
  the payload is another
  make it again, look at it, then run it: mcom plan ... --json > plan.json
"
    );
    assert!(!alone.has_runs(), "a refused plan leaves no run");
}

#[test]
fn what_is_no_plan_is_refused() {
    let alone = with_script();
    alone.file("a.json", "{}");
    assert_eq!(
        alone.mcom(&["run", "--plan", "a.json"]).expect(2).err,
        "mcom: a.json is no plan: it has no version\n  make the plan again: mcom plan -h PATTERN -s SCRIPT --json > plan.json\n"
    );
    alone.file("a.json", "{\"version\": 99}");
    assert!(
        alone.mcom(&["run", "--plan", "a.json"]).expect(2).err.contains("its version is 99, and this mcom knows 1")
    );
    let hosts_only = alone.mcom(&["plan", "-h", "web1", "--json"]).expect(0).out;
    alone.file("b.json", hosts_only);
    assert!(alone.mcom(&["run", "--plan", "b.json"]).expect(2).err.starts_with("mcom: there is nothing to run\n"));
}

/// The id of a plan that was kept.
fn kept(ran: &Ran) -> String {
    let id = ran.err.rsplit("kept for 7 days; carry out just this: mcom run --plan ").next().unwrap_or_default();
    assert!(id.trim().len() == 8, "{}", ran.err);
    id.trim().to_owned()
}

#[test]
fn a_plan_is_kept_under_an_id_that_is_refused_where_it_no_longer_holds() {
    let alone = with_script();
    alone.file("hosts.txt", "web1\nweb2\n");
    let args = ["plan", "-h", "^hosts.txt", "-s", "fix.sh"];
    let id = kept(&alone.mcom(&args).expect(0));
    let other = kept(&alone.mcom(&args).expect(0));
    assert_ne!(id, other, "each was looked at");
    let folder = alone.path().join("state/mcom/plans");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join(format!("{id}.json")))), (0o700, 0o600));
    let dry = alone.mcom(&["run", "--plan", &id, "--dry-run"]).expect(0);
    assert!(dry.out.starts_with("plan  2 hosts in 1 datacenter  fix.sh 380946"), "{}", dry.out);
    assert!(!dry.err.contains("kept"), "{}", dry.err);

    alone.file("hosts.txt", "web2\nweb3\n");
    alone.file("fix.sh", "#!/bin/sh\necho other\n");
    assert_eq!(
        alone.mcom(&["run", "--plan", &id]).expect(4).err,
        format!(
            "mcom: plan {id} no longer holds
  not in the plan: web3
  no longer there: web1
  the payload is another
  make it again, look at it, then run it: mcom plan ..., then mcom run --plan ID
"
        )
    );
    let gone = alone.mcom(&["run", "--plan", "0123abcd"]).expect(4);
    assert!(gone.err.starts_with("mcom: no plan 0123abcd is kept here"), "{}", gone.err);
    assert!(!alone.has_runs());
}

#[test]
fn a_plan_that_cannot_be_kept_is_printed_all_the_same() {
    let alone = with_script();
    alone.file("state", "no folder");
    let ran = alone.mcom(&["plan", "-h", "web1", "-s", "fix.sh"]).expect(0);
    assert!(ran.out.starts_with("plan  1 host in 1 datacenter"), "{}", ran.out);
    let text = "mcom: the plan is not kept, and has no id: HERE/state/mcom/plans cannot be written: not a directory\n";
    assert!(ran.err.starts_with(text), "{}", ran.err);
    // Without a payload there is nothing to carry out.
    assert_eq!(alone.mcom(&["plan", "-h", "web1"]).expect(0).err, "");
}

#[test]
fn a_plan_whose_hosts_were_touched_since_is_refused() {
    let bench = Bench::grid(1, 3);
    let plan = |hosts: &str| kept(&bench.mcom(&["plan", "-h", hosts, "-c", "echo fixed"]).expect(0));
    bench.mcom(&["-h", "*", "--", "true"]).expect(0);
    let (all, third) = (plan("*"), plan("mail3-dc1"));
    bench.mcom(&["-h", "mail[1-2]-dc1", "-c", "echo other"]).expect(0);
    let run = bench.head();
    let (id, who) = (run["run"].as_str().unwrap(), run["spec"]["who"].as_str().unwrap());
    let stale = bench.mcom(&["run", "--plan", &all]).expect(4);
    let why = format!("  run {id} of {who} has touched 2 of these 3 hosts since: echo other\n");
    assert!(stale.err.starts_with(&format!("mcom: plan {all} no longer holds\n{why}")), "{}", stale.err);

    bench.mcom(&["run", "--plan", &third]).expect(0);
    assert_eq!(outcomes(&bench), ["ok"]);
    let twice = bench.mcom(&["run", "--plan", &third]).expect(4);
    assert!(twice.err.contains("has touched this host since: echo fixed"), "{}", twice.err);
    // A plan that was saved as a file knows when it was made.
    let json = bench.mcom(&["plan", "-h", "*", "-c", "echo fixed", "--json"]).expect(0).out;
    let file = bench.file("plan.json", &json);
    bench.mcom(&["run", "--plan", &file, "-n"]).expect(0);
    bench.mcom(&["-h", "mail1-dc1", "--", "true"]).expect(0);
    let stale = bench.mcom(&["run", "--plan", &file, "-n"]).expect(4);
    assert!(stale.err.contains("has touched 1 of these 3 hosts since: true"), "{}", stale.err);
}

#[test]
fn a_plan_once_is_refused_where_other_hosts_have_the_payload_by_now() {
    let bench = Bench::grid(1, 3);
    let payload = ["-c", "echo fixed"];
    bench.mcom(&[&["-h", "mail1-dc1"][..], &payload].concat()).expect(0);
    let once = [&["plan", "-h", "*", "--once"][..], &payload].concat();
    let id = kept(&bench.mcom(&once).expect(0));
    let json = bench.mcom(&[&once[..], &["--json"]].concat()).expect(0).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["already"], serde_json::json!({"have": ["mail1-dc1"], "silent": []}));
    // Another operator, whose ledger is another.
    let mut other = bench.command(&[&["-h", "mail2-dc1"][..], &payload].concat());
    Ran::from(other.env("XDG_STATE_HOME", bench.path("other")).output().unwrap()).expect(0);
    let stale = bench.mcom(&["run", "--plan", &id]).expect(4);
    let text = format!("mcom: plan {id} no longer holds\n  they have the payload by now: mail2-dc1\n");
    assert!(stale.err.starts_with(&text), "{}", stale.err);
    let id = kept(&bench.mcom(&once).expect(0));
    bench.mcom(&["run", "--plan", &id]).expect(0);
    assert_eq!(outcomes(&bench), ["ok", "skipped", "skipped"]);
}
