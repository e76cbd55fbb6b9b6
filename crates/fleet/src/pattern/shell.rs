//! Recognises a list in braces that the shell has split into words before the program saw it.

/// The pattern that was meant, where the shell has made `mail1-dc1 mail1-dc2` of `mail1-{dc1,dc2}` and only the first
/// word was taken for the pattern. `others` are the bare words that follow it.
pub fn split_by_shell(first: &str, others: &[&str]) -> Option<String> {
    let words: Vec<&str> = std::iter::once(first).chain(others.iter().copied()).collect();
    if !words.iter().all(|word| word.is_ascii()) {
        return None;
    }
    let shared = |one: &str, other: &str| one.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    let mut start = others.iter().map(|word| shared(first, word)).min()?;
    // Whole words differ, not their last letters: dc1 and dc2, not 1 and 2.
    start = first[..start].rfind(|c: char| !c.is_ascii_alphanumeric())? + 1;
    let tail = |word: &str| word[start..].chars().rev().collect::<String>();
    let mut end = others.iter().map(|word| shared(&tail(first), &tail(word))).min()?;
    let ending = &first[first.len() - end..];
    end = ending.find(|c: char| !c.is_ascii_alphanumeric()).map_or(0, |cut| end - cut);
    let middles: Vec<&str> = words.iter().map(|word| &word[start..word.len() - end]).collect();
    let plain = |middle: &&str| !middle.is_empty() && middle.bytes().all(|b| b.is_ascii_alphanumeric());
    middles.iter().all(plain).then(|| {
        let (before, after) = (&first[..start], &first[first.len() - end..]);
        format!("{before}({}){after}", middles.join("|"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_differ_in_one_place_were_one() {
        assert_eq!(split_by_shell("mail1-dc1", &["mail1-dc2"]).as_deref(), Some("mail1-(dc1|dc2)"));
        let three = split_by_shell("m[1-9]-dc1.x.com", &["m[1-9]-dc2.x.com", "m[1-9]-fra.x.com"]);
        assert_eq!(three.as_deref(), Some("m[1-9]-(dc1|dc2|fra).x.com"));
    }

    #[test]
    fn other_words_were_not() {
        assert_eq!(split_by_shell("mail1-dc1", &["uptime"]), None);
        assert_eq!(split_by_shell("mail1-dc1", &[]), None);
        assert_eq!(split_by_shell("mail1", &["mail2"]), None);
        assert_eq!(split_by_shell("web-é", &["web-è"]), None);
    }
}
