//! What the operator was asked and told already, so that a process that carries out several runs does so once.

use crate::output::say;
use crate::prompt::Unasked;
use mcom_wire::Secret;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Whoever sits at the terminal, or nobody.
#[derive(Default)]
pub struct Operator {
    /// Passphrases as they were typed last.
    typed: BTreeMap<PathBuf, Secret>,
    /// The key whose passphrase was given last: asked for again, that one was wrong.
    given: Option<PathBuf>,
    /// Nothing more is asked then.
    interrupted: bool,
    /// Whether nobody can be asked any more: what is printed goes on, or there is no terminal.
    silent: bool,
    told: BTreeSet<String>,
}

impl Operator {
    /// Nothing more is asked from now on.
    pub fn leave_alone(&mut self) {
        self.silent = true;
    }

    /// Another run is made ready: what was typed is given again before anything is asked.
    pub(super) fn begin(&mut self) {
        self.given = None;
    }

    /// Whether the operator interrupted at a question.
    pub(super) const fn has_interrupted(&self) -> bool {
        self.interrupted
    }

    /// The passphrase of a key, as it was typed before or now.
    pub(super) fn passphrase(
        &mut self,
        key: &Path,
        prompt: impl FnOnce(&str) -> Result<Secret, Unasked>,
    ) -> Option<Secret> {
        let was_wrong = self.given.as_deref() == Some(key);
        self.given = Some(key.to_path_buf());
        match self.typed.get(key) {
            Some(typed) if !was_wrong => return Some(typed.clone()),
            _ if self.interrupted || self.silent => return None,
            _ => {}
        }
        let question = format!("passphrase of {}: ", key.display());
        let typed = match was_wrong {
            true => prompt(&format!("wrong passphrase for {}\n{question}", key.display())),
            false => prompt(&question),
        };
        self.interrupted = matches!(typed, Err(Unasked::Interrupted));
        let Ok(secret) = typed else {
            self.given = None;
            return None;
        };
        self.typed.insert(key.to_path_buf(), secret.clone());
        Some(secret)
    }

    /// Says something, unless it was said before.
    pub(super) fn tell(&mut self, notice: String) {
        if !self.told.contains(&notice) {
            say(&format!("mcom: {notice}\n"));
            self.told.insert(notice);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks for passphrases; what is answered to each question, and what was asked.
    struct Asking {
        operator: Operator,
        asked: Vec<String>,
    }

    impl Asking {
        fn ask(&mut self, key: &str, answer: Result<&str, Unasked>) -> (bool, bool) {
            let typed = self.operator.passphrase(Path::new(key), |question| {
                self.asked.push(question.to_owned());
                answer.map(|text| Secret::new(text.as_bytes().to_vec()))
            });
            (typed.is_some(), self.operator.has_interrupted())
        }
    }

    #[test]
    fn a_wrong_passphrase_is_said_and_an_interrupt_ends_the_asking() {
        let mut asking = Asking { operator: Operator::default(), asked: Vec::new() };
        assert_eq!(asking.ask("/k/a", Ok("slip")), (true, false));
        assert_eq!(asking.ask("/k/a", Ok("right")), (true, false));
        assert_eq!(asking.ask("/k/b", Err(Unasked::Declined)), (false, false));
        assert_eq!(asking.ask("/k/b", Err(Unasked::Interrupted)), (false, true));
        assert_eq!(asking.ask("/k/c", Ok("never asked for")), (false, true));
        let again = "wrong passphrase for /k/a\npassphrase of /k/a: ";
        assert_eq!(asking.asked, ["passphrase of /k/a: ", again, "passphrase of /k/b: ", "passphrase of /k/b: "]);
    }

    #[test]
    fn what_was_typed_once_is_not_asked_for_again() {
        let mut asking = Asking { operator: Operator::default(), asked: Vec::new() };
        assert_eq!(asking.ask("/k/a", Ok("right")), (true, false));
        asking.operator.begin();
        asking.operator.leave_alone();
        assert_eq!(asking.ask("/k/a", Ok("right")), (true, false));
        assert_eq!(asking.ask("/k/a", Ok("it was changed")), (false, false), "nobody is asked");
        assert_eq!(asking.ask("/k/b", Ok("nobody is there")), (false, false));
        assert_eq!(asking.asked.len(), 1);
    }
}
