//! The reference pages say what the program does. `MCOM_BLESS=1` writes them anew.

use std::path::PathBuf;

fn check(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
    if std::env::var_os("MCOM_BLESS").is_some() {
        std::fs::write(&path, text).expect("docs can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == text, "docs/{name} is out of date: MCOM_BLESS=1 cargo test -p mcom-cli --test reference");
}

#[test]
fn the_command_line() {
    check("cli.md", &mcom_cli::args::reference());
}

#[test]
fn the_exit_codes() {
    check("exit-codes.md", &mcom_cli::exit::reference());
}
