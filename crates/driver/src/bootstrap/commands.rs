//! The two commands that mcom gives to a login shell, and the one that stands for both of them in a certificate. Pure.
//!
//! Each is `exec /bin/sh -c '...'` on one line, without a single quote, a backslash or an exclamation mark inside,
//! so that sh, bash, dash, zsh, csh, tcsh and fish all hand the same text to `/bin/sh`.

use mcom_model::Digest;
use std::fmt::Display;

/// Sets `s` to the spool: `MCOM_SPOOL`, else root's or the user's own.
const SPOOL: &str = r#"s=${MCOM_SPOOL:-}; if [ -z "$s" ]; then u=$(id -u); if [ "$u" = 0 ]; then s=/var/lib/mcom; else s=/var/tmp/mcom-$u; fi; fi;"#;

/// Runs the first of these nodes that the host has; else prints [`ABSENT`], the kernel's name, the machine's and
/// the program that can compute SHA-256.
///
/// The spool may lie in a folder where others can write. It is entered first, so that nobody can put another in its
/// place afterwards, and everything on the way to the node must belong to the user.
pub(super) fn link(nodes: impl Iterator<Item = Digest>) -> String {
    wrap(&start(nodes, "link"))
}

/// Runs the first of these nodes with these arguments.
fn start(nodes: impl Iterator<Item = Digest>, arguments: &str) -> String {
    let digests = nodes.map(|digest| digest.to_string()).collect::<Vec<_>>().join(" ");
    format!(
        r#"{SPOOL} if cd "$s" 2>/dev/null && [ -O . ] && [ -O node ]; then [ -h node ] || for d in {digests}; do if [ -O node/$d ] && [ -x node/$d ]; then exec ./node/$d {arguments}; fi; done; fi; t=none; for c in sha256sum shasum openssl; do if command -v $c >/dev/null 2>&1; then t=$c; break; fi; done; echo {ABSENT} $(uname -sm) $t"#
    )
}

/// What a certificate allows and nothing else: [`PINNED_LINK`], which starts one of these nodes for `only` this, and
/// [`pinned_upload`] for each of them, which takes exactly that node.
pub(super) fn pinned<'a>(nodes: impl Iterator<Item = PinnedNode<'a>> + Clone, only: Digest) -> String {
    let start = start(nodes.clone().map(|node| node.digest), &format!("link --only {only}"));
    let one =
        |PinnedNode { digest, len, sha256 }| format!(r#" "{PINNED_PUT} {digest}") d={digest}; l={len}; x={sha256};;"#);
    let each: String = nodes.map(one).collect();
    // Apart from every other upload's: nothing that comes from outside may stand in it.
    let put = put("", &"$d", "$l", "$x", "$$.$(date +%s)");
    wrap(&format!(
        r#"case "$SSH_ORIGINAL_COMMAND" in {PINNED_LINK}) {start}; exit;;{each} *) echo "this certificate is for the node of one run, and for nothing else" >&2; exit 64;; esac; {SPOOL} {put}; echo {PUT_OK}"#
    ))
}

/// One of the nodes that a certificate is for.
#[derive(Clone, Copy)]
pub(super) struct PinnedNode<'a> {
    pub(super) digest: Digest,
    pub(super) len: usize,
    pub(super) sha256: &'a str,
}

/// Under a certificate, as [`link`].
pub(super) const PINNED_LINK: &str = "mcom-link";
const PINNED_PUT: &str = "mcom-put";

/// Under a certificate, as [`upload`].
pub(super) fn pinned_upload(digest: Digest) -> String {
    format!("{PINNED_PUT} {digest}")
}

/// Takes a node from standard input, checks it, and gives it its name. Prints [`PUT_OK`], or [`PUT_REFUSED`] with a
/// word for the cause and what was seen. `nonce` keeps uploads apart that run at once.
pub(super) fn upload(digest: Digest, len: usize, sha256: &str, nonce: &str) -> String {
    wrap(&format!("{SPOOL} {}; echo {PUT_OK}", put("", &digest, &len.to_string(), sha256, nonce)))
}

/// For a shell of another user of this host, which reads it from standard input: runs the node as `attach`. Where it is
/// missing in that user's spool it prints [`ABSENT`], and takes it from standard input, behind a line with its length and
/// its SHA-256. Nothing may be sent behind this before the answer has come, because a shell may read ahead.
pub(crate) fn attach(digest: Digest, nonce: &str) -> String {
    let put = put("head -c $len |", &digest, "$len", "$sum", nonce);
    format!(
        r#"{SPOOL} go() {{ cd "$s" 2>/dev/null && [ -O . ] && [ -O node ] && if [ -h node ]; then false; fi && [ -O node/{digest} ] && [ -x node/{digest} ] && exec ./node/{digest} attach; }}; go; echo {ABSENT}; read -r len sum; ({put}) && go; exit 1"#
    )
}

