//! What files say.

use super::{offered, read};
use crate::file::{At, FilePayload, HealthFile, RolloutFile, StageFile, TEMPLATE, stages_of_flags};
use crate::reach::{Reach, Share};
use crate::spec::OnFail;
use crate::window::Window;
use jiff::tz::TimeZoneDatabase;
use mcom_fleet::document::Place;
use mcom_model::{RunAs, RunAsTool};

const CHANGE_REQUEST: &str = r#"name    = "nginx-fix"
hosts   = "web[1-75]-(fra1|ams1|nyc2|sin1)"
script  = "nginx-fix.sh"
undo    = "nginx-unfix.sh"
sudo    = true
reason  = "CHG12345"
command_timeout = "2m"

[health]
script  = "check-nginx.sh"
every   = "30s"
within  = "2m"
fails   = 2
control = 10

[health.global]
command = "curl -fsS https://mon.example/err5xx | awk '$1 > 0.5 {exit 1}'"

[[stage]]
name = "canary"
reach = "1"
soak = "2h"
approve = true

[[stage]]
name = "one-per-dc"
reach = "1/dc"
soak = "2h"

[[stage]]
name = "ten-per-dc"
reach = "10/dc"
soak = "4h"
max_fail = 1

[[stage]]
name = "rest"
reach = "all"
order = "dc"
batch = "10%/dc"
max_fail = 4

[policy]
on_fail = "pause"
window  = "Mon-Thu 09:00-16:00 Europe/Amsterdam"
"#;

fn at<T>(value: T, line: usize, column: usize) -> At<T> {
    At { value, place: Place { line, column } }
}

fn text(text: &str, line: usize, column: usize) -> At<String> {
    at(text.to_owned(), line, column)
}

fn stage(name: &str, reach: At<Reach>) -> StageFile {
    StageFile {
        name: name.to_owned(),
        at: Place { line: reach.place.line - 2, column: 1 },
        reach,
        soak_ms: 0,
        approve: false,
        max_fail: 0,
        by_dc: false,
        batch: None,
        reboots_ms: None,
    }
}

#[test]
fn a_change_request_is_a_file() {
    const HOUR_MS: u64 = 3_600_000;
    let window = Window::parse("Mon-Thu 09:00-16:00 Europe/Amsterdam", &TimeZoneDatabase::bundled()).unwrap();
    let script = |path: &str| FilePayload::Script(path.to_owned());
    let stages = vec![
        StageFile { soak_ms: 2 * HOUR_MS, approve: true, ..stage("canary", at(Reach::Hosts(1), 21, 9)) },
        StageFile { soak_ms: 2 * HOUR_MS, ..stage("one-per-dc", at(Reach::HostsPerDc(1), 27, 9)) },
        StageFile { soak_ms: 4 * HOUR_MS, max_fail: 1, ..stage("ten-per-dc", at(Reach::HostsPerDc(10), 32, 9)) },
        StageFile { max_fail: 4, by_dc: true, batch: Some(Share::Percent(10)), ..stage("rest", at(Reach::All, 38, 9)) },
    ];
    let expected = RolloutFile {
        file: "r.toml".into(),
        name: text("nginx-fix", 1, 11),
        hosts: vec![text("web[1-75]-(fra1|ams1|nyc2|sin1)", 2, 11)],
        exclude: vec![],
        what: at(script("nginx-fix.sh"), 3, 11),
        args: vec![],
        env: vec![],
        cwd: None,
        run_as: Some(RunAs { tool: RunAsTool::Sudo, user: "root".into() }),
        undo: Some(at(script("nginx-unfix.sh"), 4, 11)),
        reason: Some("CHG12345".into()),
        command_timeout_ms: Some(120_000),
        health: Some(HealthFile {
            script: Some(text("check-nginx.sh", 10, 11)),
            command: Some("curl -fsS https://mon.example/err5xx | awk '$1 > 0.5 {exit 1}'".into()),
            every_ms: 30_000,
            within_ms: 120_000,
            fails: 2,
            control: 10,
        }),
        stages,
        on_fail: OnFail::Pause,
        window: Some(at(window, 45, 11)),
    };
    assert_eq!(read(CHANGE_REQUEST), Ok(expected));
}

