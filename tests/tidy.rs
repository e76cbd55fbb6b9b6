//! What the source tree promises about itself: which way the arrows between crates point, that the
//! pure crates are kept pure, and that every file says what it is for. Not what the programs do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The crates and what each may know; what is reached through these is allowed too. docs/architecture.md says why.
const ARROWS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("fleet", &["model"]),
    ("wire", &["model"]),
    ("credentials", &["model"]),
    ("engine", &["wire", "fleet"]),
    ("rollout", &["fleet"]),
    ("ledger", &["rollout"]),
    ("report", &["rollout"]),
    ("driver", &["engine", "credentials"]),
    ("sim", &["engine", "rollout"]),
    ("testbed", &[]),
    ("hostile", &["wire", "credentials"]),
    ("cli", &["driver", "ledger", "report"]),
    ("node", &["driver"]),
];

/// Same input, same output: no clock, no files, no environment, no randomness.
const PURE: &[&str] = &["model", "fleet", "wire", "credentials", "engine", "rollout", "sim"];

/// What a pure crate may be made of. A crate that is added here must itself be a pure function of its arguments.
const PURE_DEPENDENCIES: &[&str] = &[
    "base64ct",
    "blake3",
    "bytes",
    "hmac",
    "jiff",
    "regex",
    "regex-syntax",
    "rsa",
    "serde",
    "serde_json",
    "sha1",
    "sha2",
    "ssh-key",
    "strsim",
    "thiserror",
    "toml",
    "zeroize",
];

/// What a pure crate's clippy.toml must at least keep out.
const IMPURE: &[&str] = &[
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::fs::File",
    "std::env::var",
    "std::fs::read",
    "std::fs::write",
    "std::thread::spawn",
    "std::process::Command::new",
];

/// What must not reach the node, which is a small static program.
const NOT_IN_THE_NODE: &[&str] = &["clap", "similar", "jiff", "tracing-subscriber", "mcom-report", "mcom-ledger"];

/// A file that has grown beyond this has more than one meaning.
const LONGEST_FILE: usize = 800;

#[test]
fn arrows_between_crates_point_one_way() {
    let found: BTreeSet<_> = subfolders("crates").iter().map(|path| file_name(path)).collect();
    let known: BTreeSet<_> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found, known, "the crates of the tree and those of the table");
    for (name, _) in ARROWS {
        let allowed = reachable(name);
        for dependency in dependencies(name).iter().filter_map(|dependency| own_crate(dependency)) {
            assert!(allowed.contains(dependency), "crates/{name} may not depend on crates/{dependency}");
        }
    }
}

#[test]
fn pure_crates_are_made_of_pure_parts() {
    for name in PURE {
        for dependency in dependencies(name).iter().filter(|dependency| own_crate(dependency).is_none()) {
            assert!(
                PURE_DEPENDENCIES.contains(&dependency.as_str()),
                "crates/{name} is pure: it may not use {dependency}"
            );
        }
    }
}

#[test]
fn the_node_stays_small() {
    for name in reachable("node").iter().chain([&"node"]) {
        for dependency in dependencies(name) {
            assert!(
                !NOT_IN_THE_NODE.contains(&dependency.as_str()),
                "crates/{name} is part of the node: no {dependency} in it"
            );
        }
    }
}

#[test]
fn determinism_lints_stand_and_repeat_the_rules_of_the_root() {
    let root_rules = toml_file(&root().join("clippy.toml"));
    for (name, _) in ARROWS {
        let path = root().join("crates").join(name).join("clippy.toml");
        if !path.exists() {
            assert!(!PURE.contains(name), "crates/{name} is pure and has no clippy.toml");
            continue;
        }
        let rules = toml_file(&path);
        for (rule, value) in &root_rules {
            assert_eq!(rules.get(rule), Some(value), "{}: the root's rule {rule} is not repeated", path.display());
        }
        if PURE.contains(name) {
            let kept_out = disallowed(&rules);
            for item in IMPURE {
                assert!(kept_out.contains(*item), "{}: {item} is not kept out", path.display());
            }
        }
    }
}