/// Puts a node into the spool `$s`; ends the shell with [`PUT_REFUSED`] where that cannot be done. `source` is what gives
/// the bytes, where that is not standard input up to its end.
fn put(source: &str, digest: &dyn Display, len: &str, sha256: &str, nonce: &str) -> String {
    format!(
        r#"LC_ALL=C; export LC_ALL; umask 077; no() {{ if [ -n "$t" ]; then rm -f "$t"; fi; echo "{PUT_REFUSED} $1 $2"; exit 1; }}; t=; if [ -h "$s" ]; then no unsafe "$s is a symbolic link"; fi; e=$(mkdir -p "$s" 2>&1) || no write "$e"; cd "$s" 2>/dev/null || no unsafe "$s cannot be entered"; [ -O . ] || no unsafe "$s belongs to somebody else"; chmod 700 . 2>/dev/null; e=$(mkdir -p node 2>&1) || no write "$e"; if [ -h node ]; then no unsafe "$s/node is a symbolic link"; fi; [ -O node ] || no unsafe "$s/node belongs to somebody else"; t=node/.{digest}.{nonce}; e=$({source} dd of=$t bs=65536 conv=fsync 2>&1) || no write "$e"; n=$(wc -c <$t); [ "$n" -eq {len} ] || no digest "$n of {len} bytes arrived"; if command -v sha256sum >/dev/null 2>&1; then h=$(sha256sum <$t); elif command -v shasum >/dev/null 2>&1; then h=$(shasum -a 256 <$t); elif command -v openssl >/dev/null 2>&1; then h=$(openssl dgst -sha256 -r <$t); else no tool "none of sha256sum, shasum and openssl is there"; fi; case "$h" in {sha256}*) ;; *) no digest "its SHA-256 is $h";; esac; chmod 700 $t; e=$(./$t --version 2>&1) || no execute "$s: $e"; e=$(mv -f $t node/{digest} 2>&1) || no write "$e""#
    )
}

/// Begins the line of a host that lacks the node; the number is the version of the line.
pub(crate) const ABSENT: &str = "mcom-absent 1";
/// The node stands under its name.
pub(super) const PUT_OK: &str = "mcom-put ok";
/// The node could not be put there.
pub(super) const PUT_REFUSED: &str = "mcom-put refused";