#[test]
fn the_least_file_has_defaults_for_all_else() {
    let file =
        read("name = 'n'\nhosts = 'a'\ncommand = 'true'\nstage = [{ reach = '2' }, { host = 'b1,b2' }]").unwrap();
    assert_eq!((file.args, file.env, file.cwd, file.run_as), (vec![], vec![], None, None));
    assert_eq!((file.undo, file.reason, file.command_timeout_ms, file.health), (None, None, None, None));
    assert_eq!((file.on_fail, file.window), (OnFail::Pause, None));
    let stages: Vec<_> = file.stages.iter().map(|stage| (stage.name.as_str(), stage.reach.value.clone())).collect();
    assert_eq!(stages, [("2", Reach::Hosts(2)), ("b1,b2", Reach::Pattern("b1,b2".into()))]);
    let health = "name = 'n'\nhosts = 'a'\ncommand = 'true'\n[health]\nscript = 'x'\n[[stage]]\nreach = 'all'";
    let health = read(health).unwrap().health.unwrap();
    assert_eq!((health.every_ms, health.within_ms, health.fails, health.control), (30_000, 120_000, 2, 0));
}

#[test]
fn a_payload_has_arguments_variables_a_folder_and_a_user() {
    let top = "name = 'n'\nhosts = ['a', 'b']\nexclude = 'b2'\nscript = 's'\nargs = ['-v', '']\ncwd = '/srv'\n";
    let rest = "doas = 'www'\n[[stage]]\nreach = 'all'\nreboots = '10m'\n";
    let pairs = vec![("B".to_owned(), "x=y".to_owned()), ("A".to_owned(), String::new())];
    for (listed, table) in [("env = ['B=x=y', 'A=']\n", ""), ("", "[env]\nB = 'x=y'\nA = ''\n")] {
        let file = read(&format!("{top}{listed}{rest}{table}")).unwrap();
        assert_eq!(file.env, pairs, "{listed}{table}");
        assert_eq!((file.args, file.cwd), (vec!["-v".into(), String::new()], Some("/srv".into())));
        assert_eq!(file.run_as, Some(RunAs { tool: RunAsTool::Doas, user: "www".into() }));
        assert_eq!((file.hosts.len(), file.exclude), (2, vec![text("b2", 3, 11)]));
        assert_eq!(file.stages[0].reboots_ms, Some(600_000));
    }
}

#[test]
fn what_reverts_a_command_is_a_command() {
    let file = read(
        "name = 'n'\nhosts = 'a'\ncommand = 'x'\nundo = 'y'\n[[stage]]\nreach = 'all'\n[policy]\non_fail = 'undo'",
    )
    .unwrap();
    assert_eq!(file.undo.map(|undo| undo.value), Some(FilePayload::Command("y".into())));
    assert_eq!(file.on_fail, OnFail::Undo);
}

#[test]
fn what_init_writes_can_be_read() {
    let file = read(TEMPLATE).unwrap();
    assert_eq!(file.stages.len(), 4);
    assert_eq!(file.health, None);
    let file = read(&offered()).unwrap();
    assert!(file.health.is_some_and(|health| health.command.is_some()));
    assert!(file.window.is_some() && file.undo.is_some() && file.run_as.is_some());
    assert!(file.stages[3].by_dc && file.stages[3].reboots_ms.is_some());
}

#[test]
fn flags_make_stages_too() {
    let stages = stages_of_flags("1, 1/dc,25%/dc,all", 300_000).unwrap();
    let said: Vec<_> = stages.iter().map(|stage| (stage.name.as_str(), stage.soak_ms)).collect();
    assert_eq!(said, [("1", 300_000), ("1/dc", 300_000), ("25%/dc", 300_000), ("all", 0)]);
    assert_eq!(
        stages_of_flags("all,1/dc", 0),
        Err("the stage reaches 1/dc, which `all` before it has done already: put it before that one, or leave it out"
            .into())
    );
    assert!(stages_of_flags("1,,all", 0).is_err());
}

#[test]
fn the_examples_of_the_documentation_can_be_read() {
    let page = include_str!("../../../../../docs/rollouts.md");
    let blocks: Vec<&str> = page.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    let [example] = blocks[..] else { panic!("{} examples", blocks.len()) };
    let file = read(example).unwrap();
    assert!(file.health.is_some() && file.window.is_some() && file.undo.is_some());
    // Every window that it shows.
    let windows =
        page.split("one zone at the end:\n\n```text\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    for window in windows.lines() {
        Window::parse(window, &TimeZoneDatabase::bundled()).unwrap();
    }
    // Every key has a line that says what it is for.
    for key in crate::file::keys::all() {
        assert!(page.contains(&format!("`{key}`")), "{key}");
    }
}
