//! Which blocks of ssh's configuration apply to which host. Pure, but for the files that it reads.
//!
//! `ssh -G` says what the configuration means for one host, at the price of a process. Hosts to which the same blocks
//! apply need only few such answers between them; this is what finds those hosts. It does not say what the blocks mean.

use crate::authority::glob;
use crate::authority::lines::{Names, is_plain, split, words};
use crate::authority::me::Me;
use std::collections::BTreeMap;
use std::path::Path;

/// `Include` goes no deeper than in ssh.
const DEPTH: usize = 16;

/// What is often told of each host in a block of its own.
pub(super) const OWN: [&str; 4] = ["hostname", "port", "user", "hostkeyalias"];

/// What the blocks of single hosts say in these words, by the order of [`OWN`].
pub(super) type OwnValues = [Option<String>; 4];

/// The configuration, cut into segments in the order in which ssh reads them.
#[derive(Debug, Default)]
pub(super) struct Scan {
    segments: Vec<Segment>,
    /// Segments that are for hosts by their whole names.
    by_name: BTreeMap<String, Vec<usize>>,
    /// All others.
    general: Vec<usize>,
    /// What can only be known by asking for each host.
    each_alone: bool,
    matches_hostname: bool,
    sets_hostname: bool,
    sets_agent_for_some: bool,
}

/// Lines that follow each other and apply together.
#[derive(Debug)]
struct Segment {
    /// All of these must hold.
    when: Vec<Names>,
    /// The same for segments that differ in nothing but the values of [`OWN`].
    label: u32,
    own: OwnValues,
}

impl Scan {
    /// Reads a configuration and all that it includes.
    pub(super) fn read(text: &str, me: &Me) -> Self {
        let mut reader = Reader { scan: Self::default(), labels: BTreeMap::new(), me };
        reader.file(text, &[], DEPTH);
        reader.scan
    }

    /// The labels of the segments that apply to a host, in order, and what those for it alone say.
    pub(super) fn class(&self, name: &str) -> (Vec<u32>, OwnValues) {
        let named = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let mut candidates: Vec<usize> = named.iter().chain(&self.general).copied().collect();
        candidates.sort_unstable();
        let mut own = OwnValues::default();
        let mut labels = Vec::new();
        for segment in candidates.into_iter().map(|at| &self.segments[at]) {
            if segment.when.iter().all(|names| names.hold(name)) {
                labels.push(segment.label);
                for (value, here) in own.iter_mut().zip(&segment.own) {
                    if value.is_none() {
                        value.clone_from(here);
                    }
                }
            }
        }
        (labels, own)
    }

    /// Whether what applies to this host cannot be told from its name.
    pub(super) fn is_alone(&self, name: &str, has_address: bool) -> bool {
        let by_hostname = self.matches_hostname && (self.sets_hostname || has_address);
        // ssh compares names in different cases in one place and not in another.
        self.each_alone || by_hostname || name.bytes().any(|letter| letter.is_ascii_uppercase())
    }

    /// Whether some hosts have an agent of their own.
    pub(super) const fn sets_agent_for_some(&self) -> bool {
        self.sets_agent_for_some
    }
}

struct Reader<'a> {
    scan: Scan,
    labels: BTreeMap<String, u32>,
    me: &'a Me,
}

impl Reader<'_> {
    fn file(&mut self, text: &str, outer: &[Names], depth: usize) {
        let mut when = outer.to_vec();
        let mut lines = Vec::new();
        for line in text.lines() {
            let Some((keyword, rest)) = split(line) else { continue };
            match keyword.as_str() {
                "host" | "match" => {
                    self.segment(&when, &mut lines);
                    when = outer.to_vec();
                    when.extend(if keyword == "host" { vec![Names::of_host(&rest)] } else { self.criteria(&rest) });
                }
                "include" => {
                    self.segment(&when, &mut lines);
                    self.include(&rest, &when, depth);
                }
                _ => {
                    self.note(&keyword, &when);
                    lines.push((keyword, rest));
                }
            }
        }
        self.segment(&when, &mut lines);
    }

    fn note(&mut self, keyword: &str, when: &[Names]) {
        self.scan.sets_hostname |= keyword == "hostname" || keyword.starts_with("canonical");
        self.scan.sets_agent_for_some |= keyword == "identityagent" && !when.iter().all(Names::are_all);
    }

    /// Closes the lines read so far, which apply together.
    fn segment(&mut self, when: &[Names], lines: &mut Vec<(String, String)>) {
        let lines = std::mem::take(lines);
        if lines.is_empty() {
            return;
        }
        let at = self.scan.segments.len();
        let whole = when.last().filter(|names| names.are_whole());
        let mut own = OwnValues::default();
        // The segments of single hosts are alike where they look alike; any other is like itself alone.
        let mut shape = if whole.is_some() { String::new() } else { format!("{at}\n") };
        for (keyword, value) in lines {
            let place = OWN.iter().position(|own| *own == keyword).filter(|_| whole.is_some() && is_plain(&value));
            match place {
                Some(place) => {
                    own[place].get_or_insert(value);
                    shape.push_str(&keyword);
                }
                None => shape.push_str(&format!("{keyword} {value}")),
            }
            shape.push('\n');
        }
        match whole {
            Some(names) => {
                for name in names.each() {
                    self.scan.by_name.entry(name.to_owned()).or_default().push(at);
                }
            }
            None => self.scan.general.push(at),
        }
        let next = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        let label = *self.labels.entry(shape).or_insert(next);
        self.scan.segments.push(Segment { when: when.to_vec(), label, own });
    }

    /// The names of a `Match`. Whatever else it asks for makes each host a case of its own.
    fn criteria(&mut self, rest: &str) -> Vec<Names> {
        let mut words = words(rest).into_iter();
        let mut all = Vec::new();
        while let Some(word) = words.next() {
            let (negated, criterion) = word.strip_prefix('!').map_or((false, word.as_str()), |word| (true, word));
            match criterion.to_ascii_lowercase().as_str() {
                "all" if !negated => {}
                // The same for every host.
                "localuser" => drop(words.next()),
                criterion @ ("host" | "originalhost") => {
                    self.scan.matches_hostname |= criterion == "host";
                    let list = words.next().unwrap_or_default();
                    all.push(Names::of_match(&list, negated));
                }
                _ => self.scan.each_alone = true,
            }
        }
        all
    }

    fn include(&mut self, rest: &str, when: &[Names], depth: usize) {
        for path in words(rest) {
            if depth == 0 || path.contains(['%', '$']) {
                self.scan.each_alone = true;
                continue;
            }
            let path = self.me.path(&path);
            // What is included through `-F` is a user's, wherever it lies.
            for file in glob::paths(&self.me.home.join(".ssh").join(path)) {
                if let Some(text) = read(&file) {
                    self.file(&text, when, depth - 1);
                }
            }
        }
    }
}

