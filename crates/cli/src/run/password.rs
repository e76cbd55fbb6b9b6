//! The password that sudo wants: asked for once, and only where no parent comes to see it.

use crate::args::PasswordArgs;
use crate::error::{CliError, ErrorKind};
use crate::prompt::{self, Unasked};
use mcom_fleet::planner::ways;
use mcom_model::{Plan, RunAs, RunAsTool};
use mcom_wire::Secret;

/// Whether a password is to be asked for; refused where none is of use, or parents would see it.
pub(super) fn is_wanted(args: PasswordArgs, plan: &Plan, run_as: Option<&RunAs>) -> Result<bool, CliError> {
    if !args.ask_sudo_password {
        return Ok(false);
    }
    let run_as = run_as.ok_or_else(no_sudo)?;
    if run_as.tool == RunAsTool::Doas {
        return Err(CliError::new(ErrorKind::Usage, "-K: doas takes a password from a terminal alone")
            .hint("let it do without on the hosts, in doas.conf: permit nopass USER")
            .hint("or become that user by sudo: --sudo"));
    }
    if !ways(plan).only_from_here() {
        return Err(would_be_seen());
    }
    Ok(true)
}

/// Asks for the password.
pub(super) fn ask(plan: &Plan) -> Result<Secret, CliError> {
    let count = plan.hosts.len();
    let plural = if count == 1 { "" } else { "s" };
    match prompt::secret(&format!("password for sudo on {count} host{plural}: ")) {
        Ok(password) => Ok(password),
        Err(Unasked::NoTerminal) => {
            Err(CliError::new(ErrorKind::Usage, "-K asks for a password, and there is no terminal to ask at")
                .hint("run it at a terminal, or let sudo do without on the hosts: NOPASSWD in sudoers"))
        }
        Err(Unasked::Interrupted) => Err(CliError::interrupted()),
        Err(Unasked::Declined) => Err(CliError::new(ErrorKind::Refused, "no password was typed: nothing was started")),
    }
}

fn no_sudo() -> CliError {
    CliError::new(ErrorKind::Usage, "-K asks for the password of sudo, and nothing is run by sudo")
        .hint("as root: --sudo -K; as another user: --sudo=USER -K")
}

/// A parent would hold the password on its way.
fn would_be_seen() -> CliError {
    CliError::new(ErrorKind::Refused, "-K: parents would see the password: they log in on some of the hosts")
        .hint("log in on every host from here, through its parent: --credentials transit")
        .hint("or without parents: --flat")
}
