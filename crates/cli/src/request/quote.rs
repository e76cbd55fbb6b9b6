//! Words quoted for `/bin/sh`, so that a command arrives as it was typed here.

/// One command line of these words.
pub(super) fn command_line(words: &[String]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        // An assignment before the command would set a variable instead of being the word it was.
        return if word.contains('=') { format!("'{word}'") } else { word.to_owned() };
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_a_shell() {
        let words = ["printf", "%s\\n", "a b", "it's", "", "$HOME", "A=b", "~", "*", "-x", "é", "new\nline"];
        let words: Vec<String> = words.map(str::to_owned).to_vec();
        let output = std::process::Command::new("/bin/sh").arg("-c").arg(command_line(&words)).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), words[2..].join("\n") + "\n");
    }

    #[test]
    fn plain_words_stay_readable() {
        let words = ["systemctl", "is-active", "nginx@1.service"].map(str::to_owned);
        assert_eq!(command_line(&words), "systemctl is-active nginx@1.service");
    }
}