fn read(file: &Path) -> Option<String> {
    let bytes = std::fs::metadata(file).ok()?.is_file().then(|| std::fs::read(file))?.ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> Me {
        Me { home: "/nonexistent".into(), user: "ops".into(), uid: 1001 }
    }

    #[test]
    fn hosts_with_the_same_blocks_are_of_one_class() {
        let text = "Port 22\nHost web* !web9\n User deploy\nHost *.dc1 db1\n Port 2222\nMatch originalhost web1,web2\n User x\n";
        let scan = Scan::read(text, &me());
        let class = |name: &str| scan.class(name).0;
        assert_eq!(class("web3"), class("web4"));
        assert_eq!(class("web9"), class("mail1"), "a name that is excluded is not matched");
        assert_eq!(class("a.dc1"), class("db1"));
        assert_eq!(class("web1"), class("web2"));
        let distinct = ["web3", "web9", "a.dc1", "web1", "web3.dc1"].map(class);
        assert!((0..5).all(|a| (0..a).all(|b| distinct[a] != distinct[b])), "{distinct:?}");
        assert!(!scan.is_alone("web1", true));
    }

    #[test]
    fn blocks_of_single_hosts_that_look_alike_make_one_class() {
        let text = "Host a\n HostName 10.0.0.1\n Port 2201\nHost b\n HostName=10.0.0.2\n port 2202\n\
                    Host c\n HostName 10.0.0.3\nHost d\n HostName %h.example\n Port 2204\nHost *\n User ops\n";
        let scan = Scan::read(text, &me());
        let (a, own) = scan.class("a");
        assert_eq!(own, [Some("10.0.0.1".into()), Some("2201".into()), None, None]);
        assert_eq!(a, scan.class("b").0);
        assert_ne!(a, scan.class("c").0);
        assert_ne!(a, scan.class("d").0, "what ssh has to work out is not taken for a value");
    }

    #[test]
    fn what_a_name_does_not_tell_makes_each_host_alone() {
        for text in ["Match exec \"true\"\n", "Match final\n", "Match user ops\n", "Include ${X}/config\n"] {
            assert!(Scan::read(text, &me()).is_alone("a", false), "{text}");
        }
        assert!(!Scan::read("Match all\nMatch localuser ops\n", &me()).is_alone("a", true));
        let by_hostname = Scan::read("Match host a\n Port 1\n", &me());
        assert!(
            !by_hostname.is_alone("a", false) && by_hostname.is_alone("a", true) && by_hostname.is_alone("A", false)
        );
        assert!(Scan::read("Match host a\n Port 1\nHost *\n HostName b\n", &me()).is_alone("a", false));
    }

    #[test]
    fn included_files_stand_where_they_are_included() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        std::fs::create_dir(folder.path().join(".ssh")).unwrap();
        put(".ssh/one", "User x\nHost web1\n Port 1\n");
        let me = Me { home: folder.path().to_owned(), ..me() };
        let scan = Scan::read("Host web*\n Include one\n Compression yes\nHost *\n Port 3\n", &me);
        assert_eq!(scan.class("web2").0.len(), 3);
        assert_eq!(scan.class("web1").0.len(), 4);
        assert_eq!(scan.class("mail1").0.len(), 1, "what a block includes applies where the block does");
    }

    #[test]
    fn an_agent_for_some_is_seen() {
        assert!(!Scan::read("IdentityAgent a\nHost *\n IdentityAgent b\n", &me()).sets_agent_for_some());
        assert!(Scan::read("Host web*\n IdentityAgent b\n", &me()).sets_agent_for_some());
    }
}
