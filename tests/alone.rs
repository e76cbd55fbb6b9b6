//! The program without a fleet: a home, a configuration and a working directory of its own.

use crate::support::{MCOM, Ran};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// A place where the program finds nothing but what a test puts there.
pub struct Alone(tempfile::TempDir);

impl Alone {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// With these configuration settings.
    pub fn configured(config: &str) -> Self {
        let alone = Self::new();
        alone.file("config/mcom/config.toml", config);
        alone
    }

    /// With these inventory entries, which the configuration names.
    pub fn with_inventory(inventory: &str) -> Self {
        let alone = Self::configured("inventory = 'fleet.toml'\n");
        alone.file("config/mcom/fleet.toml", inventory);
        alone
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes a file, by its path below this place.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        // A configuration that the tester's group may write would be refused.
        for ours in path.ancestors().take_while(|path| *path != self.path()) {
            let mode = if ours.is_dir() { 0o755 } else { 0o644 };
            std::fs::set_permissions(ours, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(MCOM);
        command.args(args).current_dir(self.path()).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", self.path());
        command.env("XDG_CONFIG_HOME", self.path().join("config"));
        command.env("XDG_STATE_HOME", self.path().join("state"));
        command
    }

    /// Runs the program. In what it prints, this place is called `HERE`.
    pub fn mcom(&self, args: &[&str]) -> Ran {
        self.ran(self.command(args).output().unwrap().into())
    }

    /// Runs the program with this policy as well.
    pub fn under(&self, policy: &str, args: &[&str]) -> Ran {
        self.ran(self.command_under(policy, args).output().unwrap().into())
    }

    pub fn command_under(&self, policy: &str, args: &[&str]) -> Command {
        self.file("policy/policy.toml", policy);
        let mut command = self.command(args);
        command.env("MCOM_POLICY", self.path().join("policy/policy.toml"));
        command
    }

    /// Runs the program with something on its standard input.
    pub fn mcom_with_input(&self, args: &[&str], input: &str) -> Ran {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        self.ran(child.wait_with_output().unwrap().into())
    }

    /// Whether anything was recorded: a refused run leaves nothing.
    pub fn has_runs(&self) -> bool {
        self.path().join("state/mcom/runs").exists()
    }

    fn ran(&self, ran: Ran) -> Ran {
        let named = |text: String| text.replace(&self.path().display().to_string(), "HERE");
        Ran { out: named(ran.out), err: named(ran.err), ..ran }
    }
}
