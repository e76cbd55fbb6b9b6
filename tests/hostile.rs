//! Hostile hosts against the real programs: `mcom-evil` (crates/hostile) stands in the node's place on captured hosts.
//! Each attempt is refused, recorded, and named in the log with its host, and the other hosts end ok.
//!
//! | attempt | what stops it | test here |
//! |---|---|---|
//! | `no-hello` `hello-twice` `another-protocol` | the first message is a hello, and only that | `child` |
//! | `another-node` | the digest of the node that was started | `child` |
//! | `unknown-kind` `blob-upwards` `answer-upwards` `password-upwards` `cancel-upwards` `no-json` `deep-json` `control-with-a-stream` `output-of-no-stream` `output-too-short` `body-too-short` `ask-with-a-lying-length` | the decoder: kinds by direction, fixed prefixes | `child` |
//! | `huge-control` `huge-output` `huge-hello` | lengths are checked before anything is allocated | `child` |
//! | `ended-before-it-started` `started-twice` `claimed-twice` `not-run-after-its-start` `ended-twice` | the phase of each host | `child` |
//! | `ended-without-a-receipt` `ok-with-a-failure` `failed-otherwise` | the receipt | `child` |
//! | `output-beyond-what-is-allowed` `output-with-a-gap` `output-at-the-end-of-numbers` `output-before-its-start` `output-of-nothing` `printed-beyond-the-cap` | credit and offsets of each stream | `child` |
//! | `body-of-another-name` `need-of-no-blob` `transit-by-itself` | digests; what is the coordinator's own to say | `child` |
//! | `escapes-in-a-reason` `escapes-in-a-hello` `escapes-in-a-result`, and in output | the one sanitiser | `text` |
//! | `a-long-reason` `a-long-result` `a-long-boot` | text is cut where it is read | `text` |
//! | `endless-output` `endless-bodies` | credit, two bodies a host | `floods` |
//! | `endless-printed` `endless-claims-of-others` `endless-waiting` | so many words for each host below a link | `floods` |
//! | `a-hundred-thousand-pongs` `a-gigabyte-before-the-hello` `a-gigabyte-of-errors` | nothing of it is kept | `floods` |
//! | `half-a-frame` `silence` `silence-from-the-start` | a silent link is dead, and the host is asked again | `silence` |
//! | `result-for-a-foreign-host` `result-for-no-host` `output-of-a-foreign-host` `output-gone-of-a-foreign-host` `lost-a-foreign-parent` | a link speaks for the hosts below it | `parent` |
//! | `link-by-a-foreign-parent` `link-by-nobody` `result-without-a-start` | so does a parent, and the phase of each host | `parent` |
//! | `ask-for-a-foreign-host` `ask-in-a-foreign-name` | both ends of the edge are below the link | `parent` |
//! | `another-user` `another-service` `another-session` `another-key` `another-algorithm` `login-with-a-tail` `no-login-at-all` | the login is the planned one, to the byte | `credentials` |
//! | `bound-to-another-host` `plain-publickey` `the-other-child-instead` `host-key-of-nobody` | the login is bound to the key that is known for the child | `credentials` |
//! | `forwarding-flag` `session-of-no-server` `bind-with-a-tail` | the host key has signed this session, for a login | `credentials` |
//! | `session-signed-twice` `login-after-the-link` `link-not-announced` | a session is signed once, for a link that is being made | `credentials` |
//! | `certificate-by-the-way` | the plan's way | `credentials` |
//! | `relay-called-impossible` | transit, which lets the parent do less | `credentials` |
//! | every other message to the private agent, a second connection, another user | the agent | `crates/driver/src/agent` |

mod child;
mod credentials;
mod floods;
mod parent;
mod silence;
mod stage;
mod text;

#[test]
fn every_attack_is_played_and_listed() {
    let tables = [child::CASES, floods::CASES, parent::CASES, silence::CASES, text::CASES];
    let mut played: Vec<&str> = tables.iter().flat_map(|cases| cases.iter().map(|case| case.attack)).collect();
    played.extend(credentials::REFUSED.iter().map(|case| case.0));
    played.extend(credentials::OTHERS);
    let listed = include_str!("hostile.rs");
    for attack in mcom_hostile::names() {
        assert!(played.contains(&attack), "{attack} is not played");
        assert!(listed.contains(&format!("`{attack}`")), "{attack} is not in the table");
    }
    assert_eq!(played.len(), mcom_hostile::names().count(), "each is played in one place");
}
