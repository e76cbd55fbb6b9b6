//! The texts for one link: its `ssh_config`, which includes nothing of the parent's own, and its known_hosts. Pure.

use crate::ssh::config::{OWN_OPTIONS, keyword, quoted_value, whole_seconds};
use mcom_model::Access;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// What these links add to the options of all links.
const LENT_OPTIONS: &str = "\
IgnoreUnknown KnownHostsCommand
IdentitiesOnly yes
AddKeysToAgent no
PubkeyAuthentication yes
PreferredAuthentications publickey
NumberOfPasswordPrompts 0
GlobalKnownHostsFile /dev/null
KnownHostsCommand none
VerifyHostKeyDNS no
NoHostAuthenticationForLocalhost no
CheckHostIP no
CanonicalizeHostname no
Tunnel no
";

/// Options that are followed by every value that is read, not only by the first: these would bring other keys in.
const BRINGS_KEYS: &[&str] = &["IdentityFile", "CertificateFile", "PKCS11Provider"];

/// What one link logs in with.
pub(super) struct Login<'a> {
    /// The socket of its agent; without one, no agent is asked.
    pub(super) agent: Option<&'a Path>,
    /// Keys, or the public parts of keys that the agent signs with.
    pub(super) identities: &'a [&'a Path],
    /// A certificate for one of them.
    pub(super) certificate: Option<&'a Path>,
    /// The host's keys.
    pub(super) known_hosts: &'a Path,
    /// What they stand under there.
    pub(super) alias: &'a str,
}

impl Login<'_> {
    /// The text of its configuration. The first value that ssh reads wins: the operator's options stand last.
    pub(super) fn render<'a>(&self, connect_timeout: Duration, options: impl Iterator<Item = &'a str>) -> String {
        let mut text = format!("# Written by mcom for one link; removed with it.\n{OWN_OPTIONS}{LENT_OPTIONS}");
        let agent = self.agent.map_or("none".to_owned(), quoted_value);
        let _ = writeln!(text, "IdentityAgent {agent}");
        for identity in self.identities {
            let _ = writeln!(text, "IdentityFile {}", quoted_value(identity));
        }
        if let Some(certificate) = self.certificate {
            let _ = writeln!(text, "CertificateFile {}", quoted_value(certificate));
        }
        let _ = writeln!(text, "HostKeyAlias {}", self.alias);
        let _ = writeln!(text, "UserKnownHostsFile {}", quoted_value(self.known_hosts));
        let _ = writeln!(text, "ConnectTimeout {}", whole_seconds(connect_timeout));
        for option in options {
            let _ = writeln!(text, "{option}");
        }
        text
    }
}

/// Whether an option names keys beside those of the run.
pub(super) fn brings_keys(option: &str) -> bool {
    BRINGS_KEYS.iter().any(|name| keyword(option).eq_ignore_ascii_case(name))
}

/// The known_hosts of one link: the host's keys under its alias. None where that would not be what was sent.
pub(super) fn known_hosts(access: &Access) -> Option<String> {
    // What a line of this file is divided by, or a pattern and a hash are known by.
    let plain = |c: char| c.is_ascii_graphic() && !"*?!,|#@\"'\\".contains(c);
    if access.alias.is_empty() || !access.alias.chars().all(plain) {
        return None;
    }
    let mut text = String::new();
    for key in &access.keys {
        if key.contains(char::is_control) {
            return None;
        }
        let alias = &access.alias;
        let _ = match key.strip_prefix('@').and_then(|marked| marked.split_once(' ')) {
            Some((marker, key)) => writeln!(text, "@{marker} {alias} {key}"),
            None => writeln!(text, "{alias} {key}"),
        };
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(alias: &str, keys: &[&str]) -> Access {
        Access {
            address: "192.0.2.1".into(),
            port: 22,
            user: "op".into(),
            alias: alias.into(),
            keys: keys.iter().map(|&key| key.into()).collect(),
        }
    }

    #[test]
    fn known_hosts_has_the_keys_under_the_alias_markers_first() {
        let keys = ["ssh-ed25519 AAAA", "@cert-authority ssh-rsa BBBB", "@revoked ssh-rsa CCCC"];
        let text = known_hosts(&access("mail1", &keys)).unwrap();
        assert_eq!(text, "mail1 ssh-ed25519 AAAA\n@cert-authority mail1 ssh-rsa BBBB\n@revoked mail1 ssh-rsa CCCC\n");
        assert_eq!(known_hosts(&access("[mail1]:2222", &[])).unwrap(), "");
    }

    #[test]
    fn nothing_that_was_sent_becomes_another_line_or_another_name() {
        for alias in ["", "*", "a,b", "!a", "|1|x", "a b", "a\nb", "@revoked", "#a", "a\"b"] {
            assert_eq!(known_hosts(&access(alias, &[])), None, "{alias:?}");
        }
        assert_eq!(known_hosts(&access("a", &["ssh-rsa AAAA\n* ssh-rsa BBBB"])), None);
    }

    #[test]
    fn ssh_reads_it_as_it_is_meant() {
        let folder = tempfile::Builder::new().prefix("odd % \"one\" ").tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let (agent, key, known) = (path("agent"), path("k.pub"), path("known"));
        let login =
            Login { agent: Some(&agent), identities: &[&key], certificate: None, known_hosts: &known, alias: "mail1" };
        let options = ["StrictHostKeyChecking no", "IdentityAgent /other", "Compression yes", "KnownHostsCommand /x"];
        let config = path("config");
        std::fs::write(&config, login.render(Duration::from_secs(7), options.into_iter())).unwrap();
        let output = std::process::Command::new("ssh").args(["-G", "-F"]).arg(&config).arg("mail1").output().unwrap();
        let read = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        // It prints some paths as they are meant, and some as they are written.
        let plain = |text: &str| text.replace("%%", "%").replace(['"', '\\'], "");
        for line in [
            format!("identityagent {}", agent.display()),
            format!("identityfile {}", key.display()),
            format!("userknownhostsfile {}", known.display()),
            "hostkeyalias mail1".into(),
            "stricthostkeychecking true".into(),
            "identitiesonly yes".into(),
            "connecttimeout 7".into(),
            "compression yes".into(),
        ] {
            assert!(read.lines().any(|read| plain(read) == plain(&line)), "{line} is missing from:\n{read}");
        }
        assert!(!read.contains("knownhostscommand /x"), "{read}");
        assert_eq!(read.lines().filter(|line| line.starts_with("identityfile")).count(), 1);
    }

    #[test]
    fn options_that_bring_keys_are_known_however_they_are_written() {
        for option in ["IdentityFile ~/.ssh/id", "identityfile=/x", " CERTIFICATEFILE /y", "PKCS11Provider=/z"] {
            assert!(brings_keys(option), "{option}");
        }
        assert!(!brings_keys("Compression yes"));
    }
}
