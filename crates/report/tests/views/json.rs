//! The run for programs.

use crate::fixture::{Scene, reason, text};
use crate::logins::logins;
use crate::lost::lost_parents;
use crate::story::{HOSTILE, story};
use insta::assert_snapshot;
use mcom_model::{EndedBy, Exit, HostEvent, Outcome, OutputMode, ReasonKind, What};
use mcom_report::{JsonEvents, RunView};
use serde_json::Value;

/// A run that was halted, cancelled by somebody else, and carried on.
fn resumed() -> Scene {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, Exit::Code(0), (b"hi\n", b""));
    let bad = |kind| reason(kind, "1 host is bad, --max-fail 0");
    scene.push(2000, What::Halted { by: EndedBy::MaxFail, reason: bad(ReasonKind::Halted) });
    scene.push(3000, What::CancelAsked { by: Some("bob@bastion2".into()) });
    scene.end(4000, "a2-dc1", Outcome::Unknown { reason: bad(ReasonKind::CancelPending) }, None);
    scene.finish(4000, EndedBy::Cancel);
    let hosts = std::iter::once(scene.id("a2-dc1")).collect();
    scene.push(60_000, What::Resumed { who: "bob@bastion2".into(), ms: 1_784_728_991_000, hosts });
    scene.say(61_000, "a2-dc1", HostEvent::Attached { boot: "b00t".into() });
    scene.exit(62_000, "a2-dc1", 10, Exit::Signal(15), (b"", b""));
    scene
}

#[test]
fn turns_of_a_run_pass_with_names_for_ids() {
    let scene = resumed();
    let told: String =
        json(&scene).lines().filter(|line| !line.contains("ended")).skip(2).map(|l| l.to_owned() + "\n").collect();
    assert_snapshot!(told, @r#"
    {"v":1,"run":"8f3kabcd","at_ms":2000,"event":"halted","by":"max-fail","reason":{"kind":"halted","text":"1 host is bad, --max-fail 0"}}
    {"v":1,"run":"8f3kabcd","at_ms":3000,"event":"cancel-asked","by":"bob@bastion2"}
    {"v":1,"run":"8f3kabcd","at_ms":60000,"event":"resumed","hosts":"a2-dc1","ms":1784728991000,"who":"bob@bastion2"}
    {"v":1,"run":"8f3kabcd","at_ms":61000,"event":"attached","host":"a2-dc1","dc":"dc1","boot":"b00t"}
    "#);
    let ends = objects(&scene).into_iter().filter(|object| object["event"] == "ended" && object["host"] == "a2-dc1");
    let kinds: Vec<Value> = ends.map(|object| object["outcome"]["kind"].clone()).collect();
    assert_eq!(kinds, ["unknown", "failed"]);
}

fn json(scene: &Scene) -> String {
    text(|out| {
        let (mut view, mut json) = (RunView::new(scene.info.clone()), JsonEvents::new());
        for event in &scene.events {
            view.apply(event);
            json.event(&view, event, &scene.bodies, out)?;
        }
        json.finish(&view, &scene.bodies, out)
    })
}

fn objects(scene: &Scene) -> Vec<Value> {
    json(scene).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of<'a>(objects: &'a [Value], event: &str, host: &str) -> &'a Value {
    let found = objects.iter().find(|object| object["event"] == event && object["host"] == host);
    found.unwrap_or_else(|| panic!("no {event} of {host}"))
}

