//! Whether this machine can give hosts networks of their own, and in words what it lacks.

use super::space::NetSpace;
use crate::error::FleetError;

/// What keeps a fleet in network namespaces from this machine, in words; nothing where it can be had.
pub fn namespaces_missing() -> Option<String> {
    probe().err().map(|error| match error {
        FleetError::NeedsRoot(_) => "root".to_owned(),
        FleetError::Program { said, .. } => format!("veth pairs or bridges in this kernel (ip said: {said})"),
        other => other.to_string(),
    })
}

/// Tries what a fleet needs, in namespaces that are gone when this returns.
fn probe() -> Result<(), FleetError> {
    if !rustix::process::geteuid().is_root() {
        return Err(FleetError::NeedsRoot("a fleet in network namespaces"));
    }
    for program in ["unshare", "nsenter"] {
        let found = std::process::Command::new(program).arg("--version").output();
        found.map_err(|_| FleetError::Missing { program, package: "util-linux" })?;
    }
    let (one, other) = (NetSpace::create()?, NetSpace::create()?);
    one.ip(&format!(
        "link add br0 type bridge\nlink add h1 type veth peer name eth0 netns {}\nlink set h1 master br0 up\n",
        other.path()
    ))?;
    one.tun("probe").map(drop)
}
