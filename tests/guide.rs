//! docs/guide.md is true: every command of its `console` blocks is carried out, in order, in one working folder with
//! examples/ in it, over a fleet of two datacenters of ten hosts; what it prints, both streams in one, is compared.
//!
//! A block holds commands after `$ `, each followed by what it prints. How the comparison reads the page:
//!
//! - `...` alone on a line stands for any lines, also for none; at the end of a line, for the rest of it.
//! - `[..]` within a line stands for any text.
//! - Times, run ids, digests and WHO@WHERE are equal to any other of their kind.
//! - Commands exit with 0 unless the block says otherwise: ```` ```console (exit code 10) ````.
//! - Hosts print folded and without progress, as on a terminal without its live block; in a block
//!   ```` ```console pipe ```` as in a pipe, without progress too.

use crate::support::{Bench, MCOM};
use regex::Regex;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// One command of the page, and what the page says about it.
struct Step {
    line: usize,
    command: String,
    expected: String,
    code: i32,
    piped: bool,
}

#[test]
fn the_guide_is_true() {
    let page = std::fs::read_to_string(root().join("docs/guide.md")).unwrap();
    let steps = steps(&page);
    assert!(steps.len() > 20, "only {} commands were found in the guide", steps.len());
    let bench = Bench::grid(2, 10);
    let place = tempfile::tempdir().unwrap();
    copy(&root().join("examples"), &place.path().join("examples"));
    let mut untrue = String::new();
    for step in &steps {
        if let Err(why) = check(&bench, place.path(), step) {
            write!(untrue, "\ndocs/guide.md:{}: $ {}\n{why}", step.line, step.command).unwrap();
        }
    }
    assert!(untrue.is_empty(), "{untrue}");
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn steps(page: &str) -> Vec<Step> {
    let code = Regex::new(r"\(exit code (\d+)\)").unwrap();
    let mut steps: Vec<Step> = Vec::new();
    let mut block: Option<&str> = None;
    for (number, line) in page.lines().enumerate() {
        if let Some(info) = line.strip_prefix("```") {
            block = if block.is_none() { Some(info) } else { None };
            continue;
        }
        let Some(info) = block.filter(|info| info.starts_with("console")) else { continue };
        if let Some(command) = line.strip_prefix("$ ") {
            let code = code.captures(info).map_or(0, |found| found[1].parse().unwrap());
            let piped = info.contains(" pipe");
            steps.push(Step { line: number + 1, command: command.to_owned(), expected: String::new(), code, piped });
        } else {
            let step = steps.last_mut().expect("a console block begins with a command");
            step.expected.push_str(line);
            step.expected.push('\n');
        }
    }
    steps
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name()))).unwrap();
        if from.is_dir() {
            copy(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}

/// Carries a step out, and says in what it differs from the page.
fn check(bench: &Bench, place: &Path, step: &Step) -> Result<(), String> {
    let programs = Path::new(MCOM).parent().unwrap().to_owned();
    let mut path = vec![programs];
    path.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    let mut command = bench.fleet.command("bash");
    command.arg("-c").arg(format!("exec 2>&1\n{}", step.command)).current_dir(place).stdin(Stdio::null());
    command.env("PATH", std::env::join_paths(path).unwrap()).env("MCOM_CONFIG", settings(bench, place, step.piped));
    let output = command.output().unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    if output.status.code() != Some(step.code) {
        return Err(format!("exit code {:?}, not {}, and this output:\n{printed}", output.status.code(), step.code));
    }
    if matcher(&step.expected).is_match(&alike(&printed)) { Ok(()) } else { Err(format!("printed:\n{printed}")) }
}

/// The fleet's configuration, and how output is shown.
fn settings(bench: &Bench, place: &Path, piped: bool) -> PathBuf {
    let fleet = bench.fleet.env().into_iter().find(|(key, _)| key == "MCOM_CONFIG").expect("the fleet sets it").1;
    let fleet = std::fs::read_to_string(fleet).unwrap();
    let output = if piped { "auto" } else { "fold" };
    let file = place.join(format!(".{output}.toml"));
    std::fs::write(&file, format!("output = '{output}'\nprogress = 'none'\n{fleet}")).unwrap();
    file
}

/// The page's output as an expression over [`alike`] text.
fn matcher(expected: &str) -> Regex {
    let mut text = String::from("^");
    for line in alike(expected).lines() {
        if line == "..." {
            text.push_str("(?:[^\n]*\n)*?");
            continue;
        }
        let (line, open) = line.strip_suffix("...").map_or((line, false), |line| (line, true));
        let parts: Vec<String> = line.split("[..]").map(regex::escape).collect();
        text.push_str(&parts.join("[^\n]*?"));
        text.push_str(if open { "[^\n]*\n" } else { "\n" });
    }
    text.push('$');
    Regex::new(&text).unwrap()
}

/// Text with everything that differs between two runs replaced by the name of its kind.
fn alike(text: &str) -> String {
    let mut text = text.to_owned();
    for (kind, what) in [
        ("DATE", r"\d{4}-\d\d-\d\d"),
        ("CLOCK", r"\b\d\d:\d\d(?::\d\d)?Z"),
        ("TIME", r"\b(?:\d+m)?\d+(?:\.\d+)?(?:ms|s)\b"),
        ("WHO", r"[\w.-]+@[\w.-]+(?P<after>  )"),
        ("WHO", r"(?P<before>\bby )[\w.-]+@[\w.-]+"),
        ("DIGEST", r"\b[0-9a-f]{6}\b"),
        (
            "ID",
            r"(?m)(?P<before>\brun |^rollout \S+  |mcom (?:log|retry|rollout undo) |^)[0-9a-hj-km-np-tv-z]{8}(?P<after>  | |$)",
        ),
    ] {
        let what = Regex::new(what).unwrap();
        text = what.replace_all(&text, format!("${{before}}{kind}${{after}}").as_str()).into_owned();
    }
    text
}

#[test]
fn wildcards_stand_for_what_they_say_and_no_more() {
    let is = |expected: &str, printed: &str| matcher(expected).is_match(&alike(printed));
    assert!(is("20 hosts: 20 ok in 1.2s\n", "20 hosts: 20 ok in 13ms\n"));
    assert!(!is("20 hosts: 20 ok in 1.2s\n", "20 hosts: 19 ok in 13ms\n"));
    assert!(is("next: mcom log 8f3kq2mx\n", "next: mcom log 0a1b2c3d\n"));
    assert!(is("a...\n", "a and more\n") && !is("a...\n", "a\nb\n") && !is("a\n", "a and more\n"));
    assert!(is("a\n...\nz\n", "a\nz\n") && is("a\n...\nz\n", "a\nb\nc\nz\n") && !is("a\n...\nz\n", "a\nb\n"));
    assert!(is("a [..] c\n", "a b b c\n") && !is("a [..] c\n", "a b\n"));
    assert!(is("", "") && !is("", "noise\n"));
}
