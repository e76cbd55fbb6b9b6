//! Finds the configuration files and lays them over one another.

use crate::args::ColorChoice;
use crate::config::file::{lay_over, tighten};
use crate::config::settings::{Origin, Setting, Settings};
use crate::error::{CliError, ErrorKind};
use crate::trust::trusted;
use mcom_fleet::document::DocumentError;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

/// The variables of the environment that settings depend on, so that tests need not change the process's own.
#[derive(Clone, Debug, Default)]
pub struct Environment {
    /// `MCOM_CONFIG`: this file and no other.
    pub mcom_config: Option<OsString>,
    /// `MCOM_POLICY`: this policy too.
    pub mcom_policy: Option<OsString>,
    /// `XDG_CONFIG_HOME`.
    pub xdg_config_home: Option<OsString>,
    /// `XDG_STATE_HOME`.
    pub xdg_state_home: Option<OsString>,
    /// `HOME`.
    pub home: Option<OsString>,
    /// `NO_COLOR`.
    pub no_color: Option<OsString>,
}

impl Environment {
    /// The process's own.
    pub fn of_process() -> Self {
        let var = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            mcom_config: var("MCOM_CONFIG"),
            mcom_policy: var("MCOM_POLICY"),
            xdg_config_home: var("XDG_CONFIG_HOME"),
            xdg_state_home: var("XDG_STATE_HOME"),
            home: var("HOME"),
            no_color: var("NO_COLOR"),
        }
    }

    /// The files that settings are read from, where they are there, in their order.
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = vec![PathBuf::from(POLICY)];
        files.extend(self.mcom_policy.as_ref().map(PathBuf::from));
        match &self.mcom_config {
            Some(path) => files.push(PathBuf::from(path)),
            None => files.extend([PathBuf::from(SYSTEM), user_file(self)]),
        }
        files
    }

    fn below_home(&self, path: &str) -> PathBuf {
        self.home.as_ref().map_or_else(|| PathBuf::from("/"), PathBuf::from).join(path)
    }
}

/// The system's file.
const SYSTEM: &str = "/etc/mcom/config.toml";

/// The site's policy. Unlike the configuration it is read whatever the environment says: what is said elsewhere can
/// only be tighter.
const POLICY: &str = "/etc/mcom/policy.toml";

/// How to go on without the policy of the environment.
const WITHOUT_POLICY: &str = "MCOM_POLICY names this file: correct it, or leave it out: unset MCOM_POLICY";

/// How to go on without the file of the environment.
const WITHOUT: &str =
    "MCOM_CONFIG names this file, and no other is read: correct it, or leave it out: unset MCOM_CONFIG";

/// How to see what holds then.
const IN_FORCE: &str = "the settings without it: env -u MCOM_CONFIG mcom config show --origin";

/// The settings in force.
pub fn load(environment: &Environment) -> Result<Settings, CliError> {
    let mut settings = Settings::built_in(state_home(environment));
    read_over(&mut settings, &FileOf { what: "the policy", path: Path::new(POLICY), needed: &[] }, tighten)?;
    if let Some(path) = &environment.mcom_policy {
        let file = FileOf { what: "the policy", path: Path::new(path), needed: &[WITHOUT_POLICY] };
        read_over(&mut settings, &file, tighten)?;
    }
    let configuration = |path, needed| FileOf { what: "the configuration", path, needed };
    match &environment.mcom_config {
        Some(path) => {
            let file = configuration(Path::new(path), &[WITHOUT, IN_FORCE][..]);
            read_over(&mut settings, &file, lay_over)?;
        }
        None => {
            read_over(&mut settings, &configuration(Path::new(SYSTEM), &[]), lay_over)?;
            read_over(&mut settings, &configuration(&user_file(environment), &[]), lay_over)?;
        }
    }
    if environment.no_color.is_some() {
        settings.color = Setting { value: ColorChoice::Never, origin: Origin::Environment("NO_COLOR") };
    }
    Ok(settings)
}

/// A file that settings are read from.
struct FileOf<'f> {
    what: &'f str,
    path: &'f Path,
    /// Where it must be there: what to do without it.
    needed: &'f [&'f str],
}

