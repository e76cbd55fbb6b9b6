//! The tokens in paths of ssh's configuration: `ssh -G` prints them as they are.

use crate::authority::me::Me;
use crate::authority::targets::Target;
use std::path::PathBuf;

/// What tokens stand for, for one host.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tokens<'a> {
    pub me: &'a Me,
    /// The name that ssh is called with.
    pub name: &'a str,
    pub target: &'a Target,
}

impl Tokens<'_> {
    /// The path that is meant; none where that takes more than is known here.
    pub(super) fn path(&self, text: &str) -> Option<PathBuf> {
        let mut path = String::new();
        let mut letters = text.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '%' => path.push_str(&self.token(letters.next()?)?),
                '$' if letters.as_str().starts_with('{') => {
                    let (name, rest) = letters.as_str()[1..].split_once('}')?;
                    path.push_str(&std::env::var(name).ok()?);
                    letters = rest.chars();
                }
                plain => path.push(plain),
            }
        }
        Some(self.me.path(&path))
    }

    fn token(&self, letter: char) -> Option<String> {
        let target = self.target;
        Some(match letter {
            '%' => "%".into(),
            'd' => self.me.home.to_string_lossy().into_owned(),
            'h' => target.hostname.clone(),
            'i' => self.me.uid.to_string(),
            'k' => target.alias.as_deref().unwrap_or(self.name).to_owned(),
            'L' => local_name().split('.').next().unwrap_or_default().to_owned(),
            'l' => local_name(),
            'n' => self.name.to_owned(),
            'p' => target.port.to_string(),
            'r' => target.user.clone(),
            'u' => self.me.user.clone(),
            _ => return None,
        })
    }
}

fn local_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Paths between spaces, as `ssh -G` prints them: without the quotes, so one with a space in it is known by being there.
pub(super) fn paths(list: &str, exists: impl Fn(&str) -> bool) -> Vec<String> {
    let words: Vec<&str> = list.split(' ').filter(|word| !word.is_empty()).collect();
    let mut paths = Vec::new();
    let mut at = 0;
    while at < words.len() {
        let end = (at + 2..=words.len()).find(|&end| !exists(words[at]) && exists(&words[at..end].join(" ")));
        let end = end.unwrap_or(at + 1);
        paths.push(words[at..end].join(" "));
        at = end;
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn tokens_are_replaced() {
        let me = Me { home: "/home/ops".into(), user: "ops".into(), uid: 1001 };
        let target = Target {
            hostname: "10.0.0.7".into(),
            port: 2222,
            user: "deploy".into(),
            alias: Some("web".into()),
            setup: Arc::default(),
        };
        let tokens = Tokens { me: &me, name: "web1", target: &target };
        for (text, path) in [
            ("~/.ssh/known_hosts", "/home/ops/.ssh/known_hosts"),
            ("%d/%h-%p-%r-%u-%i-%n-%k-%%", "/home/ops/10.0.0.7-2222-deploy-ops-1001-web1-web-%"),
            ("/a/$b", "/a/$b"),
        ] {
            assert_eq!(tokens.path(text), Some(path.into()));
        }
        for unknown in ["/tmp/%C", "%", "${MCOM_NO_SUCH_VARIABLE}/x"] {
            assert_eq!(tokens.path(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn a_path_with_a_space_is_one_where_it_is_there() {
        let exists = |path: &str| ["/a b", "/c"].contains(&path);
        assert_eq!(paths("/a b /c /d", exists), ["/a b", "/c", "/d"]);
    }
}
