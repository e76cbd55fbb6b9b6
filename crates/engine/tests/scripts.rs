//! Runs the text scripts under `scripts/`: what happens to a tree run, line by line, and every effect that follows.
//!
//! A script begins with settings (`dc`, `fanout`, ...) and `coordinator` or `node`. Then each `> input` is followed by
//! the effects it must have, one `< effect` a line and no others; `>! input` comes while effects are still untaken. A
//! line that begins with `#` says what the script is about.
//!
//! `MCOM_BLESS=1` writes the effects that came into the scripts: read the difference before you keep it.

#![expect(clippy::unwrap_used, reason = "a test: a script that cannot be read fails it")]

mod script;

use script::Script;
use std::path::Path;

#[test]
fn every_script_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts");
    let mut paths: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let failures: Vec<String> = paths.iter().filter_map(|path| run(path).err()).collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[expect(clippy::disallowed_methods, reason = "the scripts of this test are files; the engine opens none")]
fn run(path: &Path) -> Result<(), String> {
    let mut text = std::fs::read_to_string(path).unwrap();
    if std::env::var_os("MCOM_BLESS").is_some() {
        text = Script::new(&text).blessed(&text);
        std::fs::write(path, &text).unwrap();
    }
    Script::new(&text).run().map_err(|error| format!("{}:{error}", path.display()))
}
