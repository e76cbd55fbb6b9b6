//! One screen of status, in each state.

use super::told::{HOUR, MINUTE, SECOND, Told, approve, plain, resume, spec};
use insta::assert_snapshot;
use mcom_model::OutcomeKind;
use mcom_report::rollout::{Carrier, ended_text, soak_line, status_json, status_text};
use mcom_rollout::{Answer, RolloutState, Verb};

fn status(told: &Told) -> String {
    let carrier = Carrier { who: "alice@bastion".into(), pid: 4711 };
    let carried_by = (!told.has_left).then_some(&carrier);
    status_text(&told.spec, told.state(), carried_by, told.now_ms + 5 * SECOND, &plain())
}

fn at_ten_per_dc() -> Told {
    let mut told = Told::new(spec());
    told.wait(4 * SECOND).run_ends(&[]).healthy_for(2 * HOUR).wait(20 * MINUTE);
    told.ask(approve(), "bob@bastion", None).wait(5 * SECOND).run_ends(&[]).healthy_for(2 * HOUR);
    told
}

#[test]
fn not_begun_and_waiting_for_its_window() {
    let mut spec = spec();
    let state = RolloutState::new(spec.plan.hosts.len());
    let screen = status_text(&spec, &state, None, spec.started_ms, &plain());
    assert_eq!(screen.lines().nth(1), Some("pending before stage 1 of 4, canary, not begun"));
    spec.window = Some("Mon-Thu 09:00-16:00 Europe/Amsterdam".into());
    let told = Told::new(spec);
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    pending before stage 1 of 4, canary, until 2026-07-23 07:00Z (in 16h57m): the window in which stages start is closed
    carried on by alice@bastion, process 4711
      next         canary           1 new  soaks 2h, then waits for approval
      to come      one-per-dc       3 new  soaks 2h
      to come      ten-per-dc      37 new  soaks 4h
      to come      rest           259 new
      do not have it     300  all hosts
    next: mcom rollout watch nginx-fix
    "#);
    assert_snapshot!(soak_line(&told.spec, told.state(), told.now_ms, &plain()), @r"nginx-fix  pending 1/4 canary, 16h57m left: the window in which stages start is closed");
}

#[test]
fn running() {
    let told = Told::new(spec());
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    running at stage 1 of 4, canary, since 14:02:11Z (5s ago)
    carried on by alice@bastion, process 4711
      now          canary           1 new  1 running  since 14:02:11Z  run vsadzkft
      to come      one-per-dc       3 new  soaks 2h
      to come      ten-per-dc      37 new  soaks 4h
      to come      rest           259 new
      running              1  web7-fra1
      do not have it     299  web[1-75]-(ams1|nyc2|sin1),web[1-6,8-75]-fra1
    next: mcom rollout watch nginx-fix
    "#);
}

#[test]
fn soaking() {
    let mut told = Told::new(spec());
    told.wait(4 * SECOND).run_ends(&[]).healthy_for(12 * MINUTE).wait(10 * SECOND);
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    soaking at stage 1 of 4, canary, until 16:02:15Z (in 1h47m)
    carried on by alice@bastion, process 4711
      now          canary           1 new  1 ok  since 14:02:11Z  run vsadzkft
      to come      one-per-dc       3 new  soaks 2h
      to come      ten-per-dc      37 new  soaks 4h
      to come      rest           259 new
      have the change      1  web7-fra1
      do not have it     299  web[1-75]-(ams1|nyc2|sin1),web[1-6,8-75]-fra1
      health  1 healthy, here healthy  14:14:15Z (15s ago)
    next: mcom rollout watch nginx-fix
    "#);
    assert_snapshot!(soak_line(&told.spec, told.state(), told.now_ms, &plain()), @r"nginx-fix  soaking 1/4 canary, 1h47m left  1 healthy, here healthy  asked again in 20s");
}

