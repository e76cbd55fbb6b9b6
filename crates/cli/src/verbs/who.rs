//! `mcom who`: which run holds each host now.

use crate::args::WhoArgs;
use crate::config::Settings;
use crate::error::{CliError, ErrorKind};
use crate::inquire::{Question, ask};
use crate::output::print_bytes;
use crate::request::build;
use crate::resolve::StandardInput;
use crate::run::{Terminal, now_ms};
use mcom_model::Inquiry;
use mcom_report::{AnswerOptions, AnswerStyle, write_holders};

/// Asks the hosts and prints what they say. Returns the exit code.
pub fn who(args: &WhoArgs, settings: &Settings) -> Result<u8, CliError> {
    if args.asked.targets.hosts.is_empty() {
        return Err(CliError::new(ErrorKind::Usage, "who asks hosts which run holds them, and none were given")
            .hint("mcom who -h 'mail[1-100]-(dc1|dc2)'")
            .hint("mcom who -h @web"));
    }
    let planned = build(args.asked.settle(settings)?, settings, &StandardInput::default())?;
    let question = Question { inquiry: Inquiry::Who, run_as: args.asked.run_as.run_as() };
    let asked = ask(&planned.plan, &question, &args.asked.ssh, settings)?;
    let mut text = Vec::new();
    write_holders(&asked.answers, &answer_options(args.json, settings), &mut text).expect("memory can be written");
    print_bytes(&text)?;
    Ok(asked.code)
}

/// Folded for a person, a line a host in a pipe.
pub(super) fn answer_options(json: bool, settings: &Settings) -> AnswerOptions {
    let terminal = Terminal::of_process();
    let style = match (json, terminal.out) {
        (true, _) => AnswerStyle::Json,
        (false, true) => AnswerStyle::Fold,
        (false, false) => AnswerStyle::Lines,
    };
    AnswerOptions { style, now_ms: now_ms(), color: terminal.color(settings.color.value, terminal.out) }
}
