//! What fuzzing has kept is run by every target, each on its own files.

use crate::fixture::Fixture;
use crate::maker::{file, string, user_certificate};
use crate::rules::RECORDED;
use crate::targets::ALL;
use mcom_credentials::{SignRequest, agent};
use std::path::{Path, PathBuf};

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

#[test]
fn the_kept_fuzz_corpus_passes() {
    for (name, target) in ALL {
        let files: Vec<PathBuf> = std::fs::read_dir(folder(name)).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.iter().for_each(|file| target(&std::fs::read(file).unwrap()));
        assert!(files.len() >= 3, "the corpus of {name} is missing: {} files", files.len());
    }
}

/// What the corpus begins with: what real programs said, and what is made like it.
#[test]
#[ignore = "writes fuzz/corpus anew"]
fn write_the_corpus() {
    let write = |target: &str, name: &str, bytes: &[u8]| {
        std::fs::create_dir_all(folder(target)).unwrap();
        std::fs::write(folder(target).join(name), bytes).unwrap();
    };
    for name in RECORDED.into_iter().chain(["old-sshd"]) {
        let fixture = Fixture::read(name);
        let sign = SignRequest::parse(&fixture.request).unwrap();
        write("bind", name, &fixture.bind);
        write("login", name, &sign.data);
        write("login", &format!("{name}-request"), &fixture.request);
        let len = u16::try_from(fixture.bind.len()).unwrap().to_be_bytes();
        write("judge", name, &[&len[..], &fixture.bind, &fixture.request].concat());
        write("public_key", name, &sign.key);
        let messages = [
            agent::session_bind_request(&fixture.bind),
            agent::identities_request(),
            agent::sign_request(&fixture.request),
        ];
        write("agent", name, &messages.concat());
        write("agent", &format!("{name}-answers"), &agent::identities_answer(&fixture.identities));
    }
    write("agent", "signature", &[agent::signature_answer(&string("x")), agent::SUCCESS.to_vec()].concat());
    write("public_key", "certificate", user_certificate("ecdsa-521").blob());
    write("public_key", "line", user_certificate("ed25519").to_line().as_bytes());
    write("known_hosts", "hashed", include_bytes!("fixtures/hashed_known_hosts"));
    let line = crate::maker::line("ed25519");
    write("known_hosts", "patterns", format!("mail?,!mail8,*.org {line}\n[mail7]:2222 {line}\n").as_bytes());
    write("known_hosts", "markers", format!("@cert-authority * {line}\n@revoked mail7 {line}\n").as_bytes());
    for name in ["ed25519", "ecdsa-256", "ecdsa-384", "ecdsa-521", "rsa-2048", "locked-ed25519", "old-rsa", "dsa"] {
        write("private_key", name, &file(name));
    }
}
