//! How the sshd of a host is started: in its network, with its mounts and its name.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::builder::HostOptions;
use crate::error::{FleetError, at};
use crate::layout::HostLayout;
use crate::users;

const BOOT: &str = include_str!("boot.sh");
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

/// What one host sees differently from the machine that it is on.
#[derive(Debug, Default)]
pub(crate) struct Mounts {
    /// Its name, where it has one of its own.
    name: Option<String>,
    /// What is mounted over what.
    binds: Vec<(PathBuf, PathBuf)>,
}

impl Mounts {
    /// Writes what a host needs for what is odd about it.
    pub(crate) fn prepare(options: &HostOptions, layout: &HostLayout, name: Option<&str>) -> Result<Self, FleetError> {
        let mut mounts = Self { name: name.map(str::to_owned), binds: Vec::new() };
        if options.has_own_etc() {
            needs_root("a host with users or files in /etc of its own")?;
            mounts.binds.extend(users::prepare(options, layout)?);
        }
        if mounts.name.is_some() || options.shell.is_some() || options.login.is_some() {
            let now = if options.has_own_etc() { layout.etc().join("passwd") } else { "/etc/passwd".into() };
            let all = std::fs::read_to_string(&now).map_err(at(now))?;
            // The home of a host is that of the one who logs in.
            let home = if options.login.is_some() { layout.home_of("root") } else { layout.home() };
            std::fs::create_dir_all(&home).map_err(at(&home))?;
            let text = passwd(&all, &home, options.shell.as_deref());
            std::fs::write(layout.passwd(), text).map_err(at(layout.passwd()))?;
            mounts.binds.push((layout.passwd(), "/etc/passwd".into()));
        }
        if options.no_proc {
            std::fs::create_dir_all(layout.nothing()).map_err(at(layout.nothing()))?;
            mounts.binds.push((layout.nothing(), "/proc".into()));
        }
        if !mounts.binds.is_empty() {
            needs_root("a host with a login shell or without /proc")?;
        }
        Ok(mounts)
    }

    /// Gives the host another boot id from its next start on.
    pub(crate) fn change_boot_id(&mut self, layout: &HostLayout) -> Result<(), FleetError> {
        let source = "/proc/sys/kernel/random/uuid";
        let id = std::fs::read_to_string(source).map_err(at(source))?;
        std::fs::write(layout.boot_id(), id).map_err(at(layout.boot_id()))?;
        if self.binds.iter().all(|(_, target)| target != Path::new(BOOT_ID)) {
            // First: nothing below /proc can be mounted once that is hidden.
            self.binds.insert(0, (layout.boot_id(), BOOT_ID.into()));
        }
        Ok(())
    }

    /// A command that becomes the program, seeing all this.
    pub(crate) fn command(&self, program: &Path) -> Command {
        if self.name.is_none() && self.binds.is_empty() {
            return Command::new(program);
        }
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "slave"]);
        if self.name.is_some() {
            command.arg("--uts");
        }
        command.args(["--", "sh", "-c", BOOT, "mcom-testbed-boot"]).arg(self.name.as_deref().unwrap_or_default());
        for (source, target) in &self.binds {
            command.arg(source).arg(target);
        }
        command.arg("--").arg(program);
        command
    }
}

/// Starts the command as a host's: in the background, with nothing of ours in its environment, and with `log` as its
/// standard error, by which `sweep.sh` knows an sshd and its sessions.
pub(crate) fn spawn(command: &mut Command, log: &Path, mark: &str) -> Result<std::process::Child, FleetError> {
    let file = std::fs::File::options().create(true).append(true).open(log).map_err(at(log))?;
    command
        .env_clear()
        .env("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")
        .env("MCOM_TESTBED", mark)
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .process_group(0)
        .spawn()
        .map_err(at("sshd"))
}

/// Mounts a tmpfs over a spool.
pub(crate) fn mount_spool(spool: &Path, options: &str) -> Result<(), FleetError> {
    needs_root("a spool on a file system of its own")?;
    mount(&["-t", "tmpfs", "-o", &format!("mode=0700,{options}"), "mcom-testbed"], spool)
}

fn needs_root(what: &'static str) -> Result<(), FleetError> {
    if rustix::process::geteuid().is_root() { Ok(()) } else { Err(FleetError::NeedsRoot(what)) }
}

/// Changes how a spool is mounted.
pub(crate) fn remount_spool(spool: &Path, options: &str) -> Result<(), FleetError> {
    mount(&["-o", &format!("remount,{options}")], spool)
}

fn mount(arguments: &[&str], target: &Path) -> Result<(), FleetError> {
    let output = Command::new("mount").args(arguments).arg(target).output().map_err(at("mount"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(FleetError::Program { program: "mount", said: String::from_utf8_lossy(&output.stderr).trim().to_owned() })
}

/// A shell script that can be run.
pub(crate) fn write_script(path: &Path, script: &str) -> Result<(), FleetError> {
    std::fs::write(path, format!("#!/bin/sh\n{script}\n")).map_err(at(path))?;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).map_err(at(path))
}

/// The machine's users, but root with another home and perhaps another shell.
fn passwd(all: &str, home: &Path, shell: Option<&Path>) -> String {
    let mut text = String::new();
    for line in all.lines() {
        let mut fields: Vec<_> = line.split(':').map(str::to_owned).collect();
        if let [name, _, _, _, _, own_home, own_shell] = &mut fields[..]
            && name == "root"
        {
            *own_home = home.display().to_string();
            if let Some(shell) = shell {
                *own_shell = shell.display().to_string();
            }
        }
        text.push_str(&fields.join(":"));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_alone_moves() {
        let all = "root:x:0:0:root:/root:/bin/bash\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\n";
        let moved = passwd(all, Path::new("/h"), Some(Path::new("/bin/csh")));
        assert_eq!(moved, "root:x:0:0:root:/h:/bin/csh\nbin:x:2:2:bin:/bin:/usr/sbin/nologin\n");
        assert_eq!(passwd(all, Path::new("/h"), None).lines().next(), Some("root:x:0:0:root:/h:/bin/bash"));
    }
}