#[test]
fn every_crate_follows_the_lints_of_the_workspace() {
    for (name, _) in ARROWS {
        let manifest = manifest(name);
        let lints = manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        assert_eq!(lints, Some(true), "crates/{name}/Cargo.toml lacks `[lints] workspace = true`");
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    let files = files_below(&["crates", "tests"], |path| path.extension().is_some_and(|it| it == "rs"));
    assert!(files.len() > 20, "the source files were found");
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let first = text.lines().next().unwrap_or_default();
        assert!(first.len() > "//! ".len() && first.starts_with("//! "), "{}: begins with {first:?}", shown(&file));
    }
}

#[test]
fn every_script_says_what_it_does() {
    let scripts = files_below(&["scripts", ".ci"], |_| true);
    let examples = files_below(&["examples"], |path| path.extension().is_some_and(|it| it == "sh"));
    assert!(scripts.len() >= 4 && examples.len() >= 2, "the scripts were found");
    for file in scripts.iter().chain(&examples) {
        let text = fs::read_to_string(file).unwrap();
        let said = text.lines().find(|line| !line.starts_with("#!")).unwrap_or_default();
        let docstring = said.starts_with("\"\"\"");
        assert!(said.starts_with("# ") || docstring, "{}: no comment that says what it does", shown(file));
    }
}

#[test]
fn no_file_has_outgrown_its_meaning() {
    for file in files_below(&["crates", "tests", "scripts"], is_source) {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= LONGEST_FILE, "{}: {lines} lines, at most {LONGEST_FILE}", shown(&file));
    }
}

#[test]
fn nothing_is_left_for_later() {
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("unimpl", "emented!("), concat!("to", "do!(")];
    for file in files_below(&["crates", "tests", "scripts", "examples", ".ci"], is_source) {
        let text = fs::read_to_string(&file).unwrap();
        for (number, line) in text.lines().enumerate() {
            let found = words.iter().find(|word| line.contains(**word));
            assert!(found.is_none(), "{}:{}: {}", shown(&file), number + 1, line.trim());
        }
    }
}

/// The crates that `name` may know.
fn reachable(name: &str) -> BTreeSet<&'static str> {
    let table: BTreeMap<_, _> = ARROWS.iter().copied().collect();
    let mut found = BTreeSet::new();
    let mut next: Vec<_> = table[name].to_vec();
    while let Some(crate_name) = next.pop() {
        if found.insert(crate_name) {
            next.extend(table[crate_name]);
        }
    }
    assert!(!found.contains(name), "the table has a circle through {name}");
    found
}

/// What a crate is linked with; what only its tests use is not its concern.
fn dependencies(name: &str) -> Vec<String> {
    let manifest = manifest(name);
    let mut tables: Vec<_> =
        ["dependencies", "build-dependencies"].iter().filter_map(|key| manifest.get(*key)).collect();
    if let Some(targets) = manifest.get("target").and_then(toml::Value::as_table) {
        tables.extend(targets.values().filter_map(|target| target.get("dependencies")));
    }
    tables.iter().filter_map(|table| table.as_table()).flat_map(|table| table.keys().cloned()).collect()
}

/// The folder of one of our crates, from its package name.
fn own_crate(package: &str) -> Option<&str> {
    let name = package.strip_prefix("mcom-")?;
    Some(name.strip_suffix("-lib").unwrap_or(name))
}

fn manifest(name: &str) -> toml::Table {
    toml_file(&root().join("crates").join(name).join("Cargo.toml"))
}

fn toml_file(path: &Path) -> toml::Table {
    fs::read_to_string(path).unwrap().parse().unwrap()
}

fn disallowed(rules: &toml::Table) -> BTreeSet<String> {
    let lists = ["disallowed-types", "disallowed-methods"].iter().filter_map(|key| rules.get(*key)?.as_array());
    let paths = lists.flatten().filter_map(|rule| rule.get("path").unwrap_or(rule).as_str());
    paths.map(str::to_owned).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

fn subfolders(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.is_dir()).collect()
}

fn is_source(path: &Path) -> bool {
    path.extension().is_none_or(|extension| ["rs", "sh", "py"].iter().any(|known| extension == *known))
}

/// Every file below the folders that `wanted` accepts; build output and stored data are not searched.
fn files_below(folders: &[&str], wanted: impl Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut next: Vec<_> = folders.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = next.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = file_name(&path);
            if path.is_dir()
                && !["target", "corpus", "golden", "snapshots", "artifacts", "__pycache__"].contains(&name.as_str())
            {
                next.push(path);
            } else if path.is_file() && wanted(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
