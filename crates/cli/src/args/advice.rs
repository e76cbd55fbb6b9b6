//! From what was typed to the verb, and advice where that fails.

use crate::args::command::{Cli, Verb};
use crate::error::{CliError, ErrorKind};
use clap::error::{ContextKind, ContextValue, ErrorKind as ClapErrorKind};
use clap::{CommandFactory, FromArgMatches};
use mcom_fleet::document::nearest;
use mcom_fleet::pattern::split_by_shell;

/// What the command line asks for.
#[derive(Clone, Debug)]
pub enum Parsed {
    /// Carry out a verb.
    Verb(Box<Verb>),
    /// Print this and leave.
    Text(String),
}

const VERBS: [&str; 15] = [
    "run", "plan", "hosts", "resume", "retry", "watch", "cancel", "rollout", "log", "history", "who", "ping", "doctor",
    "config", "help",
];

/// Three first steps, for those who typed `-h` for help.
const FIRST_STEPS: [&str; 3] = [
    "mcom -h 'mail[1-100]-(dc1|dc2)' -s fix.sh",
    "mcom -h @web -- systemctl is-active nginx",
    "mcom hosts -h ^hosts.txt --count",
];

/// Reads the arguments, the program's name first.
pub fn parse(argv: Vec<String>) -> Result<Parsed, CliError> {
    let argv = with_verb(argv)?;
    let matches = match command().try_get_matches_from(argv) {
        Ok(matches) => matches,
        Err(error) if !error.use_stderr() => return Ok(Parsed::Text(error.to_string())),
        Err(error) => return Err(refusal(&error)),
    };
    let cli = Cli::from_arg_matches(&matches).map_err(|error| refusal(&error))?;
    match &cli.verb {
        Verb::Run(args) => refuse_stray(&args.asked.payload.stray, &args.asked.targets.hosts, true)?,
        Verb::Plan(args) => refuse_stray(&args.asked.payload.stray, &args.asked.targets.hosts, true)?,
        Verb::Hosts(args) => refuse_stray(&args.stray, &args.targets.hosts, false)?,
        Verb::Resume(_) | Verb::Retry(_) | Verb::Watch(_) | Verb::Cancel(_) => {}
        Verb::Help { verb } => return help(verb.as_deref()).map(Parsed::Text),
        Verb::History(args) => refuse_stray(&args.asked.stray, &args.asked.targets.hosts, false)?,
        Verb::Who(args) => refuse_stray(&args.asked.stray, &args.asked.targets.hosts, false)?,
        Verb::Ping(args) => refuse_stray(&args.asked.stray, &args.asked.targets.hosts, false)?,
        Verb::Rollout(_) | Verb::Log(_) | Verb::Doctor(_) | Verb::Config(_) => {}
    }
    Ok(Parsed::Verb(Box::new(cli.verb)))
}

/// No hosts were given: says that `-h` is hosts and help is `--help`.
pub fn no_hosts() -> CliError {
    let error = CliError::new(ErrorKind::Usage, "-h takes the hosts, and none were given; help is --help or -?");
    FIRST_STEPS.iter().fold(error, |error, example| error.hint(*example))
}

fn command() -> clap::Command {
    Cli::command().max_term_width(100)
}

/// Puts `run` in front where no verb was typed.
fn with_verb(mut argv: Vec<String>) -> Result<Vec<String>, CliError> {
    let Some(first) = argv.get(1) else { return Err(no_hosts()) };
    if VERBS.contains(&first.as_str()) || ["--help", "-?", "--version", "-V"].contains(&first.as_str()) {
        return Ok(argv);
    }
    if !first.starts_with('-') {
        let error = CliError::new(ErrorKind::Usage, format!("`{first}` is not a verb"));
        return Err(match nearest(first, &VERBS) {
            Some(verb) => error.hint(format!("did you mean `mcom {verb}`?")),
            None => error
                .hint("hosts come with -h, a command after --: mcom -h PATTERN -- CMD")
                .hint(format!("verbs: {}", VERBS.join(", "))),
        });
    }
    argv.insert(1, "run".to_owned());
    Ok(argv)
}

fn help(verb: Option<&str>) -> Result<String, CliError> {
    let mut root = command();
    root.build();
    let Some(verb) = verb else { return Ok(root.render_long_help().to_string()) };
    match root.find_subcommand_mut(verb) {
        Some(command) => Ok(command.render_long_help().to_string()),
        None => {
            let error = CliError::new(ErrorKind::Usage, format!("`{verb}` is not a verb"));
            Err(error.hint(format!("verbs: {}", VERBS.join(", "))))
        }
    }
}

