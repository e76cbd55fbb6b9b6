//! Private keys from files, with and without a passphrase.

use crate::maker::{file, private};
use mcom_credentials::{KeyFile, KeyFileError, LockedIdentity};

fn locked(name: &str) -> LockedIdentity {
    match KeyFile::parse(&file(name)).unwrap() {
        KeyFile::Locked(key) => key,
        KeyFile::Open(_) => panic!("{name} has no passphrase"),
    }
}

#[test]
fn a_key_is_unlocked_by_its_passphrase_alone() {
    for name in ["locked-ed25519", "locked-rsa", "locked-gcm", "locked-chacha"] {
        let locked = locked(name);
        for wrong in [&b"correct"[..], b"", b"correct horse ", b"Correct horse"] {
            assert_eq!(locked.unlock(wrong).err(), Some(KeyFileError::WrongPassphrase), "{name}");
        }
        let open = locked.unlock(b"correct horse").unwrap();
        assert_eq!(open.public().blob(), locked.public().blob());
        assert_eq!(open.public().comment(), "for tests only");
        assert_eq!(locked.public().comment(), "");
    }
}

#[test]
fn the_public_key_takes_no_passphrase() {
    let parsed = KeyFile::parse(&file("locked-rsa")).unwrap();
    assert_eq!(parsed.public().algorithm(), "ssh-rsa");
    let parsed = KeyFile::parse(&file("ed25519")).unwrap();
    assert_eq!(parsed.public(), private("ed25519").public());
}

#[test]
fn an_old_file_says_what_to_type() {
    for name in ["old-rsa", "old-ecdsa"] {
        let error = KeyFile::parse(&file(name)).unwrap_err();
        assert_eq!(error, KeyFileError::OldFormat, "{name}");
    }
    let mend = KeyFileError::OldFormat.mend("/home/a/.ssh/id_rsa").unwrap();
    assert_eq!(
        mend,
        "write it anew: ssh-keygen -p -f /home/a/.ssh/id_rsa; or let an agent hold it: ssh-add /home/a/.ssh/id_rsa"
    );
}

#[test]
fn a_key_that_only_an_agent_signs_with_says_so() {
    assert_eq!(KeyFile::parse(&file("dsa")).unwrap_err(), KeyFileError::OnlyInAgent);
    assert_eq!(KeyFileError::OnlyInAgent.mend("FILE").unwrap(), "let an agent hold it: ssh-add FILE");
}

#[test]
fn what_is_no_key_says_so() {
    let public = private("ed25519").public().to_line();
    for text in ["", &public, "-----BEGIN CERTIFICATE-----\n", "-----BEGIN RSA PUBLIC KEY-----\n", "PRIVATE KEY-----\n"]
    {
        assert_eq!(KeyFile::parse(text.as_bytes()).unwrap_err(), KeyFileError::NotAKey, "{text}");
    }
    assert_eq!(KeyFileError::NotAKey.mend("FILE"), None);
    assert_eq!(KeyFileError::WrongPassphrase.mend("FILE"), None);
}

#[test]
fn a_damaged_key_says_so() {
    let whole = file("ed25519");
    let text = String::from_utf8(whole.clone()).unwrap();
    let (begin, end) = ("-----BEGIN OPENSSH PRIVATE KEY-----", "-----END OPENSSH PRIVATE KEY-----");
    let damaged = [
        text[..text.len() / 2].to_owned(),
        text.replace("AAAA", "AA*A"),
        format!("{begin}\n{end}\n"),
        format!("{begin}\nAAAA\n{end}\n"),
        begin.to_owned(),
    ];
    for text in damaged {
        assert_eq!(KeyFile::parse(text.as_bytes()).unwrap_err(), KeyFileError::Unreadable, "{text}");
    }
    assert_eq!(KeyFileError::Unreadable.mend("FILE").unwrap(), "let an agent hold it: ssh-add FILE");
}

#[test]
fn lines_may_be_of_any_length_and_end() {
    let text = String::from_utf8(file("locked-ed25519")).unwrap();
    let mut lines = text.lines();
    let (begin, end) = (lines.next().unwrap(), lines.next_back().unwrap());
    let body: String = lines.collect();
    let wrapped = |width: usize, eol: &str| {
        let lines: Vec<&str> = body.as_bytes().chunks(width).map(|line| std::str::from_utf8(line).unwrap()).collect();
        format!("{begin}{eol}{}{eol}{end}", lines.join(eol))
    };
    for (width, eol) in [(64, "\n"), (70, "\r\n"), (76, "\n"), (body.len(), "\n")] {
        let file = KeyFile::parse(wrapped(width, eol).as_bytes()).unwrap();
        assert_eq!(file.public(), locked("locked-ed25519").public(), "{width}");
    }
}

#[test]
fn a_key_signs_only_as_it_can() {
    for (name, flags) in [("ed25519", 2), ("ecdsa-256", 4), ("rsa-2048", 0), ("rsa-2048", 1), ("rsa-2048", 6)] {
        assert_eq!(private(name).sign(b"data", flags), Err(KeyFileError::CannotSign), "{name} {flags}");
    }
}

#[test]
fn signing_again_gives_the_same_signature() {
    for (name, flags) in [("ed25519", 0), ("ecdsa-384", 0), ("rsa-2048", 2), ("rsa-2048", 4)] {
        let key = private(name);
        assert_eq!(key.sign(b"data", flags).unwrap(), key.sign(b"data", flags).unwrap(), "{name}");
        assert_ne!(key.sign(b"data", flags).unwrap(), key.sign(b"date", flags).unwrap(), "{name}");
    }
}

#[test]
fn a_private_key_is_never_printed() {
    let key = private("ed25519");
    assert_eq!(format!("{key:?}"), format!("PrivateIdentity({})", key.public().fingerprint()));
    let locked = locked("locked-ed25519");
    assert_eq!(format!("{locked:?}"), format!("LockedIdentity({})", locked.public().fingerprint()));
}
