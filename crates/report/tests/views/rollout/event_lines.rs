//! What happens to a rollout, a line each.

use super::told::{HOUR, MINUTE, SECOND, Told, approve, plain, resume, spec};
use insta::assert_snapshot;
use mcom_model::OutcomeKind;
use mcom_report::rollout::{EventLines, SoakBlock, event_json};
use mcom_rollout::{Answer, RolloutState, Skip, Verb};

fn lines(told: &Told) -> String {
    let (mut state, mut lines) = (RolloutState::new(told.spec.plan.hosts.len()), EventLines::new());
    let mut text = String::new();
    for event in &told.events {
        state.apply(event);
        if let Some(line) = lines.line(&told.spec, &state, event, &plain()) {
            text += &line;
            text.push('\n');
        }
    }
    text
}

fn eventful() -> Told {
    let mut told = Told::new(spec());
    told.wait(4 * SECOND).run_ends(&[]).check(&[("web7-fra1", Answer::Sick, "starting")]).wait(30 * SECOND);
    told.healthy_for(2 * HOUR).wait(20 * MINUTE).ask(approve(), "bob@bastion", Some("looks good"));
    told.wait(9 * SECOND).run_ends(&[("web70-nyc2", OutcomeKind::TimedOut)]).wait(MINUTE);
    let skip = Skip { soak: true, health: false, bad: false };
    told.ask(resume(), "bob@bastion", Some("seen")).healthy_for(MINUTE);
    told.ask(Verb::Resume(skip), "bob@bastion", Some("in a hurry"));
    told.wait(MINUTE).run_ends(&[]).healthy_for(MINUTE).ask(Verb::Pause, "alice@bastion", None);
    told.wait(12 * HOUR).ask(Verb::Abort, "alice@bastion", Some("it is \x1b[2Jlate"));
    told.wait(MINUTE).ask(Verb::Undo { skipped: true }, "alice@bastion", None).wait(MINUTE).run_ends(&[]);
    told
}

