//! `mcom doctor`: this machine's own set-up.

use crate::args::DoctorArgs;
use crate::config::{Environment, load};
use crate::doctor::{Finding, authority_lines, examine};
use crate::error::CliError;
use crate::exit;
use crate::output::print;
use crate::run::Terminal;
use mcom_report::sanitise_line;
use std::fmt::Write as _;

/// Prints the findings, or the line for hosts. Returns the exit code.
pub fn doctor(args: &DoctorArgs) -> Result<u8, CliError> {
    let environment = Environment::of_process();
    if args.ca {
        let settings = load(&environment)?;
        return print(&authority_lines(&settings, args.user.as_deref())?).map(|()| exit::OK);
    }
    let findings = examine(&environment);
    let text = if args.json { objects(&findings) } else { lines(&findings, Terminal::of_process().out) };
    print(&text)?;
    Ok(if findings.iter().all(Finding::is_ok) { exit::OK } else { exit::OWN_ERROR })
}

fn lines(findings: &[Finding], terminal: bool) -> String {
    let fit = |text: &str| if terminal { sanitise_line(text.as_bytes()) } else { text.to_owned() };
    let mut text = String::new();
    for finding in findings {
        let _ = writeln!(text, "{:8} {:14} {}", finding.word(), finding.check, fit(&finding.text));
        if let Some(mend) = &finding.mend {
            let _ = writeln!(text, "         → {}", fit(mend));
        }
    }
    text
}

fn objects(findings: &[Finding]) -> String {
    findings.iter().map(|finding| serde_json::to_string(finding).expect("texts are JSON") + "\n").collect()
}
