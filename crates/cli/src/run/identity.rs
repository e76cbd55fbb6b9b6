//! Who runs this, on which machine, and under which id.

use crate::error::CliError;
use crate::request::random;
use mcom_model::RunId;
use std::time::{SystemTime, UNIX_EPOCH};

/// `user@machine`; behind sudo, the user who called it.
pub fn who() -> String {
    let sudo = std::env::var("SUDO_USER").ok().filter(|value| !value.is_empty());
    let user = sudo.unwrap_or_else(user);
    let machine = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let short = machine.split('.').next().unwrap_or_default().to_owned();
    format!("{user}@{short}")
}

/// The user who runs this.
pub fn user() -> String {
    let var = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let user = ["USER", "LOGNAME"].into_iter().find_map(var);
    user.or_else(user_in_passwd).unwrap_or_else(|| format!("uid {}", uid()))
}

fn user_in_passwd() -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    name_of(&users, uid()).map(str::to_owned)
}

fn name_of(users: &str, uid: u32) -> Option<&str> {
    let mut lines = users.lines().map(|line| line.split(':'));
    lines.find_map(|mut fields| {
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

fn uid() -> u32 {
    rustix::process::getuid().as_raw()
}

/// A new run's id.
pub fn run_id() -> Result<RunId, CliError> {
    Ok(RunId::from_seed(u64::from_le_bytes(random()?)))
}

/// Milliseconds since 1970.
pub fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_without_a_variable_is_looked_up() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        assert_eq!(name_of(users, 1000), Some("alice"));
        assert_eq!(name_of(users, 0), Some("root"));
        assert_eq!(name_of(users, 7), None);
    }
}
