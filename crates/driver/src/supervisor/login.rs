//! Whether the host's login manager ends everything of a session when the session ends: then a payload would not outlive
//! its link, however well it is detached.
//!
//! The rule is the one of systemd's logind. A user who lingers is not safe: it keeps the user's manager, not what runs
//! in a session.

use mcom_model::{Reason, ReasonKind};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where settings are looked for, the first place counts most.
const PLACES: [&str; 4] = ["etc", "run", "usr/local/lib", "usr/lib"];

/// What `logind.conf` says about it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Settings {
    kill: bool,
    only: Vec<String>,
    exclude: Vec<String>,
}

/// Why a payload must not start in the session of this process, where it would be killed with the session. `root` is
/// the root of the file system.
pub(super) fn session_kills(root: &Path) -> Option<Reason> {
    let session = session_of(&std::fs::read_to_string(root.join("proc/self/cgroup")).ok()?)?;
    if !root.join("run/systemd/seats").exists() {
        return None;
    }
    let passwd = std::fs::read_to_string(root.join("etc/passwd")).unwrap_or_default();
    let user = name_of(&passwd, &session).unwrap_or(session);
    let text = format!("systemd-logind kills the processes of {user} at the end of a session (KillUserProcesses)");
    Settings::read(root).shall_kill(&user).then(|| Reason::new(ReasonKind::SessionKills, text))
}

/// The user id of the login session that a process belongs to, from its `/proc/PID/cgroup`. Whatever belongs to none,
/// a service or a user's own unit, is not ended with one.
fn session_of(cgroups: &str) -> Option<String> {
    cgroups.lines().find_map(|line| {
        let mut names = line.splitn(3, ':').nth(2)?.split('/');
        let user = names.find_map(|name| name.strip_prefix("user-")?.strip_suffix(".slice"))?;
        let scope = |name: &str| name.starts_with("session-") && name.ends_with(".scope");
        names.next().is_some_and(scope).then(|| user.to_owned())
    })
}

/// The name of a user id, from the file of users. One from elsewhere has no name here.
fn name_of(passwd: &str, id: &str) -> Option<String> {
    passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    })
}

impl Settings {
    fn read(root: &Path) -> Self {
        let read = |path: PathBuf| std::fs::read_to_string(path).ok();
        let mut settings = Self::default();
        let main = PLACES.iter().find_map(|place| read(root.join(place).join("systemd/logind.conf")));
        if let Some(main) = main {
            // What it was built with stands in it as a comment.
            let built = main.lines().find_map(|line| line.strip_prefix("#KillUserProcesses="));
            settings.kill = built.is_some_and(is_yes);
            settings.take(&main);
        }
        // By name over all places; of equal names the first place counts.
        let mut dropped = BTreeMap::new();
        for place in PLACES.iter().rev() {
            let entries = std::fs::read_dir(root.join(place).join("systemd/logind.conf.d"));
            let paths = entries.into_iter().flatten().flatten().map(|entry| entry.path());
            let paths = paths.filter(|path| path.extension().is_some_and(|extension| extension == "conf"));
            dropped.extend(paths.filter_map(|path| Some((path.file_name()?.to_owned(), path))));
        }
        dropped.into_values().filter_map(read).for_each(|text| settings.take(&text));
        settings
    }

    /// Takes the settings of one file: the last one counts, and lists grow until an empty one.
    fn take(&mut self, text: &str) {
        let mut in_login = false;
        for line in text.lines().map(str::trim) {
            if line.starts_with('[') {
                in_login = line == "[Login]";
            }
            let Some((key, value)) = line.split_once('=').filter(|_| in_login) else { continue };
            let value = value.trim();
            let list = match key.trim() {
                "KillUserProcesses" => {
                    self.kill = is_yes(value);
                    continue;
                }
                "KillOnlyUsers" => &mut self.only,
                "KillExcludeUsers" => &mut self.exclude,
                _ => continue,
            };
            if value.is_empty() {
                list.clear();
            }
            list.extend(value.split_ascii_whitespace().map(str::to_owned));
        }
    }

    /// Root is left alone unless others are named to be.
    fn shall_kill(&self, user: &str) -> bool {
        let is = |list: &[String]| list.iter().any(|name| name == user);
        let spared = if self.exclude.is_empty() { user == "root" } else { is(&self.exclude) };
        !spared && if self.only.is_empty() { self.kill } else { is(&self.only) }
    }
}

