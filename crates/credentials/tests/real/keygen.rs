//! Keys and known_hosts files as ssh-keygen makes and reads them.

use super::bench::{Room, run};
use crate::maker::string;
use mcom_credentials::{KeyFile, KnownHosts, PublicIdentity};
use std::path::Path;
use std::process::Command;

#[test]
fn keys_of_ssh_keygen_are_read_with_and_without_a_passphrase() {
    let room = Room::new();
    let kinds = [("ed25519", "256"), ("ecdsa", "256"), ("ecdsa", "384"), ("ecdsa", "521"), ("rsa", "2048")];
    for (at, (kind, bits)) in kinds.into_iter().enumerate() {
        let (open, locked) = (format!("open-{at}"), format!("locked-{at}"));
        room.keygen(&open, kind, bits, "");
        assert_eq!(room.private(&open).public(), &room.public(&format!("{open}.pub")));
        room.keygen(&locked, kind, bits, "pass phrase");
        let file = KeyFile::parse(&std::fs::read(room.path(&locked)).unwrap()).unwrap();
        assert_eq!(file.public().blob(), room.public(&format!("{locked}.pub")).blob());
        let KeyFile::Locked(key) = file else { panic!("{kind} {bits} has a passphrase") };
        assert_eq!(key.unlock(b"pass phrase").unwrap().public(), &room.public(&format!("{locked}.pub")));
    }
}

/// The keys of a file that `ssh-keygen -F` finds for a name.
fn theirs(file: &Path, sought: &str) -> Vec<String> {
    let output = Command::new("ssh-keygen").arg("-F").arg(sought).arg("-f").arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.map(|line| line.split_once(' ').unwrap().1.to_owned()).collect()
}

#[test]
fn known_hosts_are_found_as_ssh_keygen_finds_them() {
    let room = Room::new();
    let fields = [
        "mail7",
        "mail8,10.1.0.7",
        "[mail7]:2222",
        "MAIL9",
        "web*,!web3",
        "!web4,web?",
        "*.example.org",
        "db??",
        "fd00::1",
        "[fd00::1]:2222",
        "[web*]:2222",
    ];
    let names = [
        "mail7",
        "Mail7",
        "mail8",
        "mail9",
        "10.1.0.7",
        "web1",
        "web3",
        "web4",
        "web55",
        "a.example.org",
        "example.org",
        "db1",
        "db12",
        "fd00::1",
        "nobody",
    ];
    let lines = fields.iter().zip(1..).map(|(field, at)| {
        let blob = [string("ssh-ed25519"), string([at; 32])].concat();
        format!("{field} {}\n", PublicIdentity::from_blob(blob.into(), "").unwrap().to_line())
    });
    room.write("known_hosts", &lines.collect::<String>());
    let file = room.path("known_hosts");
    for hashed in [false, true] {
        if hashed {
            run(Command::new("ssh-keygen").args(["-q", "-H", "-f"]).arg(&file));
        }
        let mut book = KnownHosts::default();
        assert_eq!(book.read(&room.text("known_hosts")), []);
        for name in names {
            // ssh looks for names in small letters, ssh-keygen for what it is given.
            let small = name.to_lowercase();
            assert_eq!(book.keys_of(name, 22), theirs(&file, &small), "{name}, hashed: {hashed}");
            let mut with_port = theirs(&file, &format!("[{small}]:2222"));
            if with_port.is_empty() {
                with_port = theirs(&file, &small);
            }
            assert_eq!(book.keys_of(name, 2222), with_port, "[{name}]:2222, hashed: {hashed}");
        }
    }
}
