//! Which keys are offered, and what is asked of the operator for them.

use crate::authority::stand::{RealAgent, keygen, login, prepared, relayed, settings, typed};
use crate::bed::{Bed, spec};
use mcom_driver::authority::{AuthorityError, OperatorAuthority};
use mcom_driver::run::Authority;
use mcom_driver::ssh::SshClient;
use mcom_model::{AskKind, limits};
use mcom_testbed::Fleet;
use std::path::{Path, PathBuf};

fn bed() -> Bed {
    Bed::new(Fleet::builder().host("dc1", "a").host("dc1", "b"))
}

/// A configuration with nothing but these lines.
fn config(folder: &Path, lines: &[String]) -> PathBuf {
    let file = folder.join("config");
    std::fs::write(&file, lines.join("\n") + "\n").unwrap();
    file
}

fn comments(authority: &OperatorAuthority) -> Vec<String> {
    let identities = authority.handout().identities;
    identities.iter().map(|line| line.splitn(3, ' ').nth(2).unwrap_or_default().to_owned()).collect()
}

#[test]
fn keys_stand_in_the_order_of_ssh() {
    let bed = bed();
    let folder = tempfile::tempdir().unwrap();
    let agent = RealAgent::start();
    let key = |name: &str| {
        let file = folder.path().join(name);
        keygen(&file, "");
        crate::authority::stand::run("ssh-keygen", &["-q", "-c", "-C", name, "-f", file.to_str().unwrap()]);
        file
    };
    let [named, held, loose] = ["named", "held", "loose"].map(key);
    agent.add(&[loose.to_str().unwrap()]);
    agent.add(&[held.to_str().unwrap()]);
    let mut lines = vec![agent.option(), "IdentitiesOnly no".into()];
    lines.extend([&named, &held].map(|file| format!("IdentityFile {}", file.display())));
    let plan = relayed(&["a", "b"]);
    let offered =
        |lines: &[String]| comments(&prepared(&settings(&bed, &config(folder.path(), lines), &[]), &plan).unwrap());
    assert_eq!(offered(&lines), ["held", "loose", "named"]);
    lines[1] = "IdentitiesOnly yes".into();
    assert_eq!(offered(&lines), ["held", "named"]);
    lines[0] = "IdentityAgent none".into();
    assert_eq!(offered(&lines), ["named", "held"]);
    // The private half need not be here.
    std::fs::remove_file(&held).unwrap();
    assert_eq!(offered(&lines), ["named"]);
    lines[0] = agent.option();
    assert_eq!(offered(&lines), ["held", "named"]);
}

#[test]
fn no_more_keys_are_offered_than_sshd_hears() {
    let bed = bed();
    let folder = tempfile::tempdir().unwrap();
    let files = (0..limits::IDENTITIES + 2).map(|number| folder.path().join(format!("k{number}")));
    let lines = files.map(|file| {
        keygen(&file, "");
        format!("IdentityFile {}", file.display())
    });
    let lines: Vec<String> = lines.chain(["IdentityAgent none".into()]).collect();
    let authority = prepared(&settings(&bed, &config(folder.path(), &lines), &[]), &relayed(&["a", "b"])).unwrap();
    assert_eq!(authority.handout().identities.len(), limits::IDENTITIES);
    assert!(authority.notices().iter().any(|notice| notice.contains("2 more")), "{:?}", authority.notices());
}

#[test]
fn no_key_at_all_says_what_to_type() {
    let bed = bed();
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let config = config(folder.path(), &["IdentityAgent none".into(), format!("IdentityFile {}", missing.display())]);
    let error = prepared(&settings(&bed, &config, &[]), &relayed(&["a", "b"])).unwrap_err();
    let AuthorityError::NoIdentity { causes, mends } = error else { panic!("{error}") };
    assert_eq!(causes, ["no agent is set".to_owned(), format!("there is no {}", missing.display())]);
    let typed = ["eval \"$(ssh-agent)\"", "ssh-add FILE", "--identity FILE"];
    // Another way of reaching the children takes a key just as well.
    assert_eq!(mends.len(), typed.len(), "{mends:?}");
    assert!(mends.iter().zip(typed).all(|(mend, word)| mend.contains(word)), "{mends:?}");
}

