//! Which hosts of a plan have its payload: where they are skipped, that is a part of what the plan says.

use crate::args::SshArgs;
use crate::config::Settings;
use crate::error::CliError;
use crate::exit;
use crate::inquire::{Asked, Question, ask};
use crate::output::print;
use crate::request::{Already, Saved};
use mcom_fleet::hostset::fold;
use mcom_model::{Inquiry, Plan};
use mcom_report::{Answer, already_text};
use std::collections::BTreeSet;

/// Where hosts that have the payload are skipped, asks which those are.
pub(super) fn ask_already(plan: &Plan, ssh: &SshArgs, settings: &Settings) -> Result<Option<Asked>, CliError> {
    let Some(payload) = plan.payload_id().filter(|_| plan.request.once) else { return Ok(None) };
    let run_as = plan.payload.as_ref().and_then(|payload| payload.run_as.clone());
    ask(plan, &Question { inquiry: Inquiry::Has { payload }, run_as }, ssh, settings).map(Some)
}

/// The same, printed. Returns the exit code.
pub(super) fn print_already(plan: &Plan, ssh: &SshArgs, settings: &Settings) -> Result<u8, CliError> {
    let Some(asked) = ask_already(plan, ssh, settings)? else { return Ok(exit::OK) };
    print(&(already_text(&asked.answers) + "\n"))?;
    Ok(asked.code)
}

/// What hosts have answered.
pub(super) fn already(answers: &[Answer]) -> Already {
    let mut already = Already::default();
    for (host, answer) in answers {
        match answer {
            Ok(answer) if answer.past.is_empty() => {}
            Ok(_) => drop(already.have.insert(host.clone())),
            Err(_) => drop(already.silent.insert(host.clone())),
        }
    }
    already
}

/// Refuses a plan that is carried out where other hosts have the payload than when it was made.
pub(super) fn still_already(saved: &Saved, plan: &Plan, ssh: &SshArgs, settings: &Settings) -> Result<(), CliError> {
    let Some(was) = &saved.made.already else { return Ok(()) };
    let Some(asked) = ask_already(plan, ssh, settings)? else { return Ok(()) };
    let differences = differences(was, &already(&asked.answers));
    if differences.is_empty() { Ok(()) } else { Err(saved.stale(differences)) }
}

/// What is known of hosts that answered both times, and is no longer so.
fn differences(was: &Already, is: &Already) -> Vec<String> {
    let answered = |host: &&String| !was.silent.contains(*host) && !is.silent.contains(*host);
    let only = |these: &BTreeSet<String>, those: &BTreeSet<String>| {
        let hosts: Vec<&str> = these.difference(those).filter(answered).map(String::as_str).collect();
        (!hosts.is_empty()).then(|| fold(hosts))
    };
    let came = only(&is.have, &was.have).map(|hosts| format!("they have the payload by now: {hosts}"));
    let went = only(&was.have, &is.have).map(|hosts| format!("they no longer have the payload: {hosts}"));
    came.into_iter().chain(went).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn already(have: &[&str], silent: &[&str]) -> Already {
        let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        Already { have: set(have), silent: set(silent) }
    }

    #[test]
    fn only_hosts_that_answered_both_times_can_differ() {
        let was = already(&["web1", "web2"], &["web4"]);
        assert_eq!(differences(&was, &was), [""; 0]);
        assert_eq!(differences(&was, &already(&["web2", "web4"], &["web1"])), [""; 0]);
        assert_eq!(
            differences(&was, &already(&["web1", "web5", "web6"], &[])),
            ["they have the payload by now: web[5-6]", "they no longer have the payload: web2"]
        );
    }
}
