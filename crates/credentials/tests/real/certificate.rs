//! Certificates made here, as ssh-keygen reads them and as sshd keeps to them.

use super::bench::{Room, run, user};
use mcom_credentials::{CertificateRequest, PublicIdentity, SignRequest};
use std::process::{Command, Output};
use std::time::{SystemTime, UNIX_EPOCH};

fn now_s() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A certificate for the key `user` by the key `authority` of the room.
fn certify(room: &Room, name: &str, addresses: &[String], (from, to): (u64, u64)) -> PublicIdentity {
    let key = room.public("user.pub");
    let request = CertificateRequest {
        key: &key,
        user: name,
        valid_from_s: from,
        valid_to_s: to,
        source_addresses: addresses,
        command: "echo pinned",
        serial: 7,
        id: "mcom 20260722T140211 mail3",
        nonce: [5; 32],
    };
    let authority = room.private("authority");
    let flags = if authority.public().algorithm() == "ssh-rsa" { SignRequest::RSA_SHA2_512 } else { 0 };
    let unsigned = request.unsigned(authority.public()).unwrap();
    let signature = authority.sign(unsigned.to_sign(), flags).unwrap();
    let certificate = unsigned.finish(&signature).unwrap();
    room.write("user-cert.pub", &format!("{}\n", certificate.to_line()));
    certificate
}

#[test]
fn ssh_keygen_reads_what_a_certificate_says() {
    for (kind, bits, authority) in [("ed25519", "256", "ed25519"), ("ecdsa", "384", "ecdsa"), ("rsa", "2048", "rsa")] {
        let room = Room::new();
        room.keygen("user", kind, bits, "");
        room.keygen("authority", authority, bits, "");
        let addresses = ["10.0.0.0/8".to_owned(), "fd00::1".to_owned()];
        let certificate = certify(&room, "ops", &addresses, (1_800_000_000, 1_800_000_600));
        let mut command = Command::new("ssh-keygen");
        let said = run(command.env("TZ", "UTC").arg("-L").arg("-f").arg(room.path("user-cert.pub")));
        let lines: Vec<&str> = said.lines().skip(1).map(str::trim).collect();
        let expected = [
            format!("Type: {} user certificate", certificate.algorithm()),
            format!("Public key: {}-CERT {}", kind.to_uppercase(), room.public("user.pub").fingerprint()),
            format!(
                "Signing CA: {} {} (using {})",
                authority.to_uppercase(),
                room.public("authority.pub").fingerprint(),
                if authority == "rsa" {
                    "rsa-sha2-512".into()
                } else {
                    room.public("authority.pub").algorithm().to_owned()
                },
            ),
            "Key ID: \"mcom 20260722T140211 mail3\"".into(),
            "Serial: 7".into(),
            "Valid: from 2027-01-15T08:00:00 to 2027-01-15T08:10:00".into(),
            "Principals:".into(),
            "ops".into(),
            "Critical Options:".into(),
            "force-command echo pinned".into(),
            "source-address 10.0.0.0/8,fd00::1".into(),
            "Extensions: (none)".into(),
        ];
        assert_eq!(lines, expected);
    }
}

/// Logs in with a certificate for this user, from these addresses, of this time.
fn log_in(name: &str, addresses: &str, time: (u64, u64)) -> Output {
    let room = Room::new();
    for key in ["host", "user", "authority"] {
        room.keygen(key, "ed25519", "", "");
    }
    certify(&room, name, &[addresses.to_owned()], time);
    let path = |name: &str| room.path(name).display().to_string();
    room.write("known_hosts", &format!("child {}", room.text("host.pub")));
    let (port, server) = room.serve(&format!(
        "HostKey {}\nTrustedUserCAKeys {}\nAuthorizedKeysFile none",
        path("host"),
        path("authority.pub")
    ));
    let client =
        format!("IdentityAgent none\nIdentityFile {}\nCertificateFile {}", path("user"), path("user-cert.pub"));
    let output = room.ssh(port, &client, "echo anything else");
    server.join().unwrap();
    output
}

#[test]
fn sshd_lets_a_certificate_in_for_its_user_from_its_place_in_its_time_for_its_command() {
    let now = now_s();
    let time = (now - 60, now + 600);
    let output = log_in(&user(), "127.0.0.0/8", time);
    assert_eq!(output.stdout, b"pinned\n", "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(log_in("somebody-else", "127.0.0.0/8", time).stdout, b"");
    assert_eq!(log_in(&user(), "192.0.2.1", time).stdout, b"");
    assert_eq!(log_in(&user(), "127.0.0.0/8", (now - 60, now - 1)).stdout, b"");
    assert_eq!(log_in(&user(), "127.0.0.0/8", (now + 60, now + 600)).stdout, b"");
}