#[test]
fn a_key_that_ssh_alone_reads_lets_parents_do_without() {
    let bed = bed();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("odd");
    std::fs::write(&file, "no key that is read here\n").unwrap();
    let config = config(folder.path(), &["IdentityAgent none".into(), format!("IdentityFile {}", file.display())]);
    let error = prepared(&settings(&bed, &config, &[]), &relayed(&["a", "b"])).unwrap_err();
    let AuthorityError::NoIdentity { mends, .. } = error else { panic!("{error}") };
    for word in ["--credentials transit", "--credentials own"] {
        assert!(mends.iter().any(|mend| mend.contains(word)), "{mends:?}");
    }
}

/// A fleet whose key takes a passphrase.
fn locked(bed: &Bed) -> PathBuf {
    let key = bed.fleet.dir().join("client_key");
    crate::authority::stand::run("ssh-keygen", &["-q", "-p", "-N", "open sesame", "-f", key.to_str().unwrap()]);
    key
}

#[tokio::test]
async fn a_passphrase_is_asked_for_once_and_serves_parents_and_own_links() {
    let bed = bed();
    let key = locked(&bed);
    let settings = settings(&bed, &bed.fleet.ssh_config(), &[]);
    let plan = relayed(&["a", "b"]);
    let AuthorityError::NoIdentity { causes, mends } = prepared(&settings, &plan).unwrap_err() else { panic!() };
    assert!(causes.contains(&format!("{} is locked", key.display())), "{causes:?}");
    assert!(mends.iter().any(|mend| mend.ends_with(&format!("ssh-add {}", key.display()))), "{mends:?}");
    let (mut authority, asked) = typed(&settings, &plan, &["wrong", "open sesame"]);
    assert_eq!(asked, 2, "a slip is asked for again");
    login(&bed, &mut authority, AskKind::Signature, 0, 1, "b").await.reached.unwrap();
    let client = SshClient::with_agent(&settings.long, authority.agent_socket()).unwrap();
    let _linked = client.connect(&spec("a")).await.unwrap();
    let socket = authority.agent_socket().unwrap().to_owned();
    drop(authority);
    assert!(!socket.exists());
}

#[test]
fn a_locked_key_that_the_agent_holds_is_asked_about_nowhere() {
    let bed = bed();
    let agent = RealAgent::start();
    agent.add(&[bed.fleet.dir().join("client_key").to_str().unwrap()]);
    locked(&bed);
    let settings = settings(&bed, &bed.fleet.ssh_config(), &[&agent.option()]);
    let (authority, asked) = typed(&settings, &relayed(&["a", "b"]), &[]);
    assert_eq!((asked, authority.handout().identities.len()), (0, 1));
}

#[test]
fn a_named_key_comes_first_and_a_locked_one_that_nobody_opens_is_said() {
    let bed = bed();
    let folder = tempfile::tempdir().unwrap();
    let named = folder.path().join("named");
    keygen(&named, "secret");
    let mut settings = settings(&bed, &bed.fleet.ssh_config(), &[]);
    settings.identity_files = vec![named.clone()];
    let plan = relayed(&["a", "b"]);
    let authority = prepared(&settings, &plan).unwrap();
    assert_eq!(authority.handout().identities.len(), 1);
    let said = format!("ssh-add {}", named.display());
    assert!(authority.notices().iter().any(|notice| notice.contains(&said)), "{:?}", authority.notices());
    let (authority, _) = typed(&settings, &plan, &["secret"]);
    let first = authority.handout().identities[0].clone();
    assert!(crate::authority::stand::public(&named).to_line().starts_with(&first), "{first}");
}

#[test]
fn nobody_holds_keys_where_no_parent_asks() {
    let mut plan = relayed(&["a", "b"]);
    assert!(OperatorAuthority::needed(&plan));
    plan.shape.depth = Some(1);
    assert!(!OperatorAuthority::needed(&plan), "the coordinator links every host itself");
    assert!(!OperatorAuthority::needed(&relayed(&["a"])));
    let own = mcom_model::Plan { credentials: mcom_model::Credentials::Transit, ..relayed(&["a", "b"]) };
    assert!(!OperatorAuthority::needed(&own));
}
