//! Who runs this program, as far as ssh's configuration may name it. From files, because the name services would make a
//! static program a third larger.

use std::path::PathBuf;

/// The user of this process.
#[derive(Clone, Debug)]
pub(super) struct Me {
    /// What `~` stands for: ssh takes it from the list of users, not from the environment.
    pub home: PathBuf,
    /// The user's name.
    pub user: String,
    /// The user's number.
    pub uid: u32,
}

impl Me {
    pub(super) fn read() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
        let (user, home) = listed(&users, uid).unzip();
        let from_env = |name| std::env::var(name).unwrap_or_default();
        Self {
            home: home.unwrap_or_else(|| from_env("HOME")).into(),
            user: user.unwrap_or_else(|| from_env("USER")),
            uid,
        }
    }

    /// A path as ssh reads it: `~/` is the home.
    pub(super) fn path(&self, text: &str) -> PathBuf {
        match text.strip_prefix("~/") {
            Some(rest) => self.home.join(rest),
            None if text == "~" => self.home.clone(),
            None => PathBuf::from(text),
        }
    }
}

/// Name and home of a user in the form of `/etc/passwd`.
fn listed(users: &str, uid: u32) -> Option<(String, String)> {
    users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let is_it = fields.len() >= 6 && fields[2].parse() == Ok(uid);
        is_it.then(|| (fields[0].to_owned(), fields[5].to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_number() {
        let users = "root:x:0:0:root:/root:/bin/sh\nops:x:1001:1001::/home/ops:/bin/sh\nbroken\n";
        assert_eq!(listed(users, 1001), Some(("ops".into(), "/home/ops".into())));
        assert_eq!(listed(users, 7), None);
    }
}