/// Reads a file that only trusted users can have written.
fn read_over(
    settings: &mut Settings,
    file: &FileOf<'_>,
    lay: impl FnOnce(&mut Settings, &Path, &str) -> Result<(), DocumentError>,
) -> Result<(), CliError> {
    let &FileOf { what, path, needed } = file;
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && needed.is_empty() => return Ok(()),
        Err(error) => {
            let refused = CliError::unreadable(what, &path.display().to_string(), &error);
            return Err(needed.iter().fold(refused, |refused, hint| refused.hint(*hint)));
        }
    };
    trusted(what, path)?;
    lay(settings, path, &text).map_err(|error| CliError::new(ErrorKind::Config, error.to_string()))
}

fn user_file(environment: &Environment) -> PathBuf {
    let home = environment.xdg_config_home.as_ref().map(PathBuf::from);
    home.unwrap_or_else(|| environment.below_home(".config")).join("mcom/config.toml")
}

/// The folder that holds the ledgers.
pub fn state_home(environment: &Environment) -> Setting<PathBuf> {
    match &environment.xdg_state_home {
        Some(home) => Setting { value: PathBuf::from(home), origin: Origin::Environment("XDG_STATE_HOME") },
        None => Setting::built_in(environment.below_home(".local/state")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn environment(dir: &Path) -> Environment {
        Environment {
            mcom_config: Some(dir.join("config.toml").into()),
            home: Some("/root".into()),
            ..Environment::default()
        }
    }

    fn loaded(text: &str) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("config.toml"), text).unwrap();
        let shown = format!("{}/", dir.path().display());
        load(&environment(dir.path())).map_err(|error| error.message.replace(&shown, ""))
    }

    #[test]
    fn a_file_sets_what_it_names_and_nothing_else() {
        let settings = loaded(
            "inventory = ['fleet.toml', '/etc/b.toml']\nfanout = 7\ncommand_timeout = '5m'\n[ssh]\noptions = 'Compression=yes'\n\
             [ssh.inner]\nconfig = '/etc/mcom/inner'\n",
        )
        .unwrap();
        assert!(settings.inventory.value[0].ends_with("/fleet.toml") && settings.inventory.value[0].starts_with('/'));
        assert_eq!(settings.inventory.value[1], "/etc/b.toml");
        assert_eq!((settings.fanout.value, settings.width.value), (7, 32));
        assert!(matches!(&settings.fanout.origin, Origin::File { line: 2, .. }));
        assert_eq!(settings.width.origin, Origin::BuiltIn);
        assert_eq!(settings.command_timeout.value, Some(Duration::from_secs(300)));
        assert_eq!(settings.ssh.options.value, ["Compression=yes"]);
        assert_eq!((settings.ssh.config.value, settings.inner.config.value), (None, Some("/etc/mcom/inner".into())));
    }

    #[test]
    fn mistakes_name_their_place_and_the_mend() {
        for (text, message) in [
            ("fanuot = 3", "config.toml:1:1: unknown key `fanuot`: did you mean `fanout`?"),
            ("[ssh.inner]\nconfg = 'x'", "config.toml:2:1: unknown key `confg` in [ssh.inner]: did you mean `config`?"),
            ("connect_timeout = '10'", "config.toml:1:19: `10` is not a time: write 500ms, 30s, 5m, 1h30m or 2d"),
            (
                "output = 'fancy'",
                "config.toml:1:10: `output` is 'fancy', and must be one of auto, fold, lines, stream, none",
            ),
            ("fanout = 0", "config.toml:1:10: `fanout` is 0, and must be a whole number from 1 to 1000000"),
            (
                "credentials = 'agent'",
                "config.toml:1:15: `credentials` is 'agent', and must be one of auto, relay, transit, certificate, own",
            ),
        ] {
            assert_eq!(loaded(text).unwrap_err(), message);
        }
    }

    #[test]
    fn a_file_named_by_the_environment_must_be_there() {
        let error = load(&environment(Path::new("/nonexistent"))).unwrap_err();
        assert_eq!(error.kind, ErrorKind::File);
        assert!(error.message.contains("/nonexistent/config.toml cannot be read: no such file"), "{}", error.message);
        assert!(error.hints[0].ends_with("unset MCOM_CONFIG"), "{:?}", error.hints);
    }

    #[test]
    fn no_color_and_xdg_are_origins() {
        let environment = Environment {
            no_color: Some("1".into()),
            xdg_state_home: Some("/s".into()),
            xdg_config_home: Some("/nonexistent".into()),
            ..Environment::default()
        };
        let settings = load(&environment).unwrap();
        assert_eq!(settings.color.origin, Origin::Environment("NO_COLOR"));
        assert_eq!(settings.state_home.value, Path::new("/s"));
    }
}
