//! Captured parents that want logins signed which are not planned. Their ssh is real, and so is what it asks for; what
//! goes up has been altered.

use crate::hostile::stage::{Played, Stage};
use mcom_testbed::Fleet;
use serde_json::Value;

/// What a captured parent asks for, and what of the refusal stands in the record and in the log.
pub const REFUSED: &[(&str, &str)] = &[
    ("another-user", "for the user nobody, which is not planned"),
    ("another-service", "for the service ssh-userauth"),
    ("another-session", "for another session than"),
    ("another-key", "is none of this run"),
    ("another-algorithm", "does not sign by ssh-rsa"),
    ("bound-to-another-host", "bound to another host key"),
    ("plain-publickey", "does not bind logins to its host key"),
    ("forwarding-flag", "for forwarding an agent"),
    ("session-of-no-server", "the host key did not sign this session"),
    ("host-key-of-nobody", "the host key"),
    ("bind-with-a-tail", "what binds the session"),
    ("login-with-a-tail", "what shall be signed cannot be read"),
    ("no-login-at-all", "what shall be signed cannot be read"),
    ("certificate-by-the-way", "the plan has this host reached in another way"),
    ("session-signed-twice", "this session was signed before"),
    ("the-other-child-instead", "is not known for this host"),
    ("link-not-announced", "no link to this host to make now"),
];

/// What comes to something else than a refusal.
pub const OTHERS: [&str; 2] = ["login-after-the-link", "relay-called-impossible"];

fn played(cases: &[&str], way: &str) -> (Stage, Vec<String>, Played) {
    let stage = Stage::of(Fleet::builder().grid("mail", cases.len() + 1, 3));
    let parents: Vec<String> = (1..=cases.len()).map(|dc| format!("mail1-dc{dc}")).collect();
    for (parent, attack) in parents.iter().zip(cases) {
        stage.capture(parent, attack);
    }
    let played = stage.play("run", &["-h", "*", "--parents", "mail1-*", "--credentials", way], "echo done");
    (stage, parents, played)
}

/// The refusals of what a parent asked for.
fn refusals(played: &Played, parent: &str) -> Vec<Value> {
    let place = played.run.hosts().iter().position(|host| host == parent).unwrap();
    let events = played.run.events().into_iter();
    events.filter(|event| event["event"] == "asked" && event["by"] == place && event["verdict"] == "refused").collect()
}

#[test]
fn nothing_is_signed_but_the_planned_login() {
    let cases: Vec<&str> = REFUSED.iter().map(|case| case.0).chain([OTHERS[0]]).collect();
    let (_stage, parents, played) = played(&cases, "relay");
    let told = REFUSED.iter().map(|case| case.1).chain(["no link to this host to make now"]);
    let mut wrong = Vec::new();
    for ((parent, attack), words) in parents.iter().zip(&cases).zip(told) {
        let refused = refusals(&played, parent);
        let recorded = refused.iter().any(|event| event["reason"]["text"].as_str().unwrap_or_default().contains(words));
        // The child that got no login names the parent's datacenter, too.
        let place = parent.strip_prefix("mail1").unwrap();
        let named = played.log.lines().any(|line| line.contains(place) && line.contains(words));
        if !recorded || !named {
            wrong.push(format!("{attack} by {parent}: {refused:?}, named in the log: {named}"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}\n{}", wrong.join("\n"), played.log, played.run.keep().display());
    // The one child whose login was altered cannot be reached; everybody else is as well as ever.
    let tally = played.run.tally();
    assert_eq!((tally["refused"], tally["ok"]), (REFUSED.len(), 2 * REFUSED.len() + 6), "{}", played.log);
    assert_eq!(played.ran.code, Some(11), "{}", played.ran.err);
}

/// It lets the parent do less, is recorded, and only where nothing else was asked for.
#[test]
fn who_says_that_relay_is_impossible_gains_nothing() {
    let (_stage, parents, played) = played(&[OTHERS[1]], "auto");
    let moved: Vec<Value> = played.run.events().into_iter().filter(|event| event["said"] == "transit").collect();
    assert_eq!(moved.len(), 1, "{}", played.log);
    assert!(moved[0]["reason"]["text"].as_str().unwrap().contains("believe me"), "{moved:?}");
    assert!(played.log.contains("believe me"), "{}", played.log);
    played.others_are_ok(&[&parents[0]]);
}
