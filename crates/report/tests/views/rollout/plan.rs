//! The plan of a rollout.

use super::told::{HOUR, START, plain, spec};
use insta::assert_snapshot;
use mcom_fleet::hostset::HostSet;
use mcom_model::{HostId, HostRanges};
use mcom_report::rollout::{PlanOfRollout, plan_brief, plan_json, plan_text};
use mcom_rollout::StageSpec;

#[test]
fn on_one_screen() {
    let spec = spec();
    let plan =
        PlanOfRollout { spec: &spec, now_ms: START, left_out: &HostSet::new(), empty: &[], opens_ms: &|now_ms| now_ms };
    assert_snapshot!(plan_text(&plan, &plain()), @r"
    nginx-fix runs nginx-fix.sh on 300 hosts in 4 datacenters, in 4 stages with 1 approval; at the earliest it ends 2026-07-22 22:02Z (in 8h)
    payload  nginx-fix.sh bcdac2
    undo     nginx-unfix.sh bdc080
    health   check-nginx.sh on the hosts, every 30s; healthy within 2m, 2 sick answers in a row make a host bad
             here: curl -fsS https://mon.example/err5xx | awk '$1 > 0.5 {exit 1}'
    on fail  it pauses: nothing new starts until somebody resumes, aborts or undoes it
    reason   CHG12345
    STAGE       REACH          NEW    TOTAL  EARLIEST END       THEN
    canary      1                1        1  2026-07-22 16:02Z  soaks 2h, then waits for approval
        fra1 web7
    one-per-dc  1/dc             3        4  2026-07-22 18:02Z  soaks 2h
        ams1 web3 · nyc2 web70 · sin1 web12
    ten-per-dc  10/dc           37       41  2026-07-22 22:02Z  soaks 4h; 1 host may be bad
        ams1 web[7-71/8] · fra1 web[4-68/8] · nyc2 web[1-73/8] · sin1 web[6-70/8]
    rest        all            259      300  2026-07-22 22:02Z  goes on when it is healthy; 4 hosts may be bad
        ams1 the other 65 · fra1 the other 65 · nyc2 the other 64 · sin1 the other 65
        one datacenter after another: ams1, fra1, nyc2, sin1; 7 of a datacenter at a time
    ");
}

#[test]
fn with_a_window_and_hosts_that_no_stage_reaches() {
    let mut spec = spec();
    spec.window = Some("Mon-Thu 09:00-16:00 Europe/Amsterdam".into());
    spec.undo = None;
    spec.health = None;
    spec.on_fail = mcom_rollout::OnFail::Abort;
    let left_out: HostSet = ["db1-ams1", "db2-ams1"].into_iter().collect();
    let empty = ["stage `twenty-per-dc` adds no host".to_owned()];
    let opens = |now_ms: u64| now_ms.next_multiple_of(24 * HOUR) + 7 * HOUR;
    let plan = PlanOfRollout { spec: &spec, now_ms: START, left_out: &left_out, empty: &empty, opens_ms: &opens };
    assert_snapshot!(plan_text(&plan, &plain()), @r"
    nginx-fix runs nginx-fix.sh on 300 hosts in 4 datacenters, in 4 stages with 1 approval; at the earliest it ends 2026-07-26 07:00Z (in 3d16h)
    payload  nginx-fix.sh bcdac2
    undo     none: what is changed stays so
    health   nobody is asked
    window   stages start Mon-Thu 09:00-16:00 Europe/Amsterdam
    on fail  it ends; what is changed stays so
    reason   CHG12345
    LEFT OUT 2 hosts that no stage reaches: db[1-2]-ams1
    LEFT OUT stage `twenty-per-dc` adds no host
    STAGE       REACH          NEW    TOTAL  EARLIEST START     EARLIEST END       THEN
    canary      1                1        1  2026-07-23 07:00Z  2026-07-23 09:00Z  soaks 2h, then waits for approval
        fra1 web7
    one-per-dc  1/dc             3        4  2026-07-24 07:00Z  2026-07-24 09:00Z  soaks 2h
        ams1 web3 · nyc2 web70 · sin1 web12
    ten-per-dc  10/dc           37       41  2026-07-25 07:00Z  2026-07-25 11:00Z  soaks 4h; 1 host may be bad
        ams1 web[7-71/8] · fra1 web[4-68/8] · nyc2 web[1-73/8] · sin1 web[6-70/8]
    rest        all            259      300  2026-07-26 07:00Z  2026-07-26 07:00Z  no soak; 4 hosts may be bad
        ams1 the other 65 · fra1 the other 65 · nyc2 the other 64 · sin1 the other 65
        one datacenter after another: ams1, fra1, nyc2, sin1; 7 of a datacenter at a time
    ");
    let json: serde_json::Value = serde_json::from_str(&plan_json(&plan)).unwrap();
    assert_eq!(json["left_out"], "db[1-2]-ams1");
    assert_eq!(json["stages"][1]["datacenters"]["nyc2"], "web70-nyc2");
    assert_eq!(json["stages"][3]["total"], 300);
}

#[test]
fn in_a_few_lines_for_who_is_asked() {
    let spec = spec();
    let plan =
        PlanOfRollout { spec: &spec, now_ms: START, left_out: &HostSet::new(), empty: &[], opens_ms: &|now_ms| now_ms };
    assert_snapshot!(plan_brief(&plan, &plain()), @r"
    nginx-fix runs nginx-fix.sh on 300 hosts in 4 datacenters, in 4 stages with 1 approval; at the earliest it ends 2026-07-22 22:02Z (in 8h)
      canary  1 host, 1 in all; soaks 2h, then waits for approval
      one-per-dc  3 hosts, 4 in all; soaks 2h
      ten-per-dc  37 hosts, 41 in all; soaks 4h; 1 host may be bad
      rest  259 hosts, 300 in all; goes on when it is healthy; 4 hosts may be bad
      on fail: it pauses: nothing new starts until somebody resumes, aborts or undoes it
    ");
}

#[test]
fn many_stages_and_many_datacenters_fit_on_a_screen() {
    let mut spec = spec();
    let rest = spec.stages.pop().unwrap();
    let hosts: Vec<HostId> = rest.hosts.iter().collect();
    let part = |(place, hosts): (usize, &[HostId])| {
        let hosts: HostRanges = hosts.iter().copied().collect();
        StageSpec { name: format!("part-{place}"), waves: vec![], hosts, ..rest.clone() }
    };
    spec.stages.extend(hosts.chunks(20).enumerate().map(part));
    let plan =
        PlanOfRollout { spec: &spec, now_ms: START, left_out: &HostSet::new(), empty: &[], opens_ms: &|now_ms| now_ms };
    assert!(plan_text(&plan, &plain()).lines().count() <= 40);
    assert!(plan_brief(&plan, &plain()).lines().count() <= 12);
}
