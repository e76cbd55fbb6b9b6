//! What a host's first words mean, before a node speaks there. Pure.

use crate::bootstrap::commands::{ABSENT, PUT_OK, PUT_REFUSED};
use mcom_model::{Reason, ReasonKind};

/// Bytes of a first line that are worth quoting, and waiting for.
const LINE_BYTES: usize = 200;

/// A host that lacks the node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Absent {
    /// What `uname -s` says.
    pub(super) kernel: String,
    /// What `uname -m` says.
    pub(super) machine: String,
    /// Whether something there can compute SHA-256.
    pub(super) can_check: bool,
}

/// The first words of a host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum First {
    /// Not enough yet.
    More,
    /// A node speaks.
    Node,
    /// There is no node.
    Absent(Absent),
    /// Something else; its first line.
    Noise(String),
}

/// Reads the first words. `ended` says that no more will come.
pub(super) fn first_words(bytes: &[u8], ended: bool) -> First {
    match bytes.first() {
        None => return First::More,
        // A frame begins with its length, and no first frame has 16 MiB.
        Some(0) => return First::Node,
        Some(_) => {}
    }
    let line = match bytes.iter().position(|&byte| byte == b'\n') {
        Some(end) => &bytes[..end],
        None if ended || bytes.len() >= LINE_BYTES => bytes,
        None => return First::More,
    };
    let line = String::from_utf8_lossy(&line[..line.len().min(LINE_BYTES)]);
    absent(&line).map_or_else(|| First::Noise(line.trim().to_owned()), First::Absent)
}

/// Whether what a host printed shows that the command was reached, behind some noise.
pub(super) fn command_was_reached(bytes: &[u8]) -> bool {
    let hello = br#"{"up":"hello""#.as_slice();
    [ABSENT.as_bytes(), hello].iter().any(|words| bytes.windows(words.len()).any(|window| window == *words))
}

/// The reason in the answer to an upload, or none where the node stands.
pub(crate) fn upload_refused(answer: &str) -> Option<Reason> {
    if answer.trim_end() == PUT_OK {
        return None;
    }
    let Some(refused) = answer.strip_prefix(PUT_REFUSED) else {
        let said = answer.lines().next().unwrap_or("nothing");
        return Some(Reason::new(
            ReasonKind::LinkLost,
            format!("the node could not be put there: the host said {said}"),
        ));
    };
    let (word, text) = refused.trim().split_once(' ').unwrap_or((refused, ""));
    let line = text.lines().find(|line| !line.is_empty()).unwrap_or(word);
    Some(Reason::new(refused_kind(word, text), line))
}

fn refused_kind(word: &str, text: &str) -> ReasonKind {
    let says = |phrases: &[&str]| phrases.iter().any(|phrase| text.contains(phrase));
    match word {
        "unsafe" => ReasonKind::SpoolUnsafe,
        "tool" => ReasonKind::ToolMissing,
        "execute" if says(&["Permission denied", "Operation not permitted"]) => ReasonKind::SpoolNoexec,
        "execute" => ReasonKind::NoNodeForArchitecture,
        "write" if says(&["No space left", "quota exceeded", "Too many links"]) => ReasonKind::SpoolFull,
        "write" if says(&["File exists", "Not a directory", "symbolic links"]) => ReasonKind::SpoolUnsafe,
        "write" if says(&["not found"]) => ReasonKind::ToolMissing,
        "write" => ReasonKind::SpoolReadOnly,
        _ => ReasonKind::NodeDigestMismatch,
    }
}

fn absent(line: &str) -> Option<Absent> {
    let mut words = line.strip_prefix(ABSENT)?.split_ascii_whitespace();
    let (kernel, machine, tool) = (words.next()?, words.next()?, words.next()?);
    Some(Absent { kernel: kernel.to_owned(), machine: machine.to_owned(), can_check: tool != "none" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_words_are_a_node_a_marker_or_noise() {
        let x86 = Absent { kernel: "Linux".into(), machine: "x86_64".into(), can_check: true };
        let bare = Absent { can_check: false, ..x86.clone() };
        let table: &[(&[u8], bool, First)] = &[
            (b"", false, First::More),
            (b"\0\0\0", false, First::Node),
            (b"mcom-absent 1 Linux x86", false, First::More),
            (b"mcom-absent 1 Linux x86_64 sha256sum\n", false, First::Absent(x86)),
            (b"mcom-absent 1 Linux x86_64 none\n", false, First::Absent(bare)),
            (b"mcom-absent 2 Linux x86_64 none\n", false, First::Noise("mcom-absent 2 Linux x86_64 none".into())),
            (b"mcom-absent 1 Linux\n", false, First::Noise("mcom-absent 1 Linux".into())),
            (b"Welcome!\r\nmcom-absent 1", false, First::Noise("Welcome!".into())),
            (b"Welcome", false, First::More),
            (b"Welcome", true, First::Noise("Welcome".into())),
            (&[b'x'; 300], false, First::Noise("x".repeat(200))),
        ];
        for (bytes, ended, first) in table {
            assert_eq!(first_words(bytes, *ended), *first, "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn refusals_have_one_meaning() {
        let table = [
            ("unsafe /s is a symbolic link", ReasonKind::SpoolUnsafe),
            ("write dd: error writing 'x': No space left on device\n0+1 records in", ReasonKind::SpoolFull),
            ("write mkdir: cannot create directory '/s': Read-only file system", ReasonKind::SpoolReadOnly),
            ("write mkdir: cannot create directory '/s': Permission denied", ReasonKind::SpoolReadOnly),
            ("write mkdir: cannot create directory '/s': File exists", ReasonKind::SpoolUnsafe),
            ("write /bin/sh: 1: dd: not found", ReasonKind::ToolMissing),
            ("digest 9 of 100 bytes arrived", ReasonKind::NodeDigestMismatch),
            ("tool none of sha256sum, shasum and openssl is there", ReasonKind::ToolMissing),
            ("execute /s: /bin/sh: 1: ./node/x: Permission denied", ReasonKind::SpoolNoexec),
            ("execute /s: /bin/sh: 1: ./node/x: Exec format error", ReasonKind::NoNodeForArchitecture),
        ];
        for (refusal, kind) in table {
            let reason = upload_refused(&format!("{PUT_REFUSED} {refusal}\n")).unwrap();
            assert_eq!(reason.kind, kind, "{refusal}");
            assert!(!reason.text.contains('\n') && refusal.contains(&reason.text), "{}", reason.text);
        }
        assert_eq!(upload_refused("mcom-put ok\n"), None);
        assert_eq!(upload_refused("").unwrap().kind, ReasonKind::LinkLost);
    }

    #[test]
    fn noise_before_the_command_is_told_from_a_shell_that_runs_nothing() {
        assert!(command_was_reached(b"hi\nmcom-absent 1 Linux x86_64 none\n"));
        assert!(command_was_reached(b"hi\n\0\0\0\x60\x01\0\0\0\0{\"up\":\"hello\",\"protocol\":1}"));
        assert!(!command_was_reached(b"This account is currently not available.\n"));
    }
}
