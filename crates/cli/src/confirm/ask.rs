//! Whether it must be asked, the question, and what an answer means.

use crate::args::Yes;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::output::say;
use crate::prompt::{self, Unasked};
use mcom_report::sanitise_line;
use std::io::IsTerminal as _;

/// Whether the operator has to be asked before so many hosts are touched.
pub fn is_asked(hosts: usize, yes: Yes, settings: &Settings) -> bool {
    yes == Yes::Unsaid && hosts as u64 > settings.policy.confirm_above.value
}

/// Returns where `what` may start on so many hosts, and asks where that was not said. `what` is a verb and its object:
/// `run fix.sh`. `look` says how the hosts are looked at. `brief` is shown above the question: twelve lines at most.
pub fn confirm(
    what: &str,
    hosts: usize,
    yes: Yes,
    look: &str,
    brief: impl FnOnce() -> String,
    settings: &Settings,
) -> Result<(), CliError> {
    match yes {
        Yes::Exactly(count) if count != hosts as u64 => return Err(another_number(count, hosts, look)),
        _ if !is_asked(hosts, yes, settings) => return Ok(()),
        _ => {}
    }
    if !std::io::stderr().is_terminal() || !prompt::is_possible() {
        return Err(nobody_asked(hosts, settings));
    }
    say(&brief());
    let typed = prompt::line(&format!("to {what} on all of them, type the number of hosts: "));
    answered(typed, hosts, settings)
}

fn answered(typed: Result<String, Unasked>, hosts: usize, settings: &Settings) -> Result<(), CliError> {
    match typed {
        Ok(typed) if typed.parse() == Ok(hosts) => Ok(()),
        Ok(typed) => {
            let typed = sanitise_line(typed.as_bytes());
            Err(CliError::new(ErrorKind::Refused, format!("`{typed}` is not {hosts}: nothing was started")))
        }
        Err(Unasked::Declined) => Err(CliError::new(ErrorKind::Refused, "nothing was typed: nothing was started")),
        Err(Unasked::Interrupted) => Err(CliError::interrupted()),
        Err(Unasked::NoTerminal) => Err(nobody_asked(hosts, settings)),
    }
}

fn another_number(count: u64, hosts: usize, look: &str) -> CliError {
    let are = if hosts == 1 { "there is 1 host" } else { &format!("there are {hosts} hosts") };
    CliError::new(ErrorKind::Refused, format!("--yes={count} was said, and {are}: nothing was started"))
        .hint(format!("which they are: {look}"))
        .hint(format!("if they are right: --yes={hosts}"))
}

fn nobody_asked(hosts: usize, settings: &Settings) -> CliError {
    let rule = &settings.policy.confirm_above;
    let are = if hosts == 1 { "1 host is" } else { &format!("{hosts} hosts are") };
    let message = format!("{are} more than {}, and nobody can be asked here: nothing was started", rule.value);
    CliError::new(ErrorKind::Refused, message)
        .hint(format!("say how many you mean: --yes={hosts}; any number: --yes"))
        .hint(format!("confirm_above is {} ({})", rule.value, rule.origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Setting;

    fn settings(confirm_above: u64) -> Settings {
        let mut settings = Settings::built_in(Setting::built_in("/s".into()));
        settings.policy.confirm_above = Setting::built_in(confirm_above);
        settings
    }

    #[test]
    fn it_is_asked_above_the_number_unless_it_was_said() {
        for (hosts, yes, asked) in
            [(20, Yes::Unsaid, false), (21, Yes::Unsaid, true), (21, Yes::Any, false), (21, Yes::Exactly(21), false)]
        {
            assert_eq!(is_asked(hosts, yes, &settings(20)), asked, "{hosts} {yes:?}");
        }
        assert!(is_asked(1, Yes::Unsaid, &settings(0)));
    }

    #[test]
    fn a_number_that_was_said_holds_also_where_it_need_not_be_confirmed() {
        let said =
            |count, hosts| confirm("run fix.sh", hosts, Yes::Exactly(count), "mcom plan", String::new, &settings(20));
        assert_eq!(said(3, 3), Ok(()));
        let refused = said(300, 312).unwrap_err();
        assert_eq!(refused.message, "--yes=300 was said, and there are 312 hosts: nothing was started");
        assert_eq!(refused.hints[0], "which they are: mcom plan");
        assert_eq!(refused.hints.last().unwrap(), "if they are right: --yes=312");
        assert_eq!(said(2, 1).unwrap_err().message, "--yes=2 was said, and there is 1 host: nothing was started");
    }

    #[test]
    fn the_number_and_nothing_else_is_a_yes() {
        let answered = |typed| super::answered(typed, 300, &settings(20)).map_err(|error| (error.kind, error.message));
        assert_eq!(answered(Ok("300".to_owned())), Ok(()));
        for (typed, message) in [
            (Ok("yes".to_owned()), "`yes` is not 300: nothing was started"),
            (Ok("30".to_owned()), "`30` is not 300: nothing was started"),
            (Ok("-300".to_owned()), "`-300` is not 300: nothing was started"),
            (Err(Unasked::Declined), "nothing was typed: nothing was started"),
        ] {
            assert_eq!(answered(typed), Err((ErrorKind::Refused, message.to_owned())));
        }
        assert_eq!(answered(Err(Unasked::Interrupted)).unwrap_err().0, ErrorKind::Interrupted);
        assert_eq!(answered(Err(Unasked::NoTerminal)).unwrap_err().0, ErrorKind::Refused);
    }
}
