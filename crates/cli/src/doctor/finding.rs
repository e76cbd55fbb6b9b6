//! What was found about one piece of the set-up.

use serde::Serialize;

/// What was found about one piece.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at.
    pub check: &'static str,
    ok: bool,
    /// What is there.
    pub text: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    /// It will do.
    pub(super) fn ok(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, ok: true, text: text.into(), mend: None }
    }

    /// It will not do.
    pub(super) fn problem(check: &'static str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { check, ok: false, text: text.into(), mend: Some(mend.into()) }
    }

    /// It could not be looked at, because of a problem that stands before it.
    pub(super) fn not_looked_at(check: &'static str, why: &str) -> Self {
        Self { check, ok: false, text: format!("not looked at: {why}"), mend: None }
    }

    /// The state in a word.
    pub const fn word(&self) -> &'static str {
        match (self.ok, &self.mend) {
            (true, _) => "ok",
            (false, Some(_)) => "PROBLEM",
            (false, None) => "-",
        }
    }

    /// Whether it will do.
    pub const fn is_ok(&self) -> bool {
        self.ok
    }
}