#[test]
fn a_line_for_what_is_news() {
    assert_snapshot!(lines(&eventful()), @r#"
    14:02:11Z  running at stage 1 of 4, canary
    14:02:11Z  canary: run vsadzkft on web7-fra1
    14:02:15Z  run vsadzkft ended: 1 ok
    14:02:15Z  soaking at stage 1 of 4, canary, until 16:02:15Z (in 2h)
    14:02:15Z  health: 1 SICK, here healthy; web7-fra1: starting
    14:02:45Z  health: 1 healthy, here healthy again
    16:02:15Z  AWAITING APPROVAL after stage 1 of 4, canary
    16:22:45Z  asked: approve by bob@bastion "looks good"
    16:22:45Z  running at stage 2 of 4, one-per-dc
    16:22:45Z  one-per-dc: run vyzfngs0 on 3 hosts, web3-ams1,web12-sin1,web70-nyc2
    16:22:54Z  run vyzfngs0 ended: 2 ok 1 TIMED OUT  web70-nyc2
    16:22:54Z  PAUSED at stage 2 of 4, one-per-dc: 1 host is bad, none may be
    16:23:54Z  asked: resume without the bad hosts by bob@bastion "seen"
    16:23:54Z  bad and accepted: web70-nyc2
    16:23:54Z  running at stage 2 of 4, one-per-dc
    16:23:54Z  soaking at stage 2 of 4, one-per-dc, until 18:23:54Z (in 2h)
    16:23:54Z  health: 2 healthy, here healthy
    16:24:54Z  asked: resume without the rest of the soak by bob@bastion "in a hurry"
    16:24:54Z  soaking at stage 2 of 4, one-per-dc
    16:24:54Z  running at stage 3 of 4, ten-per-dc
    16:24:54Z  ten-per-dc: run xwqbv8rb on 37 hosts, web[1-73/8]-nyc2,web[4-68/8]-fra1,web[6-70/8]-sin1,web[7-71/8]-ams1
    16:25:54Z  run xwqbv8rb ended: 37 ok
    16:25:54Z  soaking at stage 3 of 4, ten-per-dc, until 20:25:54Z (in 4h)
    16:25:54Z  health: 37 healthy, here healthy
    16:26:54Z  asked: pause by alice@bastion
    16:26:54Z  PAUSED at stage 3 of 4, ten-per-dc
    2026-07-23 04:26Z  asked: abort by alice@bastion "it is \x1b[2Jlate"
    2026-07-23 04:26Z  ABORTING at stage 3 of 4, ten-per-dc
    2026-07-23 04:26Z  ABORTED at stage 3 of 4, ten-per-dc
    2026-07-23 04:27Z  asked: undo also where it was before by alice@bastion
    2026-07-23 04:27Z  UNDOING at stage 3 of 4, ten-per-dc
    2026-07-23 04:27Z  undo: run cc0rjved on 41 hosts, web[1,9,17,25,33,41,49,57,65,70,73]-nyc2,web[3,7,15,23,31,39,47,55,63,71]-ams1…
    2026-07-23 04:28Z  run cc0rjved ended: 41 ok
    2026-07-23 04:28Z  undone
    "#);
}

#[test]
fn a_reader_that_comes_later_is_told_what_is_new_to_it() {
    let told = eventful();
    let (mut state, mut lines) = (RolloutState::new(told.spec.plan.hosts.len()), EventLines::new());
    let is_healthy = |event: &&mcom_rollout::RolloutEvent| matches!(&event.what, mcom_rollout::Happened::Checked(round) if round.sick.is_empty());
    let mut rounds = told.events.iter().filter(is_healthy);
    lines.past_event(rounds.next().unwrap());
    let second = rounds.next().unwrap();
    state.apply(second);
    assert_eq!(lines.line(&told.spec, &state, second, &plain()), None);
}

#[test]
fn an_object_for_each() {
    let told = eventful();
    let mut kinds = std::collections::BTreeMap::new();
    for event in &told.events {
        let line = event_json(&told.spec, event);
        let object: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!((object["v"].as_u64(), object["rollout"].as_str()), (Some(1), Some("8f3kabcd")), "{line}");
        assert_eq!(object["at_ms"].as_u64(), Some(event.at_ms));
        kinds.entry(object["event"].as_str().unwrap().to_owned()).or_insert(line);
    }
    let texts: Vec<String> = kinds.into_values().collect();
    assert_snapshot!(texts.concat(), @r#"
    {"v":1,"rollout":"8f3kabcd","name":"nginx-fix","at_ms":1784737434000,"event":"accepted","hosts":"web70-nyc2"}
    {"v":1,"rollout":"8f3kabcd","name":"nginx-fix","at_ms":1784737365000,"event":"asked","reason":"looks good","verb":"approve","who":"bob@bastion"}
    {"v":1,"rollout":"8f3kabcd","name":"nginx-fix","at_ms":1784728931000,"event":"became","stage":"canary","state":"pending"}
    {"v":1,"rollout":"8f3kabcd","name":"nginx-fix","at_ms":1784728935000,"event":"checked","global":"healthy","healthy":"","healthy_hosts":0,"inconclusive":"","inconclusive_hosts":0,"said":[{"host":"web7-fra1","said":"starting"}],"sick":"web7-fra1","sick_hosts":1}
    {"v":1,"rollout":"8f3kabcd","name":"nginx-fix","at_ms":1784728931000,"event":"run-begun","hosts":"web7-fra1","run":"vsadzkft","stage":"canary"}
    {"v":1,"rollout":"8f3kabcd","name":"nginx-fix","at_ms":1784728935000,"event":"run-ended","ends":{"ok":"web7-fra1"},"run":"vsadzkft","tally":{"failed":0,"killed":0,"not-run":0,"ok":1,"refused":0,"skipped":0,"timed-out":0,"unknown":0,"unreachable":0}}
    "#);
}

#[test]
fn the_block_is_one_line_that_is_redrawn() {
    let mut block = SoakBlock::default();
    assert_eq!(block.frame("", "soaking"), "soaking\x1b[K\n");
    assert_eq!(block.frame("", "soaking on"), "\x1b[1A\rsoaking on\x1b[K\n");
    assert_eq!(block.frame("news\n", "soaking"), "\x1b[1A\r\x1b[Jnews\nsoaking\x1b[K\n");
    assert_eq!(block.erase(), "\x1b[1A\r\x1b[J");
}
