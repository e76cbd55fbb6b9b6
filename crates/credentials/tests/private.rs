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
    let whole = file("ed25519");
    let cut = &whole[..whole.len() / 2];
    let public = private("ed25519").public().to_line();
    for text in
        [b"", cut, public.as_bytes(), b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN OPENSSH PRIVATE KEY-----\n"]
    {
        assert_eq!(KeyFile::parse(text).unwrap_err(), KeyFileError::NotAKey);
    }
    assert_eq!(KeyFileError::NotAKey.mend("FILE"), None);
    assert_eq!(KeyFileError::WrongPassphrase.mend("FILE"), None);
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
