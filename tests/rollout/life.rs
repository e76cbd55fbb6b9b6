//! The whole life of a rollout, stage by stage.

use crate::rollout::change::{Change, FOUR, WATCHED};

#[test]
fn four_stages_and_a_gate() {
    let change = Change::grid(2, 3);
    let file = change.file("fix", &format!("reason = 'CHG1'\n{WATCHED}{FOUR}"));
    let plan = change.rollout(&["plan", &file]).expect(0).out;
    assert!(plan.contains("one-per-dc") && plan.contains("mail2-dc1"), "{plan}");
    assert!(change.records().is_empty(), "a plan leaves no rollout");

    let started = change.rollout(&["start", &file]).expect(14);
    assert!(started.err.contains("mcom rollout approve"), "{}", started.err);
    assert_eq!(change.state(), "awaiting-approval 0");
    change.ran_once_on(&["mail2-dc1"]);
    let status = change.rollout(&["status"]).expect(14).out;
    assert!(
        status.contains("AWAITING APPROVAL after stage 1 of 4, canary") && status.contains("mcom rollout approve"),
        "{status}"
    );

    let approved = change.rollout(&["approve", "--reason", "looks good"]).expect(0);
    change.ran_once_everywhere();
    assert_eq!(
        change.life(),
        [
            "pending 0",
            "running 0",
            "soaking 0",
            "awaiting-approval 0",
            "running 1",
            "soaking 1",
            "running 2",
            "soaking 2",
            "running 3",
            "soaking 3",
            "done 4"
        ],
        "{}",
        approved.err
    );
    let sizes: Vec<_> = (0..4).map(|stage| change.hosts_of_stage(stage).len()).collect();
    assert_eq!(sizes, [1, 1, 2, 2]);
    let asked = change.events_of("asked");
    assert_eq!((asked.len(), &asked[0]["verb"], &asked[0]["reason"]), (1, &"approve".into(), &"looks good".into()));
    for host in change.bench.fleet.names() {
        assert!(change.lines(host, "checks") >= 1, "{host} was asked whether it is well");
    }
    let status = change.rollout(&["status"]).expect(0).out;
    assert!(status.contains("done"), "{status}");
}

#[test]
fn its_log_nests_its_stages() {
    let change = Change::grid(1, 2);
    let file = change
        .file("fix", "[[stage]]\nname = 'first'\nhost = 'mail2-dc1'\n[[stage]]\nname = 'others'\nreach = 'all'\n");
    change.rollout(&["start", &file]).expect(0);
    let log = change.bench.mcom(&["log", "fix"]).expect(0).out;
    let place = |text: &str| log.find(text).unwrap_or_else(|| panic!("no {text} in\n{log}"));
    assert!(place("rollout") < place("first") && place("first") < place("others"), "{log}");
    assert!(log[place("first")..place("others")].contains("1 ok"), "{log}");
}

#[test]
fn stages_without_a_file() {
    let change = Change::grid(2, 2);
    let args = ["run", "-h", "*", "--stages", "1,1/dc,all", "--soak", "1s", "-c", "echo ran >>runs"];
    change.bench.mcom(&args).expect(0);
    change.ran_once_everywhere();
    assert_eq!((0..3).map(|stage| change.hosts_of_stage(stage).len()).collect::<Vec<_>>(), [1, 1, 2]);
    assert_eq!(change.life().iter().filter(|state| state.starts_with("soaking")).count(), 3);
}

#[test]
fn one_datacenter_after_another_and_a_part_of_it_at_a_time() {
    let change = Change::grid(2, 4);
    let order = change.bench.path("order");
    let payload = format!("echo $MCOM_HOST $MCOM_RUN >>{}", order.display());
    let file = change.file_of("fix", &payload, "[[stage]]\nreach = 'all'\norder = 'dc'\nbatch = '1/dc'\n");
    change.rollout(&["start", &file]).expect(0);
    let text = std::fs::read_to_string(order).unwrap();
    let datacenters: Vec<_> = text.lines().map(|line| &line[6..9]).collect();
    assert_eq!(datacenters, ["dc1", "dc1", "dc1", "dc1", "dc2", "dc2", "dc2", "dc2"], "{text}");
}