fn is_yes(value: &str) -> bool {
    ["yes", "y", "true", "t", "on", "1"].iter().any(|yes| value.eq_ignore_ascii_case(yes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(texts: &[&str]) -> Settings {
        let mut settings = Settings::default();
        texts.iter().for_each(|text| settings.take(text));
        settings
    }

    #[test]
    fn the_session_is_the_one_of_the_login_whoever_the_process_is_by_now() {
        let unified = "0::/user.slice/user-1000.slice/session-3.scope\n";
        let hybrid = "12:pids:/\n1:name=systemd:/user.slice/user-0.slice/session-c2.scope\n0::/\n";
        assert_eq!((session_of(unified), session_of(hybrid)), (Some("1000".into()), Some("0".into())));
        for elsewhere in [
            "0::/system.slice/ssh.service\n",
            "0::/\n",
            "",
            "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-r1.scope\n",
        ] {
            assert_eq!(session_of(elsewhere), None);
        }
    }

    #[test]
    fn the_lists_of_users_decide_before_the_switch() {
        let yes = "[Login]\nKillUserProcesses=yes\n";
        assert!(settings(&[yes]).shall_kill("alice") && !settings(&[yes]).shall_kill("root"));
        assert!(!settings(&["KillUserProcesses=yes\n"]).shall_kill("alice"), "it stands in no section");
        assert!(!settings(&["[Login]\n#KillUserProcesses=yes\n; KillUserProcesses=yes"]).shall_kill("alice"));
        assert!(!settings(&[yes, "[Login]\nKillUserProcesses = off\n"]).shall_kill("alice"));
        let spared = settings(&[yes, "[Login]\nKillExcludeUsers=alice bob\nKillExcludeUsers=carol\n"]);
        let killed = ["alice", "carol", "dave", "root"].map(|user| spared.shall_kill(user));
        assert_eq!(killed, [false, false, true, true]);
        let only = settings(&["[Login]\nKillOnlyUsers=alice\n"]);
        assert!(only.shall_kill("alice") && !only.shall_kill("bob"), "a list kills without the switch");
        let reset = settings(&[yes, "[Login]\nKillOnlyUsers=alice\nKillOnlyUsers=\n"]);
        assert!(reset.shall_kill("bob"));
    }

    #[test]
    fn files_count_in_their_order_and_only_where_logind_is_in_charge_of_the_session() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        let kills = || session_kills(root.path()).map(|reason| reason.kind);
        write("etc/passwd", "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n");
        write("usr/lib/systemd/logind.conf", "[Login]\nKillUserProcesses=yes\n");
        write("proc/self/cgroup", "0::/user.slice/user-1000.slice/session-3.scope\n");
        assert_eq!(kills(), None, "nobody is in charge");
        write("run/systemd/seats/seat0", "");
        assert_eq!(kills(), Some(ReasonKind::SessionKills));
        assert!(session_kills(root.path()).unwrap().text.contains("alice"));
        write("etc/systemd/logind.conf", "[Login]\n#KillUserProcesses=no\n");
        assert_eq!(kills(), None, "two main files count");
        write("etc/systemd/logind.conf", "[Login]\n#KillUserProcesses=yes\n");
        assert_eq!(kills(), Some(ReasonKind::SessionKills), "what it was built with");
        write("usr/lib/systemd/logind.conf.d/50-x.conf", "[Login]\nKillUserProcesses=no\n");
        assert_eq!(kills(), None);
        write("run/systemd/logind.conf.d/60-y.conf", "[Login]\nKillUserProcesses=yes\n");
        assert_eq!(kills(), Some(ReasonKind::SessionKills));
        write("etc/systemd/logind.conf.d/60-y.conf", "");
        write("etc/systemd/logind.conf.d/99-z.conf.bak", "[Login]\nKillUserProcesses=yes\n");
        assert_eq!(kills(), None, "a file of the same name in a later place counts");
        write("etc/systemd/logind.conf.d/70-w.conf", "[Login]\nKillOnlyUsers=alice\n");
        assert_eq!(kills(), Some(ReasonKind::SessionKills));
        write("proc/self/cgroup", "0::/system.slice/ssh.service\n");
        assert_eq!(kills(), None);
    }
}
