//! What `mcom-node` does with its arguments.

use crate::run::node::{Children, serve};
use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;

/// For a mistake in the arguments, as in `sysexits.h`.
const USAGE: u8 = 64;

/// Runs the program `mcom-node`: `link`, `attach`, `supervise DIR`, or `--version`.
pub fn node_main() -> ExitCode {
    node_main_with(Children::Ssh)
}

/// Runs the program, which reaches its children in the given way.
pub fn node_main_with(children: Children) -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let words: Vec<_> = arguments.iter().map(|argument| argument.to_str().unwrap_or_default()).collect();
    match words[..] {
        ["link"] => at_home(serve(children, None)),
        ["link", "--only", pinned] if let Ok(pinned) = pinned.parse() => at_home(serve(children, Some(pinned))),
        ["attach"] => at_home(crate::supervisor::attach()),
        ["supervise", _] => ExitCode::from(crate::supervisor::supervise(arguments[1].as_ref())),
        ["--version"] => {
            let _ = writeln!(std::io::stdout(), "mcom-node {}", env!("CARGO_PKG_VERSION"));
            ExitCode::SUCCESS
        }
        _ => {
            complain(
                "usage: mcom-node link [--only DIGEST] | attach | supervise DIR | --version (mcom starts it by itself)",
            );
            ExitCode::from(USAGE)
        }
    }
}

fn at_home<E: std::fmt::Display>(work: impl Future<Output = Result<(), E>>) -> ExitCode {
    // It was started in the spool, where nothing else should hold or find it.
    let home = std::env::var_os("HOME").unwrap_or_else(|| "/".into());
    let _ = std::env::set_current_dir(home).or_else(|_| std::env::set_current_dir("/"));
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&format!("cannot start: {error}")),
    };
    match runtime.block_on(work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error.to_string()),
    }
}

fn failed(why: &str) -> ExitCode {
    complain(why);
    ExitCode::FAILURE
}

fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "mcom-node: {text}");
}
