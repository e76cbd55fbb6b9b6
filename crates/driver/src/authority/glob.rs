//! Shell patterns for paths, as `Include` in ssh's configuration has them.

use std::path::{Path, PathBuf};

/// The files that a pattern names, in order of their names; a path without a pattern in it is taken as it is.
pub(super) fn paths(pattern: &Path) -> Vec<PathBuf> {
    let mut found = vec![PathBuf::new()];
    for part in pattern.components() {
        let part = part.as_os_str().to_string_lossy().into_owned();
        let wild = part.contains(['*', '?', '[']);
        found = found.iter().flat_map(|at| if wild { entries(at, &part) } else { vec![at.join(&part)] }).collect();
    }
    found
}

fn entries(folder: &Path, pattern: &str) -> Vec<PathBuf> {
    let pattern: Vec<char> = pattern.chars().collect();
    let names = std::fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).map(|entry| entry.file_name());
    let fits = |name: &str| name.starts_with('.') == (pattern[0] == '.') && matches(&pattern, name);
    let mut names: Vec<_> = names.filter(|name| fits(&name.to_string_lossy())).collect();
    names.sort();
    names.iter().map(|name| folder.join(name)).collect()
}

fn matches(pattern: &[char], name: &str) -> bool {
    let Some((first, rest)) = pattern.split_first() else { return name.is_empty() };
    let mut letters = name.chars();
    match first {
        '*' => (0..=name.len()).filter(|&at| name.is_char_boundary(at)).any(|at| matches(rest, &name[at..])),
        '[' => match rest.iter().skip(1).position(|letter| *letter == ']') {
            Some(end) => {
                let (set, after) = (&rest[..=end], &rest[end + 2..]);
                letters.next().is_some_and(|letter| in_set(set, letter)) && matches(after, letters.as_str())
            }
            None => letters.next() == Some('[') && matches(rest, letters.as_str()),
        },
        '?' => letters.next().is_some() && matches(rest, letters.as_str()),
        plain => letters.next() == Some(*plain) && matches(rest, letters.as_str()),
    }
}

fn in_set(set: &[char], letter: char) -> bool {
    let (negated, set) = match set {
        ['!' | '^', rest @ ..] => (true, rest),
        _ => (false, set),
    };
    let ranges = set.windows(3).any(|range| range[1] == '-' && (range[0]..=range[2]).contains(&letter));
    (ranges || set.contains(&letter)) != negated
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_name_files_in_order() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.conf", "a.conf", ".hidden.conf", "c.txt", "my [1].conf"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let named = |pattern: &str| -> Vec<String> {
            let found = paths(&folder.path().join(pattern));
            found.iter().map(|path| path.file_name().unwrap().to_str().unwrap().to_owned()).collect()
        };
        assert_eq!(named("*.conf"), ["a.conf", "b.conf", "my [1].conf"]);
        assert_eq!(named("[ac].*"), ["a.conf", "c.txt"]);
        assert_eq!(named("[!a-b].???"), ["c.txt"]);
        assert_eq!(named("my [[]1].conf"), ["my [1].conf"], "as mcom writes a path that is none of a pattern");
        assert_eq!(named("missing"), ["missing"]);
    }
}
