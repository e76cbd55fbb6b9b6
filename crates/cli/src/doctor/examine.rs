//! All pieces, in the order in which a run needs them.

use crate::config::{Environment, Settings, load};
use crate::doctor::Finding;
use crate::doctor::authority::authority;
use crate::doctor::keys::keys;
use crate::doctor::machine::{ledger, nodes, open_files};
use crate::doctor::ssh::{Client, known_hosts, version};
use crate::error::CliError;

/// Looks at everything. Changes nothing, and touches no host.
pub fn examine(environment: &Environment) -> Vec<Finding> {
    let loaded = load(environment);
    let configuration = match &loaded {
        Ok(_) => Finding::ok("configuration", files(environment)),
        Err(error) => unusable("configuration", error),
    };
    let mut findings = vec![configuration, version()];
    match loaded.as_ref().map(Client::ask) {
        Ok(Ok(client)) => {
            findings.extend(keys(&client));
            findings.push(known_hosts(&client));
        }
        Ok(Err(refused)) => {
            findings.push(refused);
            findings.extend(of_ssh("ssh's configuration cannot be used"));
        }
        Err(_) => findings.extend(of_ssh("the configuration says how ssh is set, and it cannot be used")),
    }
    let settings = loaded.unwrap_or_else(|_| built_in(environment));
    findings.extend([nodes(), ledger(&settings), open_files()]);
    findings.extend(authority(&settings));
    findings
}

/// The settings as far as they are known without the files.
fn built_in(environment: &Environment) -> Settings {
    load(&Environment { mcom_config: Some("/dev/null".into()), ..environment.clone() })
        .unwrap_or_else(|_| Settings::built_in(crate::config::state_home(environment)))
}

fn files(environment: &Environment) -> String {
    let there: Vec<String> =
        environment.files().into_iter().filter(|path| path.exists()).map(|path| path.display().to_string()).collect();
    if there.is_empty() { "no file: everything as built in".to_owned() } else { there.join(", ") }
}

/// What ssh alone can tell.
fn of_ssh(why: &str) -> [Finding; 3] {
    ["agent", "key files", "known_hosts"].map(|check| Finding::not_looked_at(check, why))
}

pub(super) fn unusable(check: &'static str, error: &CliError) -> Finding {
    let mend = error.hints.first().cloned().unwrap_or_else(|| "correct it there".to_owned());
    Finding::problem(check, error.message.clone(), mend)
}
