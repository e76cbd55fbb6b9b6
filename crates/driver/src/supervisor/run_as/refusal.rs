//! What sudo and doas mean when they let nobody in. Pure.

use mcom_model::{Reason, ReasonKind, RunAs, RunAsTool};

/// What follows from another fault, which stands before it, or says nothing to those who were not asked.
const ECHOES: [&str; 3] = ["error initializing audit plugin", "no password was provided", "Sorry, try again."];

/// Whether the tool would let the user in for a password.
pub(super) fn wants_password(said: &str) -> bool {
    ["password is required", "authentication is required", "Authentication required", "Authorization required"]
        .iter()
        .any(|words| said.contains(words))
}

/// Why nobody was let in, in the words of the tool.
pub(super) fn refused(run_as: &RunAs, said: &str) -> Reason {
    let RunAs { tool, user } = run_as;
    let lines = || said.lines().map(str::trim).filter(|line| !line.is_empty());
    let own = lines().rfind(|line| !ECHOES.iter().any(|echo| line.contains(echo)));
    let text = match own.or_else(|| lines().next_back()) {
        None => format!("{}: not let in as {user}, without a word", tool.program()),
        Some(line) if *tool == RunAsTool::Doas && wants_password(line) => {
            format!("{line} (doas takes none from a pipe: its rule for {user} must say nopass)")
        }
        Some(line) => match advice(user, line) {
            Some(advice) => format!("{line} ({advice})"),
            None => line.to_owned(),
        },
    };
    Reason::new(ReasonKind::RunAsRefused, text)
}

/// What to do where it is another thing than a password that is missing.
fn advice(user: &str, line: &str) -> Option<String> {
    let says = |words: &[&str]| words.iter().any(|words| line.contains(words));
    if says(&["incorrect password", "Sorry, try again"]) {
        Some("not the right one there: run it again; hosts that have another one in a run of their own".into())
    } else if says(&["unknown user"]) {
        Some(format!("make the user {user} there, or name another one"))
    } else if says(&["doas is not enabled"]) {
        Some(format!("write its rule there: permit nopass LOGIN as {user}"))
    } else {
        None
    }
}

/// Why the tool was not even started.
pub(super) fn not_started(run_as: &RunAs, error: &std::io::Error) -> Reason {
    let tool = run_as.tool.program();
    let other = match run_as.tool {
        RunAsTool::Sudo => "--doas",
        RunAsTool::Doas => "--sudo",
    };
    let text = match error.kind() {
        std::io::ErrorKind::NotFound => format!("{tool} is not installed there (install it, or take {other})"),
        _ => format!("cannot start {tool}: {error}"),
    };
    Reason::new(ReasonKind::RunAsRefused, text)
}

/// Whether what was printed last is the question for a password: sudo's own, or the one of a module that sudo leaves as
/// it is. A line is not always written at once, so its beginning must not be taken for a question.
pub(super) fn asks(said: &str) -> bool {
    said.ends_with("assword: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(tool: RunAsTool, said: &str) -> String {
        let reason = refused(&RunAs { tool, user: "root".into() }, said);
        assert_eq!(reason.kind, ReasonKind::RunAsRefused);
        reason.text
    }

    #[test]
    fn the_tools_own_words_are_the_reason() {
        let sudo = [
            ("sudo: a password is required\n", "sudo: a password is required"),
            (
                "sudo: unknown user x\nsudo: error initializing audit plugin sudoers_audit\n",
                "sudo: unknown user x (make the user root there, or name another one)",
            ),
            (
                "Sorry, try again.\n\nsudo: no password was provided\nsudo: 1 incorrect password attempt\n",
                "sudo: 1 incorrect password attempt (not the right one there: run it again; hosts that have another one in a run of their own)",
            ),
            (
                "Sorry, try again.\n",
                "Sorry, try again. (not the right one there: run it again; hosts that have another one in a run of their own)",
            ),
            ("sudo: sorry, you must have a tty to run sudo\n", "sudo: sorry, you must have a tty to run sudo"),
            ("\n", "sudo: not let in as root, without a word"),
        ];
        for (said, reason) in sudo {
            assert_eq!(text(RunAsTool::Sudo, said), reason);
        }
        assert_eq!(text(RunAsTool::Doas, "doas: Operation not permitted\n"), "doas: Operation not permitted");
        assert_eq!(
            text(RunAsTool::Doas, "doas: doas is not enabled, /etc/doas.conf: No such file or directory\n"),
            "doas: doas is not enabled, /etc/doas.conf: No such file or directory (write its rule there: permit nopass LOGIN as root)"
        );
        assert!(text(RunAsTool::Doas, "doas: Authentication required\n").ends_with("must say nopass)"));
    }

    #[test]
    fn a_tool_that_is_not_there_is_named() {
        let doas = RunAs { tool: RunAsTool::Doas, user: "root".into() };
        let reason = not_started(&doas, &std::io::ErrorKind::NotFound.into());
        assert_eq!(reason.kind, ReasonKind::RunAsRefused);
        assert_eq!(reason.text, "doas is not installed there (install it, or take --sudo)");
    }

    #[test]
    fn a_password_is_wanted_in_the_words_of_all_versions() {
        for said in [
            "sudo: a password is required",
            "sudo: sorry, a password is required to run sudo",
            "sudo: interactive authentication is required",
            "doas: Authentication required",
            "doas: Authorization required",
        ] {
            assert!(wants_password(said), "{said}");
        }
        assert!(!wants_password("sudo: sorry, you must have a tty to run sudo"));
    }

    #[test]
    fn a_question_is_told_from_a_line() {
        assert!(asks("password: ") && asks("LDAP Password: "));
        for said in ["things:\n", "", "Sorry, try again.\n", "sudo: ", "sudo: unable to resolve host web1: "] {
            assert!(!asks(said), "{said}");
        }
    }
}