fn refuse_stray(words: &[String], hosts: &[String], runs: bool) -> Result<(), CliError> {
    let Some(word) = words.first() else { return Ok(()) };
    if VERBS.contains(&word.as_str()) {
        let error = CliError::new(ErrorKind::Usage, format!("`{word}` stands after a flag; the verb comes first"));
        return Err(error.hint(format!("mcom {word} ...")));
    }
    let error = CliError::new(ErrorKind::Usage, format!("`{word}` belongs to no flag"));
    let others: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Some(meant) = hosts.last().and_then(|pattern| split_by_shell(pattern, &others)) {
        return Err(error.hint(format!("the shell has split a pattern with braces: put it in quotes: -h '{meant}'")));
    }
    let error = if runs {
        error.hint(format!("a remote command comes after -- or in -c: mcom -h PATTERN -- {}", words.join(" ")))
    } else {
        error.hint("every pattern has its own -h: mcom hosts -h A -h B")
    };
    Err(error.hint("a pattern with blanks, brackets or braces needs quotes: -h 'mail[1-3] web1'"))
}

/// What the argument parser refuses, in our form.
fn refusal(error: &clap::Error) -> CliError {
    if value_is_missing(error, "--hosts") {
        return no_hosts();
    }
    let text = error.to_string();
    if error.kind() == ClapErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return no_inner_verb(&text);
    }
    let mut lines = text
        .lines()
        .take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more information"))
        .map(str::trim)
        // Advice to pass a mistyped flag on as a value helps nobody here.
        .filter(|line| !line.is_empty() && !line.starts_with("tip: to pass"));
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_owned();
    let error = CliError::new(ErrorKind::Usage, message);
    let error = lines.fold(error, |error, line| error.hint(line.trim_start_matches("tip: ")));
    error.hint("all flags: mcom --help")
}

/// A verb that has verbs of its own stands alone. `help` is the first one's.
fn no_inner_verb(help: &str) -> CliError {
    let usage = help.lines().find_map(|line| line.strip_prefix("Usage: "));
    let verb = usage.and_then(|usage| usage.split(" <").next()).unwrap_or("mcom");
    let inner = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let names = inner.filter_map(|line| line.strip_prefix("  ")?.split(' ').next().filter(|name| !name.is_empty()));
    CliError::new(ErrorKind::Usage, format!("`{verb}` needs a verb: {}", names.collect::<Vec<_>>().join(", ")))
        .hint(format!("what each does: {verb} --help"))
}

fn value_is_missing(error: &clap::Error, flag: &str) -> bool {
    let names = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    names(ContextKind::InvalidArg).is_some_and(|arg| arg.starts_with(flag))
        && names(ContextKind::InvalidValue).is_none_or(str::is_empty)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &str) -> Result<Parsed, CliError> {
        parse(std::iter::once("mcom").chain(words.split_whitespace()).map(str::to_owned).collect())
    }

    #[test]
    fn the_seeds_line_needs_no_verb() {
        let Ok(Parsed::Verb(verb)) = parsed("-h mail1-dc1 -s fix.sh -- a -b") else { panic!("no verb") };
        let Verb::Run(args) = *verb else { panic!("not run") };
        assert_eq!(args.asked.targets.hosts, ["mail1-dc1"]);
        assert_eq!(args.asked.payload.script.as_deref(), Some("fix.sh"));
        assert_eq!(args.asked.payload.argv, ["a", "-b"]);
    }

    #[test]
    fn dash_h_alone_explains_itself() {
        for words in ["", "-h", "-h -s fix.sh", "run -h", "hosts -h"] {
            assert_eq!(parsed(words).unwrap_err(), no_hosts(), "{words}");
        }
    }

    #[test]
    fn standard_input_is_a_pattern() {
        let Ok(Parsed::Verb(verb)) = parsed("hosts -h - -x @old") else { panic!("no verb") };
        let Verb::Hosts(args) = *verb else { panic!("not hosts") };
        assert_eq!((args.targets.hosts, args.targets.exclude), (vec!["-".to_owned()], vec!["@old".to_owned()]));
    }

    #[test]
    fn bare_words_are_refused_with_advice() {
        let advice = |words| parsed(words).unwrap_err().hints.join("\n");
        assert!(advice("-h web1 uptime -p").contains("unexpected argument") || !advice("-h web1 uptime").is_empty());
        assert!(
            advice("-h web1 uptime").starts_with("a remote command comes after -- or in -c: mcom -h PATTERN -- uptime")
        );
        assert_eq!(
            advice("-h mail1-dc1 mail1-dc2"),
            "the shell has split a pattern with braces: put it in quotes: -h 'mail1-(dc1|dc2)'"
        );
        assert!(advice("-h web1 plan").starts_with("mcom plan"));
        assert!(advice("pln -h web1").contains("did you mean `mcom plan`?"));
    }

    #[test]
    fn verbs_within_verbs_are_named() {
        let error = parsed("rollout").unwrap_err();
        assert!(error.message.starts_with("`mcom rollout` needs a verb: init, plan, start, "), "{error}");
        assert_eq!(error.hints, ["what each does: mcom rollout --help"]);
        assert_eq!(parsed("config").unwrap_err().message, "`mcom config` needs a verb: show");
    }

    #[test]
    fn help_is_text() {
        for words in ["--help", "-?", "help", "help plan", "-h web1 --help", "plan -?", "--version"] {
            assert!(matches!(parsed(words), Ok(Parsed::Text(_))), "{words}");
        }
    }

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }
}
