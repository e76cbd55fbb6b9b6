//! Certificates for the keys of parents, by a key of the operator's.

use crate::authority::stand::{RealAgent, answer, asked, keygen, login, prepared, relayed, run, settings, typed};
use crate::bed::Bed;
use mcom_credentials::PublicIdentity;
use mcom_driver::authority::{AuthorityError, AuthoritySettings, CaKey, CaSettings};
use mcom_model::{AskKind, Credentials, Plan, Verdict};
use mcom_testbed::Fleet;
use std::path::Path;
use std::time::Duration;

fn certified() -> Plan {
    Plan { credentials: Credentials::Certificate, ..relayed(&["a", "b"]) }
}

fn with_ca(bed: &Bed, key: CaKey) -> AuthoritySettings {
    let ca = CaSettings { key, source: vec![], valid: Duration::from_secs(120) };
    AuthoritySettings { ca: Some(ca), ..settings(bed, &bed.fleet.ssh_config(), &[]) }
}

/// A fleet whose hosts trust this authority and no key.
fn bed(folder: &Path, passphrase: &str) -> Bed {
    let ca = folder.join("ca");
    keygen(&ca, passphrase);
    let trusts = format!("TrustedUserCAKeys {}", ca.with_extension("pub").display());
    Bed::new(
        Fleet::builder()
            .host("dc1", "a")
            .host("dc1", "b")
            .with("b", |host| host.sshd_config(&trusts).sshd_config("AuthorizedKeysFile none")),
    )
}

#[tokio::test]
async fn a_parent_logs_in_with_a_certificate_for_its_run() {
    let folder = tempfile::tempdir().unwrap();
    let bed = bed(folder.path(), "sesame");
    let mut settings = with_ca(&bed, CaKey::File(folder.path().join("ca")));
    // Every login on this machine comes from here, whichever host makes it.
    settings.ca.as_mut().unwrap().source = vec!["127.0.0.1".into()];
    let (mut authority, asked) = typed(&settings, &certified(), &["sesame"]);
    assert_eq!(asked, 1);
    let there = login(&bed, &mut authority, AskKind::Certificate, 0, 1, "b").await;
    let [Verdict::Granted { host_key: None, .. }] = &there.verdicts[..] else { panic!("{:?}", there.verdicts) };
    there.reached.unwrap();
}

#[test]
fn a_certificate_says_who_from_where_for_what_and_until_when() {
    let folder = tempfile::tempdir().unwrap();
    let bed = bed(folder.path(), "");
    let agent = RealAgent::start();
    agent.add(&[folder.path().join("ca").to_str().unwrap()]);
    let fingerprint = PublicIdentity::from_line(&std::fs::read_to_string(folder.path().join("ca.pub")).unwrap());
    let mut settings = with_ca(&bed, CaKey::read(&format!("agent:{}", fingerprint.unwrap().fingerprint())));
    settings.long.options.push(agent.option());
    settings.ca.as_mut().unwrap().source = vec!["192.0.2.0/24".into()];
    let mut authority = prepared(&settings, &certified()).unwrap();
    let key = keygen(&folder.path().join("parents"), "");
    let said = (AskKind::Certificate, bytes::Bytes::new(), key.blob().clone());
    let (_, granted) = answer(&mut authority, &asked(3, 0, 1, &said));
    let certificate = PublicIdentity::from_blob(granted.unwrap(), "").unwrap();
    let file = folder.path().join("certificate.pub");
    std::fs::write(&file, certificate.to_line() + "\n").unwrap();
    let text = run("ssh-keygen", &["-L", "-f", file.to_str().unwrap()]);
    let user = run("id", &["-un"]);
    let source = format!("source-address {},192.0.2.0/24", bed.fleet.address("a").unwrap().ip());
    for part in ["user certificate", "force-command", &source, "Extensions: (none)"] {
        assert!(text.contains(part), "{part} is missing from {text}");
    }
    assert!(text.contains(user.trim()) && text.contains("mcom "), "{text}");
}

#[test]
fn an_authority_that_cannot_sign_is_said_before_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let bed = bed(folder.path(), "sesame");
    for (key, why) in [
        (CaKey::File(folder.path().join("ca")), "ssh-add"),
        (CaKey::File(folder.path().join("missing")), "No such file"),
        (CaKey::Agent("SHA256:x".into()), "no agent is set"),
    ] {
        let error = prepared(&with_ca(&bed, key), &certified()).unwrap_err();
        assert!(matches!(error, AuthorityError::Ca { .. }) && error.to_string().contains(why), "{error}");
    }
    let none = settings(&bed, &bed.fleet.ssh_config(), &[]);
    assert!(matches!(prepared(&none, &certified()).unwrap_err(), AuthorityError::Ca { .. }));
}
