//! Users that one host alone has, and what stands in its `/etc` instead of the machine's.
//!
//! Such a host has a copy of `/etc` and empty `/var/lib` and `/var/tmp` of its own, so that nothing of the machine is
//! touched, and its users' spools are its own.

use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::builder::HostOptions;
use crate::error::{FleetError, at};
use crate::layout::HostLayout;

/// The password of every user that a host alone has.
pub const PASSWORD: &str = "correct horse";

/// Its hash, as `/etc/shadow` has it.
const HASH: &str =
    "$6$mcomtestbed$WicfxeTz3Xahms9rM6AM36026MkGyXmUq3p5swcZ3mn7VvwOiaKWCoJUxRZLDq7o6ynGJsQF1FjEO3WeXfbD61";

/// The id of the first of these users, far from those that machines give.
const FIRST_ID: u32 = 54321;

/// A user of one host.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) id: u32,
    home: PathBuf,
}

/// The users of a host, the one who logs in first.
pub(crate) fn of(options: &HostOptions, layout: &HostLayout) -> Vec<User> {
    let names = options.login.iter().chain(&options.users);
    let home = |name: &String| match &options.login {
        Some(login) if login == name => layout.home(),
        _ => layout.home_of(name),
    };
    names.zip(FIRST_ID..).map(|(name, id)| User { name: name.clone(), id, home: home(name) }).collect()
}

/// Makes the folders that stand in the place of the machine's, and says what is mounted over what.
pub(crate) fn prepare(options: &HostOptions, layout: &HostLayout) -> Result<Vec<(PathBuf, PathBuf)>, FleetError> {
    let etc = layout.etc();
    std::fs::create_dir_all(&etc).map_err(at(&etc))?;
    let copied = Command::new("cp").arg("-a").arg("/etc/.").arg(&etc).output().map_err(at("cp"))?;
    if !copied.status.success() {
        let said = String::from_utf8_lossy(&copied.stderr).trim().to_owned();
        return Err(FleetError::Program { program: "cp", said });
    }
    // What the machine lets its own users do is none of the host's.
    let _ = std::fs::remove_dir_all(etc.join("sudoers.d"));
    let _ = std::fs::remove_file(etc.join("doas.conf"));
    // By this mark what sudo starts is known as the host's.
    write(&etc.join("sudoers.d/mcom-testbed"), "Defaults env_keep += \"MCOM_TESTBED\"\n")?;
    for user in of(options, layout) {
        user.add(&etc)?;
    }
    if options.login.is_some() {
        hand_over(layout, FIRST_ID)?;
    }
    for (path, text) in &options.etc {
        write(&etc.join(path), text)?;
    }
    let (lib, tmp) = (layout.var_lib(), layout.var_tmp());
    for (folder, mode) in [(&lib, 0o755), (&tmp, 0o1777)] {
        std::fs::create_dir_all(folder).map_err(at(folder))?;
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).map_err(at(folder))?;
    }
    Ok(vec![(etc, "/etc".into()), (lib, "/var/lib".into()), (tmp, "/var/tmp".into())])
}

/// Gives the one who logs in what a login works with.
fn hand_over(layout: &HostLayout, id: u32) -> Result<(), FleetError> {
    for folder in [layout.home(), layout.spool(), layout.tmp()] {
        chown(&folder, Some(id), Some(id)).map_err(at(folder))?;
    }
    Ok(())
}

impl User {
    fn add(&self, etc: &Path) -> Result<(), FleetError> {
        let Self { name, id, home } = self;
        std::fs::create_dir_all(home).map_err(at(home))?;
        chown(home, Some(*id), Some(*id)).map_err(at(home))?;
        append(&etc.join("passwd"), &format!("{name}:x:{id}:{id}::{}:/bin/sh\n", home.display()))?;
        append(&etc.join("group"), &format!("{name}:x:{id}:\n"))?;
        append(&etc.join("shadow"), &format!("{name}:{HASH}:19000:0:99999:7:::\n"))
    }
}

fn write(path: &Path, text: &str) -> Result<(), FleetError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(at(folder))?;
    }
    std::fs::write(path, text).map_err(at(path))
}

fn append(path: &Path, line: &str) -> Result<(), FleetError> {
    let text = std::fs::read_to_string(path).map_err(at(path))?;
    std::fs::write(path, text + line).map_err(at(path))
}
