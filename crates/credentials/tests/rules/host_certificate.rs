//! Rule four for hosts that show a certificate.

use crate::maker::{HostCertificate, Maker, line, private, public};
use mcom_credentials::{Malformed, Refusal};

fn judge_blob(blob: Vec<u8>, known: Vec<String>) -> Result<(), Refusal> {
    let mut maker = Maker { shown: Some(blob), ..Maker::default() };
    maker.access.keys = known;
    maker.fixture().judge().map(|_| ())
}

fn authority(name: &str) -> Vec<String> {
    vec![format!("@cert-authority {}", line(name))]
}

fn judge(certificate: &HostCertificate) -> Result<(), Refusal> {
    judge_blob(certificate.blob(), authority(certificate.authority))
}

#[test]
fn a_known_authority_vouches_for_a_host() {
    for (name, flags) in [("authority", 0), ("ecdsa-521", 0), ("rsa-2048", 2), ("rsa-2048", 4)] {
        let certificate = HostCertificate { authority: name, flags, ..HostCertificate::default() };
        assert_eq!(judge(&certificate), Ok(()), "{name}");
    }
}

#[test]
fn an_unknown_authority_does_not() {
    let blob = HostCertificate::default().blob();
    let unknown = Err(Refusal::HostKeyUnknown(public("ed25519").fingerprint()));
    assert_eq!(judge_blob(blob.clone(), authority("other")), unknown);
    // A known host key vouches for nobody else.
    assert_eq!(judge_blob(blob.clone(), vec![line("authority")]), unknown);
    // But the key in the certificate counts where it is known itself, as ssh has it.
    assert_eq!(judge_blob(blob, vec![line("ed25519")]), Ok(()));
}

#[test]
fn it_is_for_a_host_of_this_name() {
    let certificate = |kind, names| HostCertificate { kind, names, ..HostCertificate::default() };
    assert_eq!(judge(&certificate(1, vec!["mail7"])), Err(Refusal::CertificateKind));
    assert_eq!(judge(&certificate(0, vec!["mail7"])), Err(Refusal::CertificateKind));
    let other = Err(Refusal::CertificatePrincipal("mail7".into()));
    assert_eq!(judge(&certificate(2, vec![])), other);
    assert_eq!(judge(&certificate(2, vec!["mail6", "mail77", "*", "Mail7"])), other);
    assert_eq!(judge(&certificate(2, vec!["mail7", "mail8"])), Ok(()));
}

#[test]
fn it_is_valid_from_its_first_second_and_before_its_last() {
    let now = Maker::default().now_s;
    let judge = |from_s, to_s| judge(&HostCertificate { from_s, to_s, ..HostCertificate::default() });
    assert_eq!(judge(now, now + 1), Ok(()));
    assert_eq!(judge(0, u64::MAX), Ok(()));
    for (from, to) in [(now + 1, now + 9), (now - 9, now), (now, now), (now + 1, now - 1)] {
        assert_eq!(judge(from, to), Err(Refusal::CertificateTime), "{from} to {to}");
    }
}

#[test]
fn it_demands_nothing() {
    let critical = [crate::maker::string("verify-required"), crate::maker::string("")].concat();
    let certificate = HostCertificate { critical, ..HostCertificate::default() };
    assert_eq!(judge(&certificate), Err(Refusal::CertificateOptions));
}

#[test]
fn its_authority_signed_all_of_it() {
    let certificate = HostCertificate::default();
    let by_another = certificate.blob_signed_by(&private("other").sign(&certificate.unsigned(), 0).unwrap());
    assert_eq!(judge_blob(by_another, authority("authority")), Err(Refusal::CertificateSignature));
    let of_another = HostCertificate { to_s: u64::MAX, ..HostCertificate::default() };
    let of_another = certificate.blob_signed_by(&private("authority").sign(&of_another.unsigned(), 0).unwrap());
    assert_eq!(judge_blob(of_another, authority("authority")), Err(Refusal::CertificateSignature));
    let short = HostCertificate { authority: "rsa-1024", flags: 2, ..HostCertificate::default() };
    assert_eq!(judge(&short), Err(Refusal::CertificateSignature));
}

#[test]
fn the_session_is_signed_by_the_key_in_it() {
    let blob = HostCertificate::default().blob();
    let mut maker = Maker { shown: Some(blob), host: "other", ..Maker::default() };
    maker.access.keys = authority("authority");
    assert_eq!(maker.fixture().judge(), Err(Refusal::SignatureWrong));
}

#[test]
fn it_is_exact() {
    let longer = HostCertificate { after: vec![0], ..HostCertificate::default() };
    assert_eq!(judge(&longer), Err(Refusal::CertificateMalformed(Malformed::Rest)));
    let blob = HostCertificate::default().blob();
    for len in [blob.len() - 1, blob.len() / 2, 60] {
        let cut = judge_blob(blob[..len].to_vec(), authority("authority"));
        assert_eq!(cut, Err(Refusal::CertificateMalformed(Malformed::Short)), "{len}");
    }
    let unknown = [crate::maker::string("ssh-dss-cert-v01@openssh.com"), vec![0; 200]].concat();
    assert_eq!(judge_blob(unknown, vec![]), Err(Refusal::CertificateMalformed(Malformed::Value)));
}

#[test]
fn it_is_refused_where_it_its_key_or_its_authority_is_revoked() {
    let blob = HostCertificate::default().blob();
    let certificate = mcom_credentials::PublicIdentity::from_blob(blob.clone().into(), "").unwrap().to_line();
    for (revoked, of) in [(line("ed25519"), "ed25519"), (line("authority"), "authority"), (certificate, "ed25519")] {
        let known = [authority("authority"), vec![format!("@revoked {revoked}")]].concat();
        let refused = Err(Refusal::HostKeyRevoked(public(of).fingerprint()));
        assert_eq!(judge_blob(blob.clone(), known), refused, "{of}");
    }
}
