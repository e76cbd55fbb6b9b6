//! What a key means that a host has shown, beside what is known of it.

use mcom_credentials::PublicIdentity;

/// What became of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Learnt {
    /// It was known, and shows what is known.
    Known,
    /// It was not known, and shows this.
    New(PublicIdentity),
    /// It was known by another key of this kind, or shows one that is revoked.
    Changed(PublicIdentity),
    /// It could not be connected to.
    Silent(String),
}

/// Compares. `known` are lines without a name: `[@cert-authority |@revoked ]TYPE BASE64`.
pub(super) fn compare(known: &[String], shown: Result<PublicIdentity, String>) -> Learnt {
    let shown = match shown {
        Ok(shown) => shown,
        Err(why) => return Learnt::Silent(why),
    };
    let is = |line: &str| PublicIdentity::from_line(line).is_ok_and(|key| key.blob() == shown.blob());
    if known.iter().filter_map(|line| line.strip_prefix("@revoked ")).any(is) {
        return Learnt::Changed(shown);
    }
    let plain: Vec<&String> = known.iter().filter(|line| !line.starts_with('@')).collect();
    if plain.iter().any(|line| is(line)) {
        return Learnt::Known;
    }
    if plain.iter().any(|line| line.split(' ').next() == Some(shown.algorithm())) {
        return Learnt::Changed(shown);
    }
    // Known by a key of another kind, or by a certificate: that is what ssh will ask it for.
    let by_another = !plain.is_empty() || known.iter().any(|line| line.starts_with("@cert-authority "));
    if by_another { Learnt::Known } else { Learnt::New(shown) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB";
    const TWO: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC";

    fn compared(known: &[&str]) -> &'static str {
        let known: Vec<String> = known.iter().map(|line| (*line).to_owned()).collect();
        match compare(&known, Ok(PublicIdentity::from_line(ONE).unwrap())) {
            Learnt::Known => "known",
            Learnt::New(_) => "new",
            Learnt::Changed(_) => "changed",
            Learnt::Silent(_) => "silent",
        }
    }

    #[test]
    fn only_hosts_without_any_key_are_new() {
        assert_eq!(compared(&[]), "new");
        assert_eq!(compared(&[ONE]), "known");
        assert_eq!(compared(&[TWO]), "changed");
        assert_eq!(compared(&[TWO, ONE]), "known");
        assert_eq!(compared(&["ssh-rsa AAAAB3NzaC1yc2E="]), "known");
        assert_eq!(compared(&[&format!("@cert-authority {TWO}")]), "known");
        assert_eq!(compared(&[&format!("@revoked {ONE}"), ONE]), "changed");
        assert_eq!(compared(&[&format!("@revoked {TWO}")]), "new");
        assert_eq!(compare(&[], Err("gone".into())), Learnt::Silent("gone".into()));
    }
}