fn wrap(script: &str) -> String {
    format!("exec /bin/sh -c '{script}'")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, Write as _};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::Path;
    use std::process::{Command, Stdio};

    fn all() -> [String; 3] {
        let digest = Digest::of(b"node");
        let sha256 = "0".repeat(64);
        let pinned = pinned([PinnedNode { digest, len: 4, sha256: &sha256 }].into_iter(), Digest::of(b"payload"));
        [link([digest].into_iter()), upload(digest, 4, &sha256, "n1"), pinned]
    }

    #[test]
    fn nothing_inside_means_anything_to_a_login_shell() {
        for command in all() {
            let script = command.strip_prefix("exec /bin/sh -c '").unwrap().strip_suffix('\'').unwrap();
            assert!(!script.contains(['\'', '!', '\\', '\n']), "{script}");
        }
    }

    /// Runs a command as sshd would, with this login shell, and returns what it printed.
    fn run(shell: &str, command: &str, spool: &Path, stdin: &[u8]) -> String {
        run_asked(shell, command, None, spool, stdin)
    }

    /// The same where sshd runs a command of its own choice, and says what was asked for.
    fn run_asked(shell: &str, command: &str, asked: Option<&str>, spool: &Path, stdin: &[u8]) -> String {
        let mut child = Command::new(shell)
            .args(["-c", command])
            .env("MCOM_SPOOL", spool)
            .envs(asked.map(|asked| ("SSH_ORIGINAL_COMMAND", asked)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // A command that refuses closes its end early.
        let _ = child.stdin.take().unwrap().write_all(stdin);
        String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
    }

    /// A stand-in for a node that says how it was called.
    const NODE: &[u8] = b"#!/bin/sh\necho called: $*\n";

    fn sha256(bytes: &[u8]) -> String {
        use sha2::Digest as _;
        sha2::Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn put(shell: &str, spool: &Path, sent: &[u8]) -> String {
        run(shell, &upload(Digest::of(NODE), NODE.len(), &sha256(NODE), "n1"), spool, sent)
    }

    fn shells() -> impl Iterator<Item = &'static str> {
        ["/bin/sh", "/bin/bash", "/bin/dash", "/bin/zsh", "/bin/csh", "/bin/tcsh", "/usr/bin/fish"]
            .into_iter()
            .filter(|shell| Path::new(shell).exists())
    }

    #[test]
    fn every_shell_puts_it_there_and_then_runs_it() {
        assert!(shells().count() >= 2);
        for shell in shells() {
            let folder = tempfile::tempdir().unwrap();
            let spool = folder.path().join("a/spool of mine");
            let command = link([Digest::of(b"another"), Digest::of(NODE)].into_iter());
            let answer = run(shell, &command, &spool, b"");
            assert!(answer.starts_with(&format!("{ABSENT} Linux {} sha256sum\n", std::env::consts::ARCH)), "{answer}");
            assert_eq!(put(shell, &spool, NODE), format!("{PUT_OK}\n"), "{shell}");
            assert_eq!(run(shell, &command, &spool, b""), "called: link\n", "{shell}");
            let mode = std::fs::metadata(spool.join("node")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    /// The node comes on the same standard input as the shell's text, once it was asked for.
    #[test]
    fn another_users_shell_takes_the_node_from_its_own_input_and_runs_it() {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool of mine");
        let text = attach(Digest::of(NODE), "n1") + "\n";
        for shell in shells().filter(|shell| ["/bin/sh", "/bin/bash", "/bin/dash", "/bin/zsh"].contains(shell)) {
            for words in [&[ABSENT, "called: attach"][..], &["called: attach"]] {
                let mut child = Command::new(shell)
                    .env("MCOM_SPOOL", &spool)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .spawn()
                    .unwrap();
                let (mut to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
                let mut lines = std::io::BufReader::new(from).lines();
                to.write_all(text.as_bytes()).unwrap();
                for word in words {
                    assert_eq!(lines.next().unwrap().unwrap(), *word, "{shell}");
                    if *word == ABSENT {
                        writeln!(to, "{} {}", NODE.len(), sha256(NODE)).unwrap();
                        to.write_all(NODE).unwrap();
                    }
                }
                child.wait().unwrap();
            }
            std::fs::remove_dir_all(&spool).unwrap();
        }
    }

    /// Runs a certificate's command as sshd would, where this was asked for.
    fn run_pinned(shell: &str, asked: &str, spool: &Path, stdin: &[u8]) -> String {
        let sha256 = sha256(NODE);
        let node = PinnedNode { digest: Digest::of(NODE), len: NODE.len(), sha256: &sha256 };
        let other = PinnedNode { digest: Digest::of(b"another"), len: 7, sha256: &sha256 };
        let command = pinned([other, node].into_iter(), Digest::of(b"payload"));
        run_asked(shell, &command, Some(asked), spool, stdin)
    }

    #[test]
    fn a_certificate_puts_and_starts_its_node_in_every_shell() {
        for shell in shells() {
            let folder = tempfile::tempdir().unwrap();
            let spool = folder.path().join("spool of mine");
            assert!(run_pinned(shell, PINNED_LINK, &spool, b"").starts_with(ABSENT), "{shell}");
            let put = pinned_upload(Digest::of(NODE));
            assert_eq!(run_pinned(shell, &put, &spool, NODE), format!("{PUT_OK}\n"), "{shell}");
            let called = format!("called: link --only {}\n", Digest::of(b"payload"));
            assert_eq!(run_pinned(shell, PINNED_LINK, &spool, b""), called, "{shell}");
        }
    }

    #[test]
    fn a_certificate_does_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool");
        let foreign = pinned_upload(Digest::of(b"foreign"));
        let put = pinned_upload(Digest::of(NODE));
        let longer = format!("{put} x");
        let command = link([Digest::of(NODE)].into_iter());
        for asked in
            ["", "id", "mcom-link; id", "mcom-link ", "mcom-put", "mcom-put *", "*", &foreign, &longer, &command]
        {
            assert_eq!(run_pinned("/bin/sh", asked, &spool, NODE), "", "{asked}");
            assert!(!spool.exists(), "{asked}");
        }
        let refused = run_pinned("/bin/sh", &put, &spool, b"something else");
        assert!(refused.starts_with(&format!("{PUT_REFUSED} digest ")), "{refused}");
        assert_eq!(std::fs::read_dir(spool.join("node")).unwrap().count(), 0);
    }

    #[test]
    fn what_arrives_cut_or_changed_is_refused_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool");
        let mut changed = NODE.to_vec();
        changed[5] ^= 1;
        let cut = put("/bin/sh", &spool, &NODE[..9]);
        assert_eq!(cut, format!("{PUT_REFUSED} digest 9 of {} bytes arrived\n", NODE.len()));
        assert!(put("/bin/sh", &spool, &changed).starts_with(&format!("{PUT_REFUSED} digest its SHA-256 is ")));
        assert_eq!(std::fs::read_dir(spool.join("node")).unwrap().count(), 0);
    }

    #[test]
    fn a_link_in_the_spools_place_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool");
        std::os::unix::fs::symlink(folder.path(), &spool).unwrap();
        let answer = put("/bin/sh", &spool, NODE);
        assert!(answer.starts_with(&format!("{PUT_REFUSED} unsafe ")) && answer.contains("symbolic link"), "{answer}");
    }

    #[test]
    fn a_file_in_the_spools_place_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let spool = folder.path().join("spool");
        std::fs::write(&spool, "").unwrap();
        let answer = put("/bin/sh", &spool, NODE);
        assert!(answer.starts_with(&format!("{PUT_REFUSED} write ")) && answer.contains("File exists"), "{answer}");
    }
}
