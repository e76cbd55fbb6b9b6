//! Saying which hosts of a known whole are meant, in the shortest words: all, all but a few, or a folded list.

use super::HostSet;

/// `part` in words, given that the reader knows `whole`: `all 100`, `all but mail42`, or the folded names, whichever
/// is shorter. Hosts of `part` that are not in `whole` are always named.
pub fn describe(whole: &HostSet, part: &HostSet) -> String {
    if part.is_empty() {
        return "none".to_owned();
    }
    let folded = part.fold();
    if !part.is_subset(whole) {
        return folded;
    }
    if part.len() == whole.len() {
        return if part.len() == 1 { folded } else { format!("all {}", part.len()) };
    }
    let but = format!("all but {}", whole.difference(part).fold());
    if but.len() < folded.len() { but } else { folded }
}

/// The same under a heading that names the datacenter: `mail42-dc2` is just `mail42` where every host of `whole` ends
/// in `-dc2` or has it as its second DNS label.
pub fn describe_in_dc(dc: &str, whole: &HostSet, part: &HostSet) -> String {
    let short = |set: &HostSet| set.iter().map(|name| without_dc(name, dc).map(str::to_owned)).collect();
    let (Some(short_whole), Some(short_part)): (Option<Vec<String>>, Option<Vec<String>>) = (short(whole), short(part))
    else {
        return describe(whole, part);
    };
    let (short_whole, short_part) = (HostSet::from(short_whole), HostSet::from(short_part));
    if short_whole.len() != whole.len() || short_part.len() != part.len() {
        return describe(whole, part);
    }
    describe(&short_whole, &short_part)
}

/// The name before its datacenter; none where the name does not end in it.
fn without_dc<'a>(name: &'a str, dc: &str) -> Option<&'a str> {
    if let Some(short) = name.strip_suffix(dc).and_then(|rest| rest.strip_suffix('-')) {
        return Some(short).filter(|short| !short.is_empty());
    }
    let (host, domain) = name.split_once('.')?;
    let label = domain.split('.').next();
    (label == Some(dc) && !host.is_empty()).then_some(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mails(numbers: impl Iterator<Item = u32>, tail: &str) -> HostSet {
        numbers.map(|n| format!("mail{n}{tail}")).collect()
    }

    #[test]
    fn the_shortest_words_win() {
        let whole = mails(1..=100, "");
        assert_eq!(describe(&whole, &whole), "all 100");
        assert_eq!(describe(&whole, &mails((1..=100).filter(|n| n % 41 != 1), "")), "all but mail[1,42,83]");
        assert_eq!(describe(&whole, &mails(2..=100, "")), "mail[2-100]");
        assert_eq!(describe(&whole, &mails([7, 31, 60].into_iter(), "")), "mail[7,31,60]");
        assert_eq!(describe(&whole, &HostSet::new()), "none");
    }

    #[test]
    fn one_host_is_named_and_a_stranger_is_never_hidden() {
        assert_eq!(describe(&mails(1..=1, ""), &mails(1..=1, "")), "mail1");
        assert_eq!(describe(&mails(1..=2, ""), &mails(1..=3, "")), "mail[1-3]");
    }

    #[test]
    fn the_datacenter_is_not_repeated() {
        let whole = mails(1..=100, "-dc2");
        assert_eq!(describe_in_dc("dc2", &whole, &mails((1..=100).filter(|&n| n != 42), "-dc2")), "all but mail42");
        assert_eq!(
            describe_in_dc("dc2", &mails(1..=9, ".dc2.example.com"), &mails(3..=4, ".dc2.example.com")),
            "mail[3-4]"
        );
    }

    #[test]
    fn the_datacenter_stays_where_it_is_no_part_of_every_name() {
        let whole = mails(1..=3, "-dc2").union(&mails(1..=3, ""));
        assert_eq!(describe_in_dc("dc2", &whole, &mails(1..=2, "-dc2")), "mail[1-2]-dc2");
    }
}