#[test]
fn awaiting_approval() {
    let mut told = Told::new(spec());
    told.wait(4 * SECOND).run_ends(&[]).healthy_for(2 * HOUR);
    assert!(told.has_left);
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    AWAITING APPROVAL after stage 1 of 4, canary, since 16:02:15Z (5s ago)
      now          canary           1 new  1 ok  since 14:02:11Z  run vsadzkft
      to come      one-per-dc       3 new  soaks 2h
      to come      ten-per-dc      37 new  soaks 4h
      to come      rest           259 new
      have the change      1  web7-fra1
      do not have it     299  web[1-75]-(ams1|nyc2|sin1),web[1-6,8-75]-fra1
      health  1 healthy, here healthy  16:01:45Z (35s ago)
    next: mcom rollout approve nginx-fix
    "#);
    assert_snapshot!(ended_text(&told.spec, told.state(), 0, &plain()), @r"
    nginx-fix AWAITING APPROVAL after stage 1 of 4, canary: 1 ok
    next: mcom rollout approve nginx-fix
    ");
}

#[test]
fn paused_by_bad_hosts() {
    let mut told = at_ten_per_dc();
    let bad = [("web7-ams1", OutcomeKind::Failed), ("web15-ams1", OutcomeKind::Unreachable)];
    told.wait(20 * SECOND).run_ends(&bad);
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    PAUSED at stage 3 of 4, ten-per-dc, since 18:22:40Z (5s ago): 2 hosts are bad, 1 may be
      done         canary           1 new  1 ok                          14:02:11Z to 16:22:15Z  run vsadzkft
      done         one-per-dc       3 new  3 ok                          16:22:15Z to 18:22:20Z  run vyzfngs0
      now          ten-per-dc      37 new  35 ok 1 FAILED 1 UNREACHABLE  since 18:22:20Z  run xwqbv8rb
      to come      rest           259 new
      have the change     39  ams1 8 of 75 · fra1 10 of 75 · nyc2 11 of 75 · sin1 10 of 75
      HALF WAY             1  web7-ams1
      do not have it     260  ams1 66 of 75 · fra1 65 of 75 · nyc2 64 of 75 · sin1 65 of 75
      FAILED 1  web7-ams1  (run xwqbv8rb)
      UNREACHABLE 1  web15-ams1  (run xwqbv8rb)
    next: mcom rollout resume nginx-fix
    "#);
    assert_snapshot!(ended_text(&told.spec, told.state(), 3, &plain()), @r"
    nginx-fix PAUSED at stage 3 of 4, ten-per-dc: 2 hosts are bad, 1 may be; 3 hosts were running then, and came to their end
      FAILED 1  web7-ams1  (run xwqbv8rb)
      UNREACHABLE 1  web15-ams1  (run xwqbv8rb)
    next: mcom rollout resume nginx-fix
    ");
}

#[test]
fn paused_by_sick_hosts() {
    let mut told = at_ten_per_dc();
    told.wait(20 * SECOND).run_ends(&[]).healthy_for(10 * MINUTE);
    let sick = [
        ("web7-ams1", Answer::Sick, "nginx: connection refused\x1b[2J"),
        ("web15-ams1", Answer::Sick, "nginx: connection refused\x1b[2J"),
    ];
    told.wait(30 * SECOND).check(&sick);
    assert_snapshot!(soak_line(&told.spec, told.state(), told.now_ms, &plain()), @r"nginx-fix  soaking 3/4 ten-per-dc, 3h49m left  35 healthy, 2 SICK, here healthy  asked again in 30s");
    told.wait(30 * SECOND).check(&sick);
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    PAUSED at stage 3 of 4, ten-per-dc, since 18:33:40Z (5s ago): 2 hosts are bad, 1 may be
      done         canary           1 new  1 ok           14:02:11Z to 16:22:15Z  run vsadzkft
      done         one-per-dc       3 new  3 ok           16:22:15Z to 18:22:20Z  run vyzfngs0
      now          ten-per-dc      37 new  37 ok, 2 SICK  since 18:22:20Z  run xwqbv8rb
      to come      rest           259 new
      have the change     41  ams1 10 of 75 · fra1 10 of 75 · nyc2 11 of 75 · sin1 10 of 75
      do not have it     259  ams1 65 of 75 · fra1 65 of 75 · nyc2 64 of 75 · sin1 65 of 75
      SICK 2  web[7,15]-ams1: nginx: connection refused\x1b[2J
      health  35 healthy, 2 SICK, here healthy  18:33:40Z (5s ago)
    next: mcom rollout resume nginx-fix
    "#);
    assert_snapshot!(ended_text(&told.spec, told.state(), 0, &plain()), @r"
    nginx-fix PAUSED at stage 3 of 4, ten-per-dc: 2 hosts are bad, 1 may be
      SICK 2  web[7,15]-ams1: nginx: connection refused\x1b[2J
    next: mcom rollout resume nginx-fix
    ");
}

#[test]
fn paused_because_nobody_can_say() {
    let mut told = at_ten_per_dc();
    told.wait(20 * SECOND).run_ends(&[]).healthy_for(10 * MINUTE);
    told.wait(30 * SECOND).check(&[("here", Answer::Inconclusive, "curl: (6) Could not resolve host")]);
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    PAUSED at stage 3 of 4, ten-per-dc, since 18:33:10Z (5s ago): health is inconclusive: the command on this machine cannot say: curl: (6) Could not resolve host
      done         canary           1 new  1 ok   14:02:11Z to 16:22:15Z  run vsadzkft
      done         one-per-dc       3 new  3 ok   16:22:15Z to 18:22:20Z  run vyzfngs0
      now          ten-per-dc      37 new  37 ok  since 18:22:20Z  run xwqbv8rb
      to come      rest           259 new
      have the change     41  ams1 10 of 75 · fra1 10 of 75 · nyc2 11 of 75 · sin1 10 of 75
      do not have it     259  ams1 65 of 75 · fra1 65 of 75 · nyc2 64 of 75 · sin1 65 of 75
      health  37 healthy, here inconclusive  18:33:10Z (5s ago)
              inconclusive  the command here: curl: (6) Could not resolve host
    next: mcom rollout resume nginx-fix
    "#);
}

#[test]
fn as_an_object() {
    let mut told = at_ten_per_dc();
    told.wait(20 * SECOND).run_ends(&[]);
    told.check(&[("web7-ams1", Answer::Sick, "nginx: connection refused")]);
    let carrier = Carrier { who: "alice@bastion".into(), pid: 4711 };
    let json = status_json(&told.spec, told.state(), Some(&carrier), told.now_ms);
    assert!(json.ends_with("}\n") && json.lines().count() == 1);
    let mut json: serde_json::Value = serde_json::from_str(&json).unwrap();
    // The pattern of what most hosts are says nothing new.
    json["hosts"]["unchanged"] = "…".into();
    json["stages"] = json["stages"][2].clone();
    json["health"]["healthy"] = "…".into();
    assert_snapshot!(serde_json::to_string_pretty(&json).unwrap(), @r#"
    {
      "accepted": "",
      "bad": "",
      "carried_by": {
        "pid": 4711,
        "who": "alice@bastion"
      },
      "counts": {
        "changed": 41,
        "had_it": 0,
        "half_way": 0,
        "reverted": 0,
        "running": 0,
        "unchanged": 259
      },
      "health": {
        "at_ms": 1784744560000,
        "global": "healthy",
        "healthy": "…",
        "healthy_hosts": 36,
        "inconclusive": "",
        "inconclusive_hosts": 0,
        "said": [
          {
            "host": "web7-ams1",
            "said": "nginx: connection refused"
          }
        ],
        "sick": "web7-ams1",
        "sick_hosts": 1
      },
      "hosts": {
        "changed": "web[1,9,17,25,33,41,49,57,65,70,73]-nyc2,web[3,7,15,23,31,39,47,55,63,71]-ams1,web[4,7,12,20,28,36,44,52,60,68]-fra1,web[6,12,14,22,30,38,46,54,62,70]-sin1",
        "had_it": "",
        "half_way": "",
        "reverted": "",
        "running": "",
        "unchanged": "…"
      },
      "name": "nginx-fix",
      "next": "mcom rollout watch nginx-fix",
      "now_ms": 1784744560000,
      "payload": "nginx-fix.sh",
      "reason": "CHG12345",
      "rollout": "8f3kabcd",
      "since_ms": 1784744560000,
      "stage": "ten-per-dc",
      "stages": {
        "approve": false,
        "bad": 0,
        "begun_ms": 1784744540000,
        "ended_ms": null,
        "hosts": "web[1-73/8]-nyc2,web[4-68/8]-fra1,web[6-70/8]-sin1,web[7-71/8]-ams1",
        "max_fail": 1,
        "name": "ten-per-dc",
        "new": 37,
        "reach": "10/dc",
        "runs": [
          "xwqbv8rb"
        ],
        "soak_ms": 14400000,
        "tally": {
          "failed": 0,
          "killed": 0,
          "not-run": 0,
          "ok": 37,
          "refused": 0,
          "skipped": 0,
          "timed-out": 0,
          "unknown": 0,
          "unreachable": 0
        }
      },
      "started_ms": 1784728931000,
      "state": "soaking",
      "until_ms": 1784758960000,
      "v": 1,
      "who": "alice@bastion",
      "why": null
    }
    "#);
}

#[test]
fn aborted_and_undone() {
    let mut told = at_ten_per_dc();
    told.wait(20 * SECOND).run_ends(&[("web7-ams1", OutcomeKind::Failed), ("web15-ams1", OutcomeKind::Skipped)]);
    told.ask(Verb::Abort, "bob@bastion", Some("the fix is wrong"));
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    ABORTED at stage 3 of 4, ten-per-dc, since 18:22:40Z (5s ago): asked by bob@bastion "the fix is wrong"
    carried on by alice@bastion, process 4711
      done         canary           1 new  1 ok                      14:02:11Z to 16:22:15Z  run vsadzkft
      done         one-per-dc       3 new  3 ok                      16:22:15Z to 18:22:20Z  run vyzfngs0
      stopped      ten-per-dc      37 new  35 ok 1 FAILED 1 skipped  18:22:20Z to 18:22:40Z  run xwqbv8rb
      not reached  rest           259 new
      have the change     39  ams1 8 of 75 · fra1 10 of 75 · nyc2 11 of 75 · sin1 10 of 75
      had it before        1  web15-ams1
      HALF WAY             1  web7-ams1
      do not have it     259  ams1 65 of 75 · fra1 65 of 75 · nyc2 64 of 75 · sin1 65 of 75
      FAILED 1  web7-ams1  (run xwqbv8rb)
    next: mcom rollout undo 8f3kabcd
    "#);
    assert_snapshot!(ended_text(&told.spec, told.state(), 0, &plain()), @r#"
    nginx-fix ABORTED at stage 3 of 4, ten-per-dc: asked by bob@bastion "the fix is wrong"
      have the change     39  ams1 8 of 75 · fra1 10 of 75 · nyc2 11 of 75 · sin1 10 of 75
      had it before        1  web15-ams1
      HALF WAY             1  web7-ams1
      do not have it     259  ams1 65 of 75 · fra1 65 of 75 · nyc2 64 of 75 · sin1 65 of 75
      FAILED 1  web7-ams1  (run xwqbv8rb)
    next: mcom rollout undo 8f3kabcd
    "#);
    told.wait(MINUTE).ask(Verb::Undo { skipped: false }, "bob@bastion", None);
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    UNDOING at stage 3 of 4, ten-per-dc, since 18:23:40Z (5s ago): asked by bob@bastion
    carried on by alice@bastion, process 4711
      done         canary           1 new  1 ok                      14:02:11Z to 16:22:15Z  run vsadzkft
      done         one-per-dc       3 new  3 ok                      16:22:15Z to 18:22:20Z  run vyzfngs0
      stopped      ten-per-dc      37 new  35 ok 1 FAILED 1 skipped  18:22:20Z to 18:22:40Z  run xwqbv8rb
      not reached  rest           259 new
      had it before        1  web15-ams1
      running             40  ams1 9 of 75 · fra1 10 of 75 · nyc2 11 of 75 · sin1 10 of 75
      do not have it     259  ams1 65 of 75 · fra1 65 of 75 · nyc2 64 of 75 · sin1 65 of 75
      FAILED 1  web7-ams1  (run xwqbv8rb)
    next: mcom rollout watch nginx-fix
    "#);
    told.wait(MINUTE).run_ends(&[("web7-ams1", OutcomeKind::Failed)]);
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    ABORTED at stage 3 of 4, ten-per-dc, since 18:24:40Z (5s ago): 1 host was not reverted
    carried on by alice@bastion, process 4711
      done         canary           1 new  1 ok, 1 reverted                       14:02:11Z to 16:22:15Z  run vsadzkft
      done         one-per-dc       3 new  3 ok, 3 reverted                       16:22:15Z to 18:22:20Z  run vyzfngs0
      stopped      ten-per-dc      37 new  35 ok 1 FAILED 1 skipped, 35 reverted  18:22:20Z to 18:22:40Z  run xwqbv8rb
      not reached  rest           259 new
      had it before        1  web15-ams1
      HALF WAY             1  web7-ams1
      reverted            39  ams1 8 of 75 · fra1 10 of 75 · nyc2 11 of 75 · sin1 10 of 75
      do not have it     259  ams1 65 of 75 · fra1 65 of 75 · nyc2 64 of 75 · sin1 65 of 75
      UNDO FAILED 1  web7-ams1  (run cc0rjved)
    next: mcom rollout undo 8f3kabcd
    "#);
    told.wait(MINUTE).ask(Verb::Undo { skipped: false }, "bob@bastion", None).wait(SECOND).run_ends(&[]);
    assert_snapshot!(ended_text(&told.spec, told.state(), 0, &plain()), @r"
    nginx-fix undone: 300 hosts, 39 ok 1 FAILED 1 skipped, 40 reverted in 4h23m
      had it before        1  web15-ams1
      reverted            40  ams1 9 of 75 · fra1 10 of 75 · nyc2 11 of 75 · sin1 10 of 75
      do not have it     259  ams1 65 of 75 · fra1 65 of 75 · nyc2 64 of 75 · sin1 65 of 75
    next: mcom log 8f3kabcd
    ");
}

#[test]
fn done_and_nobody_there() {
    let mut told = at_ten_per_dc();
    told.wait(20 * SECOND).run_ends(&[("web7-ams1", OutcomeKind::Failed)]);
    told.ask(resume(), "bob@bastion", Some("seen")).healthy_for(4 * HOUR);
    let gone = status_text(&told.spec, told.state(), None, told.now_ms, &plain());
    assert_snapshot!(gone, @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    running at stage 4 of 4, rest, since 22:22:40Z (0s ago)
    NOBODY CARRIES IT ON: its process is gone; nothing new starts until somebody does
      done         canary           1 new  1 ok            14:02:11Z to 16:22:15Z  run vsadzkft
      done         one-per-dc       3 new  3 ok            16:22:15Z to 18:22:20Z  run vyzfngs0
      done         ten-per-dc      37 new  36 ok 1 FAILED  18:22:20Z to 22:22:40Z  run xwqbv8rb
      now          rest           259 new  65 running      since 22:22:40Z  run cc0rjved
      have the change     40  ams1 9 of 75 · fra1 10 of 75 · nyc2 11 of 75 · sin1 10 of 75
      running             65  ams1 all but web[3,7,15,23,31,39,47,55,63,71]
      HALF WAY             1  web7-ams1
      do not have it     194  fra1 65 of 75 · nyc2 64 of 75 · sin1 65 of 75
      FAILED 1  web7-ams1  (run xwqbv8rb)
    next: mcom rollout resume nginx-fix
    "#);
    for _ in 0..4 {
        told.wait(MINUTE).run_ends(&[]);
    }
    told.healthy_for(MINUTE);
    assert_snapshot!(status(&told), @r#"
    rollout nginx-fix  8f3kabcd  nginx-fix.sh bcdac2  300 hosts  alice@bastion  2026-07-22 14:02:11Z  "CHG12345"
    done, since 22:26:40Z (1m05s ago)
      done         canary           1 new  1 ok            14:02:11Z to 16:22:15Z  run vsadzkft
      done         one-per-dc       3 new  3 ok            16:22:15Z to 18:22:20Z  run vyzfngs0
      done         ten-per-dc      37 new  36 ok 1 FAILED  18:22:20Z to 22:22:40Z  run xwqbv8rb
      done         rest           259 new  259 ok          22:22:40Z to 22:26:40Z  4 runs, the last dm6m0bth
      have the change    299  web[1-6,8-75]-ams1,web[1-75]-(fra1|nyc2|sin1)
      HALF WAY             1  web7-ams1
      FAILED 1  web7-ams1  (run xwqbv8rb)
      health  259 healthy, here healthy  22:26:40Z (1m05s ago)
    next: mcom log 8f3kabcd
    "#);
    assert_snapshot!(ended_text(&told.spec, told.state(), 0, &plain()), @r"
    nginx-fix done: 300 hosts, 299 ok 1 FAILED in 8h24m
      FAILED 1  web7-ams1  (run xwqbv8rb)
    next: mcom log 8f3kabcd
    ");
}
