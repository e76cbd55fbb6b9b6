//! The lines of ssh's configuration: keywords, words and the names of hosts. Pure.

/// The names of a `Host` or `Match host`.
#[derive(Clone, Debug)]
pub(super) struct Names {
    patterns: Vec<(bool, String)>,
    negated: bool,
}

impl Names {
    /// What follows `Host`.
    pub(super) fn of_host(rest: &str) -> Self {
        Self { patterns: words(rest).iter().map(|word| pattern(word)).collect(), negated: false }
    }

    /// What follows `Match host`, or `Match !host`.
    pub(super) fn of_match(list: &str, negated: bool) -> Self {
        Self { patterns: list.split(',').map(pattern).collect(), negated }
    }

    /// Whether a host is among them.
    pub(super) fn hold(&self, name: &str) -> bool {
        let found = |wanted: bool| {
            self.patterns
                .iter()
                .any(|(positive, pattern)| *positive == wanted && matches(pattern.as_bytes(), name.as_bytes()))
        };
        (found(true) && !found(false)) != self.negated
    }

    /// Whether they are names of single hosts, and no patterns.
    pub(super) fn are_whole(&self) -> bool {
        !self.negated && self.patterns.iter().all(|(positive, pattern)| *positive && !pattern.contains(['*', '?']))
    }

    /// Whether every host is among them.
    pub(super) fn are_all(&self) -> bool {
        !self.negated
            && self.patterns.iter().any(|(_, pattern)| pattern == "*")
            && self.patterns.iter().all(|(is, _)| *is)
    }

    /// The names, where they are whole.
    pub(super) fn each(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().map(|(_, name)| name.as_str())
    }
}

/// The keyword of a line in lower case, and what follows it.
pub(super) fn split(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let end = line.find(|letter: char| letter.is_whitespace() || letter == '=').unwrap_or(line.len());
    let rest = line[end..].trim_start();
    let rest = rest.strip_prefix('=').map_or(rest, str::trim_start);
    Some((line[..end].trim_matches('"').to_ascii_lowercase(), rest.to_owned()))
}

/// Words between spaces; quotes hold them together, and a comment ends them.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut letters = text.chars().peekable();
    loop {
        while letters.next_if(|letter| letter.is_whitespace()).is_some() {}
        match letters.peek() {
            None | Some('#') => return words,
            Some(_) => {}
        }
        let (mut word, mut quoted) = (String::new(), false);
        while let Some(letter) = letters.next_if(|letter| quoted || !letter.is_whitespace()) {
            match letter {
                '"' => quoted = !quoted,
                '\\' if letters.peek().is_some_and(|next| ['"', '\\', '\''].contains(next)) => {
                    word.extend(letters.next())
                }
                letter => word.push(letter),
            }
        }
        words.push(word);
    }
}

fn pattern(word: &str) -> (bool, String) {
    word.strip_prefix('!').map_or((true, word.to_owned()), |word| (false, word.to_owned()))
}

/// A value that means itself.
pub(super) fn is_plain(value: &str) -> bool {
    !value.is_empty() && value.chars().all(|letter| letter.is_ascii_alphanumeric() || ".:_-".contains(letter))
}

/// `*` and `?`, as in ssh.
fn matches(pattern: &[u8], name: &[u8]) -> bool {
    // Where to go on when what follows the last star does not fit.
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(letter) if *letter == b'?' || *letter == name[n] => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((at, from)) = star else { return false };
                star = Some((at, from + 1));
                (p, n) = (at + 1, from + 1);
            }
        }
    }
    pattern[p..].iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_patterns_are_read_as_ssh_does() {
        assert_eq!(words(r#"a "b c" d\"e # f"#), ["a", "b c", "d\"e"]);
        for (pattern, name, fits) in [
            ("*", "", true),
            ("a*c", "abcbc", true),
            ("a?c", "ac", false),
            ("*.dc1", "x.dc1", true),
            ("a*b", "abc", false),
        ] {
            assert_eq!(matches(pattern.as_bytes(), name.as_bytes()), fits, "{pattern} {name}");
        }
    }
}
