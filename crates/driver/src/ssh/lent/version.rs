//! Whether this machine's ssh can relay: it must tell an agent which login it wants signed, and it does so since 8.9.

use mcom_model::{Reason, ReasonKind};
use std::process::Stdio;
use tokio::process::Command;

/// The first version that can.
const SINCE: (u32, u32) = (8, 9);

/// Why it cannot, where it cannot.
pub(super) async fn why_unfit() -> Option<Reason> {
    let impossible = |text: String| Some(Reason::new(ReasonKind::RelayImpossible, text));
    let asked = Command::new("ssh").arg("-V").stdin(Stdio::null()).kill_on_drop(true).output().await;
    let said = match asked {
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => return impossible(format!("its parent has no ssh that can be run: {error}")),
    };
    if version(&said).is_some_and(|version| version >= SINCE) {
        return None;
    }
    let said = said.lines().next().unwrap_or_default();
    impossible(format!("the ssh of its parent says that it is {said:?}: relay needs OpenSSH 8.9 or later"))
}

/// The version in what `ssh -V` prints.
fn version(said: &str) -> Option<(u32, u32)> {
    let (major, rest) = said.strip_prefix("OpenSSH_")?.split_once('.')?;
    let minor = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_openssh_writes_them() {
        let table = [
            ("OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.19 27 Jan 2026\n", Some((9, 2))),
            ("OpenSSH_8.9p1 Ubuntu-3, OpenSSL 3.0.2 15 Mar 2022", Some((8, 9))),
            ("OpenSSH_10.0, LibreSSL 4.1.0", Some((10, 0))),
            ("OpenSSH_8.4p1, OpenSSL 1.1.1k", Some((8, 4))),
            ("Dropbear v2022.83", None),
            ("", None),
        ];
        for (said, expected) in table {
            assert_eq!(version(said), expected, "{said}");
        }
        assert!(Some((10, 0)) > Some(SINCE) && Some((8, 4)) < Some(SINCE));
    }
}