#[test]
fn a_small_run() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::AtEnd);
    scene.head(0, "a1-dc1", 1);
    scene.exit_with(1000, "a1-dc1", 10, Exit::Code(0), (b"hi\n", b""), Some("changed"));
    scene.finish(2000, EndedBy::Itself);
    assert_snapshot!(json(&scene), @r#"
    {"v":1,"run":"8f3kabcd","at_ms":0,"event":"run-started","hosts":2,"started_ms":1784728931000}
    {"v":1,"run":"8f3kabcd","at_ms":0,"event":"linking","host":"a1-dc1","dc":"dc1"}
    {"v":1,"run":"8f3kabcd","at_ms":300,"event":"linked","host":"a1-dc1","dc":"dc1","ms":300,"node_shipped":false}
    {"v":1,"run":"8f3kabcd","at_ms":300,"event":"chosen","host":"a1-dc1","dc":"dc1","below":1}
    {"v":1,"run":"8f3kabcd","at_ms":301,"event":"intent","hosts":"a1-dc1","via":"a1-dc1"}
    {"v":1,"run":"8f3kabcd","at_ms":700,"event":"shipped","host":"a1-dc1","dc":"dc1","bytes":5000}
    {"v":1,"run":"8f3kabcd","at_ms":1000,"event":"body-stored","digest":"0b8b60248fad7ac6dfac221b7e01a8b91c772421a15b387dd1fb2d6a94aee438","len":3}
    {"v":1,"run":"8f3kabcd","at_ms":1000,"event":"ended","host":"a1-dc1","dc":"dc1","outcome":{"kind":"ok"},"receipt":{"cpu_ms":5,"err":{"digest":"af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262","len":0,"text":""},"exit":{"code":0},"max_rss_kib":2000,"out":{"digest":"0b8b60248fad7ac6dfac221b7e01a8b91c772421a15b387dd1fb2d6a94aee438","len":3,"text":"hi\n"},"result":"changed","run_ms":10}}
    {"v":1,"run":"8f3kabcd","at_ms":2000,"event":"run-ended","by":"itself","tally":{"failed":0,"killed":0,"not-run":0,"ok":1,"refused":0,"skipped":0,"timed-out":0,"unknown":0,"unreachable":0}}
    "#);
}

#[test]
fn every_object_says_its_version_run_time_and_event() {
    let scene = story();
    let objects = objects(&scene);
    assert_eq!(objects.len(), scene.events.len());
    for object in &objects {
        assert_eq!((&object["v"], &object["run"]), (&Value::from(1), &Value::from("8f3kabcd")));
        assert!(object["at_ms"].is_u64() && object["event"].is_string(), "{object}");
    }
    assert_eq!(objects.last().unwrap()["event"], "run-ended");
}

#[test]
fn every_host_ends_once_with_its_output() {
    let scene = story();
    let objects = objects(&scene);
    let ends = objects.iter().filter(|object| object["event"] == "ended");
    assert_eq!(ends.count(), scene.info.len());
    let failed = of(&objects, "ended", "mail3-dc2");
    assert_eq!(failed["receipt"]["err"]["text"], "nginx: [emerg] bind() to 0.0.0.0:443 failed\n");
    assert_eq!(failed["dc"], "dc2");
    // What is not text comes as base 64.
    let hostile = of(&objects, "ended", "mail2-dc3");
    assert!(HOSTILE.contains(&0xff));
    assert!(hostile["receipt"]["out"]["base64"].as_str().unwrap().starts_with("G1sySh"));
    assert_eq!(of(&objects, "linked", "mail6-dc2")["by"], "mail5-dc2");
}

#[test]
fn the_end_of_a_host_waits_for_its_output() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, Exit::Code(0), (b"hi\n", b""));
    scene.exit(1100, "a2-dc1", 10, Exit::Code(0), (b"", b""));
    scene.events.sort_by_key(|event| matches!(event.what, What::BodyStored { .. }));
    let objects = objects(&scene);
    let place = |host: &str| objects.iter().position(|object| object["event"] == "ended" && object["host"] == host);
    assert!(place("a1-dc1") > place("a2-dc1"));
}

#[test]
fn lost_and_long_output_are_said() {
    let mut scene = Scene::new(&[("dc1", &["a1-dc1", "a2-dc1"])], OutputMode::AtEnd);
    scene.exit(1000, "a1-dc1", 10, Exit::Code(0), (b"gone\n", b""));
    scene.exit(1000, "a2-dc1", 10, Exit::Code(0), (&vec![b'x'; 2 << 20], b""));
    scene.bodies.0.retain(|_, body| body != b"gone\n");
    let objects = objects(&scene);
    assert!(of(&objects, "ended", "a1-dc1")["receipt"]["out"]["lost"].is_string());
    let long = &of(&objects, "ended", "a2-dc1")["receipt"]["out"];
    assert_eq!((long["cut"].as_bool(), long["text"].as_str().unwrap().len()), (Some(true), 1 << 20));
}

#[test]
fn every_event_is_in_the_documentation() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/json.md");
    let page = std::fs::read_to_string(page).unwrap();
    for object in [story(), lost_parents(), resumed(), logins()].iter().flat_map(objects) {
        let event = object["event"].as_str().unwrap();
        assert!(page.contains(&format!("`{event}`")), "{event} is not described");
        for key in object.as_object().unwrap().keys() {
            assert!(page.contains(&format!("`{key}`")), "{key} of {event} is not described");
        }
    }
}
