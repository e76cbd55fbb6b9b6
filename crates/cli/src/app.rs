//! From the process's arguments to its exit code.

use crate::args::{Parsed, Verb, parse};
use crate::config::{Environment, load};
use crate::error::{CliError, ErrorKind};
use crate::output::{print, say};
use crate::{exit, trace, verbs};
use std::process::ExitCode;

/// Runs the program and returns its exit code.
pub fn main() -> ExitCode {
    match arguments().and_then(parse).and_then(carry_out) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            say(&error.to_string());
            ExitCode::from(error.kind.exit_code())
        }
    }
}

fn arguments() -> Result<Vec<String>, CliError> {
    let text = |argument: std::ffi::OsString| {
        argument.into_string().map_err(|argument| {
            let shown = argument.to_string_lossy().into_owned();
            CliError::new(ErrorKind::Usage, format!("the argument {shown:?} is not UTF-8"))
                .hint("put what is not text into a script, and the script into -s")
        })
    };
    std::env::args_os().map(text).collect()
}

fn carry_out(parsed: Parsed) -> Result<u8, CliError> {
    let verb = match parsed {
        Parsed::Text(text) => return print(&text).map(|()| exit::OK),
        Parsed::Verb(verb) => verb,
    };
    if let Verb::Doctor(args) = verb.as_ref() {
        // Settings that cannot be used are one of its findings.
        return verbs::doctor(args);
    }
    let settings = load(&Environment::of_process())?;
    match *verb {
        Verb::Run(args) => {
            trace::start(args.output.verbose);
            return verbs::run(&args, &settings);
        }
        Verb::Resume(args) => {
            trace::start(args.output.verbose);
            return verbs::resume(&args, &settings);
        }
        Verb::Retry(args) => {
            trace::start(args.output.verbose);
            return verbs::retry(&args, &settings);
        }
        Verb::Watch(args) => return verbs::watch(&args, &settings),
        Verb::Cancel(args) => {
            trace::start(args.output.verbose);
            return verbs::cancel(&args, &settings);
        }
        Verb::Rollout(args) => return verbs::rollout(&args, &settings),
        Verb::Plan(args) => return verbs::plan(&args, &settings),
        Verb::Hosts(args) => verbs::hosts(&args, &settings)?,
        Verb::Log(args) => verbs::log(&args, &settings)?,
        Verb::History(args) => return verbs::history(&args, &settings),
        Verb::Who(args) => return verbs::who(&args, &settings),
        Verb::Ping(args) => return verbs::ping(&args, &settings),
        Verb::Config(args) => verbs::config(&args, &settings)?,
        // Help was text already, and the doctor has gone.
        Verb::Help { .. } | Verb::Doctor(_) => {}
    }
    Ok(exit::OK)
}
