//! The `ssh_config` that every link of one run is made with. Not: what differs between hosts, which goes on the
//! command line of `ssh`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How links are made: what the operator has set, and the time that one connection may take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshSettings {
    /// The file for `ssh -F`; without one, the user's and the system's configuration.
    pub config: Option<PathBuf>,
    /// Further options, each as after `ssh -o`.
    pub options: Vec<String>,
    /// For one connection to be made.
    pub connect_timeout: Duration,
}

/// Settings that make no configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file for `-F` cannot be read.
    #[error("ssh configuration {path}: {why}: give the path of a readable file")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// An option that is no option.
    #[error("ssh option {option:?}: {why}: write it as after ssh -o, such as User=admin")]
    Option {
        /// As given.
        option: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

/// mcom's own options stand first, because the first value that `ssh` reads wins: nothing below may weaken them.
pub(super) const OWN_OPTIONS: &str = "\
BatchMode yes
StrictHostKeyChecking yes
UpdateHostKeys no
ForwardAgent no
ForwardX11 no
ClearAllForwardings yes
PermitLocalCommand no
RequestTTY no
RemoteCommand none
LogLevel INFO
ServerAliveInterval 5
ServerAliveCountMax 3
ControlPersist 60
";

/// The text of the file. A file for `-F` is opened once, because `Include` is silent about one that is missing.
pub(crate) fn render(settings: &SshSettings) -> Result<String, ConfigError> {
    let mut text = format!("# Written by mcom for one run; removed with it.\n{OWN_OPTIONS}");
    let _ = writeln!(text, "ConnectTimeout {}", whole_seconds(settings.connect_timeout));
    for option in &settings.options {
        check_option(option)?;
        let _ = writeln!(text, "{option}");
    }
    match &settings.config {
        Some(path) if path.as_os_str() == "none" => {}
        Some(path) => {
            let path = readable(path)?;
            let _ = writeln!(text, "Include {}", quoted(&path));
        }
        // Both, and in this order: `-F` alone keeps ssh from reading the system's.
        None => text.push_str("Include ~/.ssh/config\nInclude /etc/ssh/ssh_config\n"),
    }
    Ok(text)
}

/// `ConnectTimeout` counts whole seconds, and 0 means for ever.
pub(super) fn whole_seconds(time: Duration) -> u64 {
    time.as_millis().div_ceil(1000).max(1).try_into().unwrap_or(u64::MAX)
}

pub(super) fn check_option(option: &str) -> Result<(), ConfigError> {
    let refuse = |why| Err(ConfigError::Option { option: option.to_owned(), why });
    if option.contains(['\n', '\r', '\0']) {
        return refuse("it has more than one line");
    }
    let keyword = keyword(option);
    if keyword.is_empty() || keyword.starts_with('#') {
        return refuse("it names no option");
    }
    // These would put everything that follows under a condition.
    if ["host", "match", "include"].iter().any(|word| keyword.eq_ignore_ascii_case(word)) {
        return refuse("it belongs in a file given with -F");
    }
    Ok(())
}

/// The name of an option, as it is written.
pub(super) fn keyword(option: &str) -> &str {
    option.trim_start().split(['=', ' ', '\t']).next().unwrap_or_default()
}

fn readable(path: &Path) -> Result<PathBuf, ConfigError> {
    let unreadable = |why: std::io::Error| ConfigError::Unreadable { path: path.to_owned(), why: why.to_string() };
    let path = expand_home(path);
    std::fs::File::open(&path).map_err(unreadable)?;
    std::path::absolute(&path).map_err(unreadable)
}

/// `~/` in a setting that no shell has seen. Not by `std::env::home_dir`: it asks the name services, which would make a
/// static node a third larger.
pub(super) fn expand_home(path: &Path) -> PathBuf {
    match (path.strip_prefix("~"), std::env::var_os("HOME")) {
        (Ok(rest), Some(home)) => Path::new(&home).join(rest),
        _ => path.to_owned(),
    }
}

/// A path for `Include`, which takes patterns: characters with a meaning stand in brackets, where they have none.
fn quoted(path: &Path) -> String {
    let mut text = String::from("\"");
    for letter in path.to_string_lossy().chars() {
        match letter {
            '*' | '?' | '[' | '$' | '%' => {
                let _ = write!(text, "[{letter}]");
            }
            '"' | '\\' => {
                text.push('\\');
                text.push(letter);
            }
            plain => text.push(plain),
        }
    }
    text.push('"');
    text
}

/// A path as the value of an option: in quotes, and with nothing in it that ssh would replace.
pub(super) fn quoted_value(path: &Path) -> String {
    let text = path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"").replace('%', "%%");
    format!("\"{text}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> SshSettings {
        SshSettings { config: None, options: vec![], connect_timeout: Duration::from_secs(10) }
    }

    /// What `ssh` makes of a generated file for a host, as `keyword value` lines.
    fn as_ssh_reads_it(text: &str, host: &str) -> String {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("config");
        std::fs::write(&file, text).unwrap();
        let output = std::process::Command::new("ssh").args(["-G", "-F"]).arg(&file).arg(host).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[test]
    fn own_options_stand_before_everything() {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("my config [1].conf");
        let theirs = "Host web*\n  User deploy\n  StrictHostKeyChecking no\nHost *\n  ForwardAgent yes\n  Port 2222\n";
        std::fs::write(&config, theirs).unwrap();
        let options = vec!["Port=2200".into(), "StrictHostKeyChecking no".into(), "LogLevel QUIET".into()];
        let text = render(&SshSettings { config: Some(config), options, ..settings() }).unwrap();
        let read = as_ssh_reads_it(&text, "web1");
        for line in [
            "batchmode yes",
            "stricthostkeychecking true",
            "forwardagent no",
            "user deploy",
            "port 2200",
            "loglevel INFO",
            "connecttimeout 10",
            "controlpersist 60",
            "clearallforwardings yes",
        ] {
            assert!(read.lines().any(|read| read == line), "{line} is missing from:\n{read}");
        }
    }

    #[test]
    fn without_a_file_both_standard_ones_are_read() {
        let text = render(&settings()).unwrap();
        let user = text.find("Include ~/.ssh/config").unwrap();
        let system = text.find("Include /etc/ssh/ssh_config").unwrap();
        assert!(text.find("BatchMode").unwrap() < user && user < system);
        let none = render(&SshSettings { config: Some("none".into()), ..settings() }).unwrap();
        assert!(!none.contains("Include"));
    }

    #[test]
    fn a_missing_file_is_said() {
        let config = Some(PathBuf::from("/nonexistent/ssh_config"));
        let error = render(&SshSettings { config, ..settings() }).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/ssh_config"), "{error}");
    }

    #[test]
    fn options_that_would_change_the_meaning_of_the_rest_are_refused() {
        for option in ["Host web", "match all", "Include=/x", "User=a\nHost b", "", "  ", "# x", "=x"] {
            let given = SshSettings { options: vec![option.into()], ..settings() };
            assert!(matches!(render(&given), Err(ConfigError::Option { .. })), "{option:?}");
        }
    }

    #[test]
    fn part_of_a_second_counts_as_one() {
        assert_eq!(whole_seconds(Duration::ZERO), 1);
        assert_eq!(whole_seconds(Duration::from_millis(1)), 1);
        assert_eq!(whole_seconds(Duration::from_millis(2001)), 3);
    }
}
